// SPDX-License-Identifier: GPL-3.0-or-later
/* The two sides of a comparison: runs of the history by number or label, or files. */
#ifndef MAXQ_CLI_SIDES_H
#define MAXQ_CLI_SIDES_H

#include <stdbool.h>

#include "report/compare.h"
#include "report/json_read.h"
#include "store/store.h"

enum { SIDE_NAME_MAX = 256 };

struct side {
	char name[SIDE_NAME_MAX]; /* "run 12", or the file */
	struct document document;
};

/* To be released also when half open; zero: nothing is. */
struct sides {
	struct store *store;
	struct side a, b;
	struct comparison comparison;
	bool is_compared;
};

/*
 * In an argument list, -1 and the like are runs, and no options: they get an "@" in front, which sides_open knows. The list is
 * for free(); NULL without memory.
 */
char **sides_protect(int argc, char **argv);

/*
 * Reads both, as A and B are named: a number, "last" or -2 is a run (store_find); KEY=VALUE the newest run with that label; all
 * else a file. `store_file`: NULL for the usual one. B alone (a is NULL) must be a run that compared two itself.
 */
int sides_open(struct sides *sides, const char *a, const char *b, const char *store_file, struct err *err);

/* Compares them. What is not alike is refused, unless `anyway`: -EINVAL with a message that says what differs. */
int sides_compare(struct sides *sides, bool anyway, struct err *err);

/* Valid as long as they are. */
struct compare_view sides_view(const struct sides *sides);

void sides_release(struct sides *sides);

#endif
