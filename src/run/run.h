// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The runs: what the commands load, sweep and bench do. Each fills a report, tells the sink as it goes, and returns 0
 * when something was measured, however little: report->complete and each result's validity say how much it is worth.
 * A negative errno with a message means that nothing could be measured.
 */
#ifndef MAXQ_RUN_RUN_H
#define MAXQ_RUN_RUN_H

#include "report/sink.h"
#include "run/plan.h"

struct target;

/* Sweeps without a list of clients go no higher. */
enum { RUN_CLIENTS_MAX_DEFAULT = 1024 };

/* What every run begins with: the time, the machine, the settings. */
void run_describe(const struct plan *plan, const char *command, struct report *report);

/* One load, of the first number of clients in the plan (64 when there is none). */
int run_load(const struct plan *plan, struct sink *sink, struct report *report, struct err *err);

/* Rising load on one target until throughput plateaus. */
int run_sweep(const struct plan *plan, struct sink *sink, struct report *report, struct err *err);

/*
 * Launches the plan's stacks (or those of its suite), searches the maximum of each, measures it in interleaved rounds, and
 * ranks them; for layers all rungs of their ladders. A row that fails says so; -EINVAL when a stack cannot even be read.
 */
int run_bench(const struct plan *plan, struct sink *sink, struct report *report, struct err *err);

/* What the plan's target and those below it, which all run already, cost in interleaved rounds: layers. */
int run_layers(const struct plan *plan, struct sink *sink, struct report *report, struct err *err);

/* The plan's two targets, A and B, in blocks of rounds whose order chance decides: compare --ab. Its stacks: run_bench. */
int run_ab(const struct plan *plan, struct sink *sink, struct report *report, struct err *err);

/* A seed for that chance, below 2^32. */
uint64_t ab_seed(void);

/* Where the CPU time of the plan's stacks goes, or of its target, as the plan's `profile` says (0: by phases). */
int run_profile(const struct plan *plan, struct sink *sink, struct report *report, struct err *err);

/* Fills name, URL and the like of a result for this target. -ENOMEM. */
int run_name_result(const struct target *target, const char *name, struct result *result);

#endif
