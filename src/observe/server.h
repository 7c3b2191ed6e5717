// SPDX-License-Identifier: GPL-3.0-or-later
/* A server as it stands: its listening sockets, and the limits of the processes that hold them. */
#ifndef MAXQ_OBSERVE_SERVER_H
#define MAXQ_OBSERVE_SERVER_H

#include <stddef.h>

#include "base/addr.h"
#include "sample/machine.h"

/* Fills the facts of whoever listens on `addr`; no connection is made. What is not visible is left out. */
void server_read(const struct addr *addr, struct server_facts *facts);

/* The same, of processes that are known already; of more than SERVER_PROCESSES_MAX the first. */
void server_read_known(const struct addr *addr, const pid_t *pids, size_t n, struct server_facts *facts);

#endif
