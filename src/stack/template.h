// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Text with {variables}. A variable is a brace, lower-case letters, digits or underscores, and a brace, without a space:
 * so the blocks of nginx and the like pass through as they are.
 */
#ifndef MAXQ_STACK_TEMPLATE_H
#define MAXQ_STACK_TEMPLATE_H

#include "base/buf.h"
#include "base/err.h"

enum { VARIABLES_MAX = 32 };

struct variables {
	unsigned n;
	struct variable {
		const char *name;  /* static text */
		const char *value; /* the caller's, valid as long as the variables are used */
	} list[VARIABLES_MAX];
};

/* Sets or replaces a variable. */
void variables_set(struct variables *variables, const char *name, const char *value);

/* Appends the text with all variables replaced; -EINVAL names one that does not exist, and `where` it stands. */
int template_expand(const char *text, const struct variables *variables, const char *where, struct buf *into,
    struct err *err);

#endif
