// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the skeleton server answers: the four pieces of work that every application of the catalog does, done for real.
 *
 *   /hello         constant text
 *   /render_name   a template with one variable
 *   /render_table  a table of 6 rows and 4 columns by template
 *   /lookup        50,000 lookups in a set of 1,000 items
 */
#ifndef MAXQ_SKELETON_ANSWER_H
#define MAXQ_SKELETON_ANSWER_H

#include <stddef.h>
#include <stdint.h>

enum { ANSWER_MAX = 4096 }; /* bytes of any body */

/* The set of /lookup, made once and only read afterwards: open addressing, at most half full. */
enum { LOOKUP_ITEMS = 1000, LOOKUP_TRIES = 50000, LOOKUP_SLOTS = 2048 };

struct answers {
	int32_t set[LOOKUP_SLOTS]; /* -1: empty */
};

void answers_init(struct answers *answers);

/*
 * Does the work of `path` (its query is ignored) and writes the body of at most ANSWER_MAX bytes: its length, or -ENOENT.
 * *type is the media type.
 */
int answer(
    const struct answers *answers, const char *path, size_t path_len, uint8_t *body, const char **type);

#endif
