// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/listener.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { INODES_MAX = 64 }; /* listeners with SO_REUSEPORT can be many */

struct search {
	const struct addr *addr;
	uint64_t inodes[INODES_MAX];
	size_t n;
	struct listen_queue queue;
};

/* A listening socket: the kernel says how long its queue is, and how long it may get. */
static void found(struct search *search, uint32_t inode, uint32_t waiting, uint32_t backlog)
{
	struct listen_queue *queue = &search->queue;

	if (inode && search->n < INODES_MAX)
		search->inodes[search->n++] = inode;
	if (!queue->listeners || backlog < queue->backlog)
		queue->backlog = backlog;
	queue->waiting += waiting;
	queue->listeners++;
}

/* True when a listener at `local` gets connections to `wanted`: the same address, or any. */
static bool tcp_covers(const struct inet_diag_msg *msg, const struct addr *wanted)
{
	static const uint32_t any[4];
	const uint32_t *local = msg->id.idiag_src;
	uint32_t mapped[4] = {0, 0, htonl(0xffff), 0};

	if (!memcmp(local, any, msg->idiag_family == AF_INET ? 4 : 16))
		return wanted->sa.ss_family == AF_INET || msg->idiag_family == AF_INET6;
	if (wanted->sa.ss_family == AF_INET) {
		mapped[3] = ((const struct sockaddr_in *)&wanted->sa)->sin_addr.s_addr;
		return msg->idiag_family == AF_INET ? local[0] == mapped[3] : !memcmp(local, mapped, 16);
	}
	return msg->idiag_family == AF_INET6 &&
	    !memcmp(local, &((const struct sockaddr_in6 *)&wanted->sa)->sin6_addr, 16);
}

static int on_tcp(const struct nlmsghdr *nlh, void *data)
{
	const struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
	struct search *search = data;
	/* the port is at the same place in both families */
	in_port_t port = ((const struct sockaddr_in *)&search->addr->sa)->sin_port;

	if (msg->idiag_state == TCP_LISTEN && msg->id.idiag_sport == port && tcp_covers(msg, search->addr))
		found(search, msg->idiag_inode, msg->idiag_rqueue, msg->idiag_wqueue);
	return MNL_CB_OK;
}

struct unix_listener {
	const struct search *search;
	bool is_wanted;
	struct unix_diag_rqlen queue;
};

static int on_unix_attr(const struct nlattr *attr, void *data)
{
	struct unix_listener *listener = data;
	const char *path = ((const struct sockaddr_un *)&listener->search->addr->sa)->sun_path;
	const char *name = mnl_attr_get_payload(attr);

	if (mnl_attr_get_type(attr) == UNIX_DIAG_NAME &&
	    strnlen(name, mnl_attr_get_payload_len(attr)) == strlen(path) &&
	    !memcmp(name, path, strlen(path)))
		listener->is_wanted = true;
	if (mnl_attr_get_type(attr) == UNIX_DIAG_RQLEN &&
	    mnl_attr_get_payload_len(attr) >= sizeof(listener->queue))
		memcpy(&listener->queue, mnl_attr_get_payload(attr), sizeof(listener->queue));
	return MNL_CB_OK;
}

static int on_unix(const struct nlmsghdr *nlh, void *data)
{
	const struct unix_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
	struct unix_listener listener = {.search = data};
	int rc = mnl_attr_parse(nlh, sizeof(*msg), on_unix_attr, &listener);

	if (rc == MNL_CB_OK && listener.is_wanted)
		found(data, msg->udiag_ino, listener.queue.udiag_rqueue, listener.queue.udiag_wqueue);
	return rc;
}

/* Asks for all listening sockets of a family and looks at each. */
static int dump(struct mnl_socket *nl, struct search *search, int family)
{
	char buf[16384] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	unsigned seq = (unsigned)time(NULL);
	int rc = MNL_CB_OK;

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = seq;
	if (family == AF_UNIX) {
		struct unix_diag_req *req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));

		req->sdiag_family = AF_UNIX;
		req->udiag_states = 1U << TCP_LISTEN;
		req->udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_RQLEN;
	} else {
		struct inet_diag_req_v2 *req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));

		req->sdiag_family = (uint8_t)family;
		req->sdiag_protocol = IPPROTO_TCP;
		req->idiag_states = 1U << TCP_LISTEN;
	}
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	while (rc > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(nl, buf, sizeof(buf));

		if (n < 0)
			return -errno;
		rc = mnl_cb_run(buf, (size_t)n, seq, mnl_socket_get_portid(nl),
		    family == AF_UNIX ? on_unix : on_tcp, search);
	}
	return rc < 0 ? -errno : 0;
}

static int find_inodes(struct search *search)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	int rc;

	if (!nl)
		return -errno;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		rc = -errno;
	} else if (search->addr->sa.ss_family == AF_UNIX) {
		rc = dump(nl, search, AF_UNIX);
	} else {
		rc = dump(nl, search, AF_INET6); /* which may cover IPv4, too */
		if (search->addr->sa.ss_family == AF_INET && rc != -ENOMEM)
			rc = dump(nl, search, AF_INET);
	}
	mnl_socket_close(nl);
	return rc;
}

static bool is_wanted_socket(const struct search *search, const char *link)
{
	char wanted[32];

	for (size_t i = 0; i < search->n; i++) {
		snprintf(wanted, sizeof(wanted), "socket:[%llu]", (unsigned long long)search->inodes[i]);
		if (!strcmp(link, wanted))
			return true;
	}
	return false;
}

static bool holds_socket(const struct search *search, const char *pid)
{
	char path[64], link[64];
	struct dirent *entry;
	bool holds = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	dir = opendir(path);
	for (entry = dir ? readdir(dir) : NULL; entry && !holds; entry = readdir(dir)) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);

		if (n > 0) {
			link[n] = '\0';
			holds = is_wanted_socket(search, link);
		}
	}
	if (dir)
		closedir(dir);
	return holds;
}

int listener_queue(const struct addr *addr, struct listen_queue *queue)
{
	struct search search = {.addr = addr};
	int rc = find_inodes(&search);

	if (!rc)
		*queue = search.queue;
	return rc;
}

int listener_find(const struct addr *addr, pid_t *pids, size_t max)
{
	struct search search = {.addr = addr};
	struct dirent *entry;
	int n = 0, rc = find_inodes(&search);
	DIR *proc;

	if (rc || !search.n)
		return rc;
	proc = opendir("/proc");
	for (entry = proc ? readdir(proc) : NULL; entry && (size_t)n < max; entry = readdir(proc))
		if (isdigit((unsigned char)entry->d_name[0]) && holds_socket(&search, entry->d_name))
			pids[n++] = (pid_t)strtol(entry->d_name, NULL, 10);
	if (proc)
		closedir(proc);
	return n;
}
