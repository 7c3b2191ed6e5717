// SPDX-License-Identifier: GPL-3.0-or-later
/* What load, sweep and bench have in common: their options, and where results go. */
#ifndef MAXQ_CLI_MEASURE_H
#define MAXQ_CLI_MEASURE_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/cli.h"
#include "report/text.h"
#include "run/plan.h"

enum measure_command { MEASURE_LOAD = 1, MEASURE_SWEEP = 2, MEASURE_BENCH = 4 };

struct measure {
	struct plan plan;
	enum measure_command command;
	const char *json; /* a file, "-" for standard output, or NULL */
	bool quiet, help;
	void *body, *expect_body; /* from malloc */
	FILE *json_file;
	char json_temporary[4096]; /* beside the file, which it replaces when it is whole; else empty */
	struct text_sink text;
};

/* Reads the options; operands are left in argv[1..]: their number, or -EINVAL with a message. */
int measure_parse(struct measure *m, enum measure_command command, int argc, char **argv, struct err *err);

/* The paragraph of options for --help. */
void measure_help(enum measure_command command, FILE *out);

/* Opens the outputs, before anything is measured: 0 or negative errno with a message. */
int measure_begin(struct measure *m, struct err *err);

/*
 * Ends the run: delivers the report (if `rc` is 0), releases it, and says what the exit status is. `err` holds the message
 * of a failed run.
 */
int measure_end(struct measure *m, int rc, struct report *report, const struct err *err);

#endif
