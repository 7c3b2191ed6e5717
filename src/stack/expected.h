// SPDX-License-Identifier: GPL-3.0-or-later
/* What a stack must answer, and whether it does. */
#ifndef MAXQ_STACK_EXPECTED_H
#define MAXQ_STACK_EXPECTED_H

#include <stdint.h>

#include "base/err.h"
#include "base/url.h"

enum { EXPECTED_MAX = 64 * 1024 };

struct expected {
	uint8_t body[EXPECTED_MAX]; /* with a NUL after it, for messages */
	size_t len;
};

/*
 * /hello must be answered with the `name` of the component that answers; any other workload with the content of the
 * catalog's workloads/NAME, which is the same for all.
 */
int expected_read(
    struct expected *expected, const char *catalog, const char *workload, const char *name, struct err *err);

/* Asks once: 0 when the answer has status 200 and exactly that body. */
int expected_verify(
    const struct expected *expected, const struct url *url, int64_t deadline_ns, struct err *err);

#endif
