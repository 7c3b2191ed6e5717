// SPDX-License-Identifier: GPL-3.0-or-later
/* What a request may ask for: everything here comes from outside. */
#ifndef MAXQ_VIEWER_ADDRESS_H
#define MAXQ_VIEWER_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VIEWER_RUNS_MAX = 32 };

/* Which runs a page or a stream is about; none: the newest that goes on. */
struct viewed {
	size_t n;
	int64_t runs[VIEWER_RUNS_MAX];
};

/* "12" or "12,14": 0, or -EINVAL for anything else. */
int address_parse_runs(const char *text, struct viewed *viewed);

/*
 * Whether the Host of a request (NULL: it has none) is this machine, at any port, as tunnels have their own. A page from elsewhere whose
 * name was made to lead here (DNS rebinding) still says its own name.
 */
bool address_is_local(const char *host);

/* What follows "/TOKEN/" in a path, or NULL. Takes the same time wherever a token is wrong. */
const char *address_path(const char *token, const char *url);

#endif
