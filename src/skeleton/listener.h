// SPDX-License-Identifier: GPL-3.0-or-later
/* The listening sockets of the skeleton server. */
#ifndef MAXQ_SKELETON_LISTENER_H
#define MAXQ_SKELETON_LISTENER_H

#include "base/addr.h"

/*
 * A non-blocking listening socket, or negative errno with a message. *addr gets the port that the kernel chose for port 0.
 * The file of a unix socket that nobody listens on any more is replaced.
 */
int listener_open(struct addr *addr, unsigned backlog, struct err *err);

#endif
