// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The built-in skeleton server: the least that a web server has to do (read, a prepared answer, write), as the floor that
 * others are compared with and as a target that is always there. Besides answer.h's paths it has
 *
 *   GET /stats     {"requests": n, "connections": n, "bytes_in": n, "bytes_out": n}; asking is not counted
 */
#ifndef MAXQ_SKELETON_SERVE_H
#define MAXQ_SKELETON_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/url.h"
#include "skeleton/faults.h"

enum { SERVE_LISTEN_MAX = 16 };

struct serve_options {
	struct addr listen[SERVE_LISTEN_MAX];
	unsigned n_listen;
	enum protocol protocol; /* any but https */
	unsigned threads;
	unsigned backlog; /* of each listening socket */
	struct faults faults;
};

struct server;

/* Binds and listens, and starts the threads. A stale unix socket, on which nobody listens any more, is replaced. */
int serve_start(struct server **server, const struct serve_options *options, struct err *err);

/* The nth address listened on, with the port that was chosen where 0 was asked for. */
const struct addr *serve_address(const struct server *server, unsigned nth);

/* What it has served so far; what was asked of /stats is not counted. */
struct serve_totals {
	uint64_t requests, connections;
};

void serve_totals(const struct server *server, struct serve_totals *totals);

/* Ends the threads, closes all connections, removes unix sockets. Takes NULL. */
void serve_stop(struct server *server);

#endif
