// SPDX-License-Identifier: GPL-3.0-or-later
/* What load, sweep, bench, layers, profile and doctor have in common: their options, and where results go. */
#ifndef MAXQ_CLI_MEASURE_H
#define MAXQ_CLI_MEASURE_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/outputs.h"
#include "report/live.h"
#include "report/live_file.h"
#include "report/tee.h"
#include "report/text.h"
#include "run/plan.h"
#include "run/record.h"

/* One of the runs of run/run.h. */
typedef int measure_runner(
    const struct plan *plan, struct sink *sink, struct report *report, struct err *err);

enum measure_command {
	MEASURE_LOAD = 1,
	MEASURE_SWEEP = 2,
	MEASURE_BENCH = 4,
	MEASURE_DOCTOR = 8,
	MEASURE_LAYERS = 16,
	MEASURE_PROFILE = 32,
	MEASURE_COMPARE = 64
};

enum { MEASURE_ARGS_MAX = 1024 };

struct measure {
	struct plan plan; /* first: a runner that needs more of this finds it */
	enum measure_command command;
	const struct findings *reached; /* of other machines, by doctor; else NULL */
	const char *json;               /* a file, "-" for standard output, or NULL */
	const char *markdown, *csv;     /* the same, of tables */
	bool quiet, plain, help, anyway, has_seed;
	/* As they were given, without the program and the command; ended by NULL. */
	const char *args[MEASURE_ARGS_MAX + 1];
	const char *given[OPTIONS_MAX + 1]; /* the long names of options that were there; ended by NULL */
	void *body, *expect_body;           /* from malloc */
	struct outputs outputs;
	FILE *json_file;
	char json_temporary[4096]; /* beside the file, which it replaces when it is whole; else empty */
	struct text_sink text;
	struct live live;
	bool no_store;
	const char *store; /* a file; NULL: the usual one */
	const char *labels[STORE_LABELS_MAX];
	size_t n_labels;
	struct record record;       /* zero: nothing is stored */
	struct live_file live_file; /* beside the store; fd -1: there is none */
	struct tee_sink sinks;
};

/* Reads the options; operands are left in argv[1..]: their number, or -EINVAL with a message. */
int measure_parse(struct measure *m, enum measure_command command, int argc, char **argv, struct err *err);

/* Prints the usage and the options: the exit status. */
int measure_help(enum measure_command command, const char *usage);

/* It is not to be carried out: says why, and frees what `m` owns. The exit status of wrong usage. */
int measure_refuse(struct measure *m, const struct err *err);

/* The name of a command. */
const char *measure_name(enum measure_command command);

/* Carries it out, here or on other machines, and frees what `m` owns: the exit status. */
int measure_run(struct measure *m, measure_runner *run);

/* The same here: opens the outputs, runs, and delivers the report to them. */
int measure_here(struct measure *m, measure_runner *run);

/* All of a command that takes one target: the exit status. */
int measure_target(
    enum measure_command command, const char *usage, measure_runner *run, int argc, char **argv);

#endif
