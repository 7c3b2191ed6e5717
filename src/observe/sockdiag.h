// SPDX-License-Identifier: GPL-3.0-or-later
/* The listening sockets of our network namespace, and those that are connected, as the kernel tells them: sock_diag(7). */
#ifndef MAXQ_OBSERVE_SOCKDIAG_H
#define MAXQ_OBSERVE_SOCKDIAG_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

struct listening {
	int family; /* AF_INET, AF_INET6, AF_UNIX */
	uint32_t inode;
	uint32_t waiting;   /* connections in its queue, to be accepted */
	uint32_t backlog;   /* how many may wait */
	in_port_t port;     /* of TCP, in network order */
	const uint32_t *ip; /* of TCP: one or four words, in network order */
	const char *name;   /* of a unix socket: its path, not terminated */
	size_t name_len;
};

struct sockdiag;

/* Opens the way to the kernel, which is that of the network namespace of this moment: 0 or negative errno. */
int sockdiag_new(struct sockdiag **sockdiag);
void sockdiag_free(struct sockdiag *sockdiag);

/* Calls `visit` for each of that family, which must not keep what it is given: 0 or negative errno. */
int sockdiag_visit(struct sockdiag *sockdiag, int family,
    void (*visit)(const struct listening *listening, void *data), void *data);

/* The same for the sockets that are connected: `waiting` are bytes that nobody has read, and `backlog` means nothing. */
int sockdiag_visit_connected(struct sockdiag *sockdiag, int family,
    void (*visit)(const struct listening *listening, void *data), void *data);

/* The same by a way of its own, for who asks once. */
int sockdiag_listening(int family, void (*visit)(const struct listening *listening, void *data), void *data);

#endif
