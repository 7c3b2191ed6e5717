// SPDX-License-Identifier: GPL-3.0-or-later
/* One request and its whole response, by a plain blocking socket: to see whether a server is ready, and answers rightly. */
#ifndef MAXQ_STACK_FETCH_H
#define MAXQ_STACK_FETCH_H

#include "base/err.h"
#include "base/url.h"

struct fetched {
	unsigned status;
	size_t body_len; /* of the whole body, also where it did not fit */
};

/*
 * GETs the URL, whose protocol may be any but https, over a connection of its own, until the monotonic `deadline_ns`; the first `size` bytes of the body go to
 * `body`. Negative errno with a message when there is no whole response.
 */
int fetch(const struct url *url, int64_t deadline_ns, uint8_t *body, size_t size, struct fetched *fetched,
    struct err *err);

#endif
