// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Command-line options as a table: it parses them (by getopt_long), and it is their documentation.
 */
#ifndef MAXQ_CLI_OPTIONS_H
#define MAXQ_CLI_OPTIONS_H

#include <stdio.h>

#include "base/err.h"

/* Stores its argument: 0, or -EINVAL with a message. `value` is NULL where there is no argument. */
typedef int option_setter(void *into, const char *value, struct err *err);

struct option_def {
	char letter; /* 0: none */
	const char *name;
	const char *argument; /* how it is shown in the help; NULL: takes none */
	unsigned commands;    /* the bits of those that have it */
	const char *help;     /* may have several lines */
	option_setter *set;
};

enum { OPTIONS_MAX = 128 };

/*
 * Reads the arguments after argv[0] by the table (ended by an entry without a name). Operands are moved to the front of
 * argv[1..], and their number is returned; or -EINVAL with a message.
 */
int options_parse(
    const struct option_def *table, unsigned command, void *into, int argc, char **argv, struct err *err);

/*
 * The same, which also notes which options were there: `given` has room for OPTIONS_MAX + 1 names, each there once, and is
 * ended by NULL.
 */
int options_parse_noting(const struct option_def *table, unsigned command, void *into, int argc, char **argv,
    const char **given, struct err *err);

/* One paragraph an option, those of that command. */
void options_help(const struct option_def *table, unsigned command, FILE *out);

#endif
