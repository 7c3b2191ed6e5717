// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A growing byte string with a maximum. `data` is always terminated by a NUL that `len` does not count, and is valid
 * even when empty. A failed append leaves the buffer as it was and is remembered: check `failed` once, at the end.
 */
#ifndef MAXQ_BASE_BUF_H
#define MAXQ_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len, cap, max;
	bool failed;
};

/* Uses the caller's struct; nothing is allocated yet. `max` bounds `len`. */
void buf_init(struct buf *buf, size_t max);
void buf_release(struct buf *buf);

/* 0, -ENOBUFS beyond the maximum, -ENOMEM. */
int buf_append(struct buf *buf, const void *data, size_t len);
int buf_text(struct buf *buf, const char *text);
int buf_printf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
