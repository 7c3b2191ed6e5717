// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/links.h"

#include <dirent.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "observe/settings.h"

enum { NICS_MAX = 16, QUEUES_MAX = 64 };

/* An interface that has a speed: hardware. */
struct nic {
	char name[LINK_NAME_MAX];
	int64_t bytes_per_s;
	int64_t in, out; /* at the last reading */
};

/* A queue before an interface, of those that have one. */
struct queue {
	int index; /* of the interface */
	uint64_t bytes;
	uint32_t waiting;
};

struct links {
	const char *root;
	struct mnl_socket *nl; /* NULL: none */
	unsigned seq;
	int64_t read_ns;
	size_t n_nics, n_queues;
	struct nic nics[NICS_MAX];
	struct queue queues[QUEUES_MAX], before[QUEUES_MAX];
};

/* The number in a file of /sys/class/net/NAME, or -1. */
static int64_t nic_number(const struct links *l, const char *name, const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/class/net/%.20s/%s", name, file);
	return settings_number(l->root, path);
}

/* Virtual interfaces say some speed, too, but do not keep to it: only hardware has a device. */
static void find_nics(struct links *l)
{
	char path[512];
	DIR *dir;

	snprintf(path, sizeof(path), "%.400s/sys/class/net", l->root);
	dir = opendir(path);
	for (struct dirent *e = dir ? readdir(dir) : NULL; e && l->n_nics < NICS_MAX; e = readdir(dir)) {
		struct nic *nic = &l->nics[l->n_nics];
		int64_t megabits = -1;
		char text[8];

		snprintf(path, sizeof(path), "/sys/class/net/%.200s/device/uevent", e->d_name);
		if (strlen(e->d_name) < LINK_NAME_MAX &&
		    settings_text(l->root, path, text, sizeof(text)) >= 0)
			megabits = nic_number(l, e->d_name, "speed");
		if (megabits <= 0)
			continue;
		snprintf(nic->name, sizeof(nic->name), "%.15s", e->d_name);
		nic->bytes_per_s = megabits * 1000000 / 8;
		l->n_nics++;
	}
	if (dir)
		closedir(dir);
}

int links_new(struct links **links, const char *root)
{
	struct links *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->root = root;
	l->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (l->nl && mnl_socket_bind(l->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		mnl_socket_close(l->nl);
		l->nl = NULL;
	}
	find_nics(l);
	*links = l;
	return 0;
}

void links_free(struct links *l)
{
	if (!l)
		return;
	if (l->nl)
		mnl_socket_close(l->nl);
	free(l);
}

static int on_stats_attr(const struct nlattr *attr, void *data)
{
	struct queue *queue = data;
	struct gnet_stats_queue waiting;

	if (mnl_attr_get_type(attr) == TCA_STATS_BASIC && mnl_attr_get_payload_len(attr) >= sizeof(uint64_t))
		memcpy(&queue->bytes, mnl_attr_get_payload(attr), sizeof(queue->bytes));
	if (mnl_attr_get_type(attr) == TCA_STATS_QUEUE && mnl_attr_get_payload_len(attr) >= sizeof(waiting)) {
		memcpy(&waiting, mnl_attr_get_payload(attr), sizeof(waiting));
		queue->waiting = waiting.backlog;
	}
	return MNL_CB_OK;
}

static int on_queue_attr(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == TCA_STATS2)
		return mnl_attr_parse_nested(attr, on_stats_attr, data);
	return MNL_CB_OK;
}

static int on_queue(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *msg = mnl_nlmsg_get_payload(nlh);
	struct links *l = data;
	struct queue queue = {.index = msg->tcm_ifindex};

	/* below the root are its parts */
	if (msg->tcm_parent != TC_H_ROOT || l->n_queues == QUEUES_MAX)
		return MNL_CB_OK;
	if (mnl_attr_parse(nlh, sizeof(*msg), on_queue_attr, &queue) == MNL_CB_OK)
		l->queues[l->n_queues++] = queue;
	return MNL_CB_OK;
}

/* Reads all queues: false when that cannot be done (any more). */
static bool read_queues(struct links *l)
{
	char buf[16384] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	int rc = MNL_CB_OK;

	l->n_queues = 0;
	nlh->nlmsg_type = RTM_GETQDISC;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++l->seq;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct tcmsg));
	if (mnl_socket_sendto(l->nl, nlh, nlh->nlmsg_len) < 0)
		return false;
	while (rc > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(l->nl, buf, sizeof(buf));

		if (n < 0)
			return false;
		rc = mnl_cb_run(buf, (size_t)n, l->seq, mnl_socket_get_portid(l->nl), on_queue, l);
	}
	return rc >= 0;
}

/* What left through that queue since the last reading; nothing is known of one that is new. */
static int64_t bytes_since(const struct links *l, const struct queue *queue, size_t n_before)
{
	for (size_t i = 0; i < n_before; i++)
		if (l->before[i].index == queue->index && l->before[i].bytes <= queue->bytes)
			return (int64_t)(queue->bytes - l->before[i].bytes);
	return 0;
}

static void take(struct link_state *state, const char *name, int64_t bytes, bool has_queue)
{
	if (state->name[0] && bytes <= state->bytes)
		return;
	*state = (struct link_state){.bytes = bytes, .has_queue = has_queue};
	snprintf(state->name, sizeof(state->name), "%.15s", name);
}

static void look_at_queues(struct links *l, struct link_state *state)
{
	size_t n_before = l->n_queues;
	char name[IF_NAMESIZE];

	memcpy(l->before, l->queues, sizeof(l->before));
	if (!read_queues(l)) {
		l->n_queues = 0;
		return;
	}
	for (size_t i = 0; i < l->n_queues; i++) {
		const struct queue *queue = &l->queues[i];

		if (queue->waiting && if_indextoname((unsigned)queue->index, name))
			take(state, name, bytes_since(l, queue, n_before), true);
	}
}

static void look_at_nics(struct links *l, double elapsed_s, struct link_state *state)
{
	for (size_t i = 0; i < l->n_nics; i++) {
		struct nic *nic = &l->nics[i];
		int64_t in = nic_number(l, nic->name, "statistics/rx_bytes");
		int64_t out = nic_number(l, nic->name, "statistics/tx_bytes");
		int64_t more = in - nic->in > out - nic->out ? in - nic->in : out - nic->out;

		nic->in = in;
		nic->out = out;
		if ((double)more >= LINK_FULL * (double)nic->bytes_per_s * elapsed_s)
			take(state, nic->name, more, false);
	}
}

void links_read(struct links *l, struct link_state *state)
{
	int64_t now_ns = clock_ns();

	*state = (struct link_state){0};
	if (l->nl)
		look_at_queues(l, state);
	look_at_nics(l, (double)(now_ns - l->read_ns) / (double)NS_PER_S, state);
	/* the first reading is only where the second one begins */
	if (!l->read_ns)
		*state = (struct link_state){0};
	l->read_ns = now_ns;
}
