// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A message for the user, filled by what failed and printed by cli/ alone.
 *
 * Convention, everywhere: a function that can fail returns a negative errno; if the user must hear of it, its last
 * argument is a `struct err *`, which it fills and which may be NULL. Messages are lower case without a full stop: the
 * problem, its subject in quotes, then what to do.
 */
#ifndef MAXQ_BASE_ERR_H
#define MAXQ_BASE_ERR_H

struct err {
	char msg[1600];
};

/* Writes the message (cut at the size of `msg`) and returns `code`, so that callers can `return err_set(...)`. */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
