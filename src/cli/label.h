// SPDX-License-Identifier: GPL-3.0-or-later
/* Labels of runs, KEY=VALUE, and times as filters take them. */
#ifndef MAXQ_CLI_LABEL_H
#define MAXQ_CLI_LABEL_H

#include <stddef.h>

#include "base/err.h"

/* A key is of letters, digits and _ . - and a value has no control characters: 0, or -EINVAL with a message. */
int label_check(const char *text, struct err *err);

/* The same, or a key alone: what filters take. */
int label_check_filter(const char *text, struct err *err);

enum { TIME_TEXT_MAX = 32 };

/*
 * A time as RFC 3339 or the beginning of it (2026-01-31, 2026-01-31T12:00), or how long ago (90m, 12h, 7d), into RFC 3339
 * or its beginning: 0, or -EINVAL with a message.
 */
int time_parse(const char *text, char time[TIME_TEXT_MAX], struct err *err);

#endif
