// SPDX-License-Identifier: GPL-3.0-or-later
/* Where a URL leads: socket addresses, and plain sockets that connect to or listen on them. */
#ifndef MAXQ_BASE_ADDR_H
#define MAXQ_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/url.h"

struct addr {
	struct sockaddr_storage sa;
	socklen_t len;
};

enum { ADDR_TEXT_MAX = 160 };

/* The addresses of the URL's host, in the resolver's order of preference: how many (1 to `max`), or negative errno. */
int addr_resolve(const struct url *url, struct addr *addrs, size_t max, struct err *err);

/* An IP address as text, without a port; -EINVAL when it is none. */
int addr_parse_ip(const char *text, struct addr *addr);

/* The other way round: "127.0.0.2", "::1". */
void addr_format_ip(const struct addr *addr, char *text, size_t size);

/* "127.0.0.1:80", "[::1]:80" or "unix:/path". */
void addr_format(const struct addr *addr, char *text, size_t size);

/*
 * True for unix sockets, loopback (which is where 0.0.0.0 and :: lead as well) and any address of this machine's own
 * interfaces, in IPv4 also when it is mapped into IPv6.
 */
bool addr_is_local(const struct addr *addr);

/* A connected, blocking, close-on-exec socket, or negative errno (-ETIMEDOUT after `timeout_ns`). */
int addr_connect(const struct addr *addr, int64_t timeout_ns);

/* Waits for readiness (POLLIN, POLLOUT) until the monotonic deadline: 0, -ETIMEDOUT, -EINTR on a watched signal, or other errno. */
int addr_wait(int fd, short events, int64_t deadline_ns);

#endif
