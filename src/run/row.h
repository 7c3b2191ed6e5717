// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One row of a bench: a stack that runs, asked for one workload; or of layers: a server that runs already. Its life:
 * row_open, row_search, row_round as often as there are rounds, row_finish, row_close; what fails is told in the row's
 * result, and all that follows does nothing.
 */
#ifndef MAXQ_RUN_ROW_H
#define MAXQ_RUN_ROW_H

#include "run/maximum.h"
#include "stack/ladder.h"
#include "stack/stack.h"

/* A stack of a bench, running for as long as the bench does. */
struct running {
	struct chain chain;
	const char *catalog;
	struct stack *stack; /* NULL: not launched */
	unsigned n_rows;     /* that ask it */
	bool failed;
	struct err why;
};

/* Where a server listens that maxq did not start, and what its processes are called. */
struct served {
	struct addr addr;
	char component[COMPONENT_NAME_MAX];
};

struct row {
	const char *name, *workload; /* the plan's or the suite's; without a stack NULL: what the URL says */
	double reference_rps;        /* NAN: none */
	struct running *on;          /* its stack; NULL: it asks a server that runs already, at `url` */
	size_t index;                /* among the rows */

	struct plan plan; /* the bench's, with what this row expects */
	struct url url;
	struct expected expected;
	struct target target; /* zero: not open */
	struct progress progress;
	size_t result;         /* its index in the report; valid once `has_result` */
	bool has_result, over; /* over: nothing more is to be measured */
	struct found found;
	struct step_spec spec; /* of each round */
	struct step_sample sample;
	/* CPU time and clock when its last load ended, and what it has used, and how long, while others were loaded */
	int64_t cpu_then_ns, then_ns, idle_cpu_ns, idle_ns;
};

/* What all rows share. */
struct bench {
	struct plan plan;
	cpu_set_t server_cpus, generator_cpus;
	int64_t deadline_ns; /* of the whole bench, monotonic; 0: not set yet */
	unsigned round;      /* from 1; 0: searching */
	size_t n_rows;
	struct row *rows;
	size_t n_running;
	struct running *running;
	/* Of rows without a stack: row i costs what serves there costs, and all that those after it name. */
	size_t n_served;
	struct served *served;
	size_t n_ladders; /* of the plan's stacks, whose rungs the rows are; else 0 */
	struct ladder *ladders;
	struct sink *sink;
	struct report *report;
	bool interrupted;
	char pair[2][URL_TEXT_MAX + 4]; /* of two that are compared: the names of their rows */
};

/* Sets how long it is to take, as far as the plan does not say. */
void rounds_settle(struct plan *plan, size_t n_rows);

/*
 * All of the measuring: opens each row, searches its clients, measures it in rounds, and finishes it. Fills the deadline. The
 * machine's use is one row's at a time; when interrupted, what there is is finished.
 */
void rounds_measure(struct bench *b);

/*
 * The same, of rows that are servers which run already: with what comes before, the settings, the quick check of the machine, and the CPUs
 * of `top`, the first of them; and whether it is complete after.
 */
void rounds_of_servers(struct bench *b, const struct target *top);

/* Adds the row's result, verifies what it must answer where that is known, and looks up its processes. */
void row_open(struct bench *b, struct row *row);

/* Finds the number of clients at which its throughput plateaus. */
void row_search(struct bench *b, struct row *row);

/* Measures it with these clients, once more. */
void row_round(struct bench *b, struct row *row);

/* In two parts: the sample of one more load with these clients (to be released in any case), and its place among the rounds. */
int row_load(struct bench *b, struct row *row, struct step_sample *sample, struct err *err);
int row_take_round(struct bench *b, struct row *row, struct step_sample *sample, struct err *err);

/* Half the width of its interval as a share of its throughput, so far; NAN before two rounds, 0 when it is over. */
double row_half_width(const struct row *row);

/* Sums up all rounds: the maximum, its cost and its limit. */
void row_finish(struct bench *b, struct row *row);

/* Frees what it owns. */
void row_close(struct row *row);

/* For the parts of a row's life: its result; shows what is done for it; ends it with a message, keeping what was measured. */
struct result *row_result(struct bench *b, const struct row *row);
void row_tell(struct bench *b, struct row *row, const char *doing);
void row_fail(struct bench *b, struct row *row, const struct err *err);

#endif
