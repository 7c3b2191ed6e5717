// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/sockdiag.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct sockdiag {
	struct mnl_socket *nl;
	unsigned seq; /* of the last question: answers to others are not taken for its own */
};

struct visitor {
	int tcp_state; /* of the sockets that are asked for; those of unix sockets have the same numbers */
	void (*visit)(const struct listening *listening, void *data);
	void *data;
};

static int on_tcp(const struct nlmsghdr *nlh, void *data)
{
	const struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
	const struct visitor *visitor = data;

	if (msg->idiag_state == visitor->tcp_state)
		visitor->visit(&(struct listening){.family = msg->idiag_family,
				   .inode = msg->idiag_inode,
				   .waiting = msg->idiag_rqueue,
				   .backlog = msg->idiag_wqueue,
				   .port = msg->id.idiag_sport,
				   .ip = msg->id.idiag_src},
		    visitor->data);
	return MNL_CB_OK;
}

static int on_unix_attr(const struct nlattr *attr, void *data)
{
	struct listening *listening = data;
	struct unix_diag_rqlen queue;

	if (mnl_attr_get_type(attr) == UNIX_DIAG_NAME) {
		listening->name = mnl_attr_get_payload(attr);
		listening->name_len = strnlen(listening->name, mnl_attr_get_payload_len(attr));
	} else if (mnl_attr_get_type(attr) == UNIX_DIAG_RQLEN &&
	    mnl_attr_get_payload_len(attr) >= sizeof(queue)) {
		memcpy(&queue, mnl_attr_get_payload(attr), sizeof(queue));
		listening->waiting = queue.udiag_rqueue;
		listening->backlog = queue.udiag_wqueue;
	}
	return MNL_CB_OK;
}

static int on_unix(const struct nlmsghdr *nlh, void *data)
{
	const struct unix_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
	struct listening listening = {.family = AF_UNIX, .inode = msg->udiag_ino};
	const struct visitor *visitor = data;
	int rc = mnl_attr_parse(nlh, sizeof(*msg), on_unix_attr, &listening);

	if (rc == MNL_CB_OK)
		visitor->visit(&listening, visitor->data);
	return rc;
}

static void put_request(struct nlmsghdr *nlh, int family, int tcp_state)
{
	if (family == AF_UNIX) {
		struct unix_diag_req *req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));

		req->sdiag_family = AF_UNIX;
		req->udiag_states = 1U << tcp_state;
		req->udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_RQLEN;
	} else {
		struct inet_diag_req_v2 *req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));

		req->sdiag_family = (uint8_t)family;
		req->sdiag_protocol = IPPROTO_TCP;
		req->idiag_states = 1U << tcp_state;
	}
}

int sockdiag_new(struct sockdiag **sockdiag)
{
	struct sockdiag *s = calloc(1, sizeof(*s));
	int rc = 0;

	if (!s)
		return -ENOMEM;
	s->nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	if (!s->nl || mnl_socket_bind(s->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		rc = -errno;
	if (rc)
		sockdiag_free(s);
	else
		*sockdiag = s;
	return rc;
}

void sockdiag_free(struct sockdiag *s)
{
	if (!s)
		return;
	if (s->nl)
		mnl_socket_close(s->nl);
	free(s);
}

static int dump(struct sockdiag *s, int family, struct visitor *visitor)
{
	char buf[16384] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	int rc = MNL_CB_OK;

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++s->seq;
	put_request(nlh, family, visitor->tcp_state);
	if (mnl_socket_sendto(s->nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	while (rc > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(s->nl, buf, sizeof(buf));

		if (n < 0)
			return -errno;
		rc = mnl_cb_run(buf, (size_t)n, s->seq, mnl_socket_get_portid(s->nl),
		    family == AF_UNIX ? on_unix : on_tcp, visitor);
	}
	return rc < 0 ? -errno : 0;
}

int sockdiag_visit(
    struct sockdiag *s, int family, void (*visit)(const struct listening *listening, void *data), void *data)
{
	return dump(s, family, &(struct visitor){.tcp_state = TCP_LISTEN, .visit = visit, .data = data});
}

int sockdiag_visit_connected(
    struct sockdiag *s, int family, void (*visit)(const struct listening *listening, void *data), void *data)
{
	return dump(s, family, &(struct visitor){.tcp_state = TCP_ESTABLISHED, .visit = visit, .data = data});
}

int sockdiag_listening(int family, void (*visit)(const struct listening *listening, void *data), void *data)
{
	struct sockdiag *s;
	int rc = sockdiag_new(&s);

	if (rc)
		return rc;
	rc = sockdiag_visit(s, family, visit, data);
	sockdiag_free(s);
	return rc;
}
