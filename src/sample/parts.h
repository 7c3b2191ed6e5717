// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Parts of what a program does, in the words of those who write for it (url mapping, middleware, view), and which functions
 * belong to each: rules, to be read from a file and applied to sampled stacks.
 */
#ifndef MAXQ_SAMPLE_PARTS_H
#define MAXQ_SAMPLE_PARTS_H

#include <stdbool.h>

#include "sample/stacks.h"

struct part {
	char *name;
	char **functions; /* patterns of their names, with * for anything */
	unsigned functions_count;
	char **
	    whole; /* patterns of functions that take all that they call with them, whoever else would claim it */
	unsigned whole_count;
	bool own;       /* Python of the application itself, too */
	bool kernel;    /* a stack that ends in the kernel, and where no function belongs to any part */
	bool otherwise; /* a stack where no function belongs to any part */
};

struct parts {
	struct part *parts;
	unsigned parts_count;
};

/* What the rules say of a frame. */
struct part_of {
	int part; /* the first part that it belongs to, or -1 */
	bool whole;
};

struct part_of parts_of_frame(const struct parts *parts, const struct frame *frame);

/*
 * The part that a stack belongs to: that of the outermost frame that takes all with it (`of_frame` says of each frame of `stacks`
 * what the rules do); else of the innermost of its frames which belongs to any; else the part of the kernel, if it ends there; else
 * the one for what is left; or -1. *by_frame: a frame decided.
 */
int parts_of_stack(const struct parts *parts, const struct stacks *stacks, const struct part_of *of_frame,
    const uint32_t *frames, size_t n, bool *by_frame);

#endif
