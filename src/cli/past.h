// SPDX-License-Identifier: GPL-3.0-or-later
/* What history, show, report, export, import and forget have in common: their options, and the store that they open. */
#ifndef MAXQ_CLI_PAST_H
#define MAXQ_CLI_PAST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/label.h"
#include "store/store.h"

enum past_command {
	PAST_HISTORY = 1,
	PAST_SHOW = 2,
	PAST_EXPORT = 4,
	PAST_IMPORT = 8,
	PAST_FORGET = 16,
	PAST_REPORT = 128,
};

struct past {
	enum past_command command;
	const char *file; /* of the store, or NULL */
	struct store_filter filter;
	char since[TIME_TEXT_MAX], until[TIME_TEXT_MAX], before[TIME_TEXT_MAX];
	bool has_limit, plot, live, help;
	uint16_t port;                                  /* report --live; 0: any */
	const char *csv, *markdown, *openmetrics, *hdr; /* show: files, "-" or NULL */
	const char *output;                             /* a file, "-" for standard output, or NULL */
	struct store *store;
	char **arguments; /* argv, rearranged */
	char **operands;
};

/*
 * Reads the options: how many operands there are, or -EINVAL with a message. A negative number is a run, and no option. To be
 * released by past_close.
 */
int past_parse(struct past *past, enum past_command command, int argc, char **argv, struct err *err);

/* Prints the usage and the options: the exit status. */
int past_help(enum past_command command, const char *usage);

/* Opens the store; it must be there unless `create`. */
int past_open(struct past *past, bool create, struct err *err);
void past_close(struct past *past);

/* Standard output, or the file, which is put in its place by past_close_output when it is whole. NULL with a message. */
FILE *past_open_output(const struct past *past, struct err *err);
int past_close_output(const struct past *past, FILE *out, bool keep, struct err *err);

#endif
