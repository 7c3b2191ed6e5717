// SPDX-License-Identifier: GPL-3.0-or-later
/* Who listens on an address of this machine: found by sock_diag(7), and by whose file descriptors the socket is among. */
#ifndef MAXQ_OBSERVE_LISTENER_H
#define MAXQ_OBSERVE_LISTENER_H

#include <stddef.h>
#include <sys/types.h>

#include "base/addr.h"
#include "sample/machine.h"

/*
 * The processes that hold a listening socket which a connection to `addr` could reach: how many (at most `max`), 0 when
 * there are none in our network namespace or they belong to other users, or negative errno.
 */
int listener_find(const struct addr *addr, pid_t *pids, size_t max);

/* The queues of those sockets, whoever holds them: 0, also when there are none, or negative errno. */
int listener_queue(const struct addr *addr, struct listen_queue *queue);

#endif
