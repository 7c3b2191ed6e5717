// SPDX-License-Identifier: GPL-3.0-or-later
/* One step of any run: one load held on a target, while the observers watch. */
#ifndef MAXQ_RUN_STEP_H
#define MAXQ_RUN_STEP_H

#include "report/sink.h"
#include "run/target.h"

struct step_spec {
	unsigned clients;
	uint64_t rate;       /* open loop: arrivals a second; 0: closed */
	uint64_t seed;       /* of random arrivals */
	uint64_t requests;   /* stop after so many; 0: no limit */
	int64_t warmup_ns;   /* at least; rounded up to whole windows */
	int64_t duration_ns; /* of the measured part; 0: none but `requests` */
	bool settles;        /* the warm-up goes on until throughput is steady, if need be */
	int64_t
	    settle_ns; /* and the step for so much longer at most; 0: it is taken from the measured part */
	double
	    precision; /* measured enough when the interval is within so much of throughput; 0: only after duration_ns */
};

/* How a step is cut into windows: all have the same length, and a step without a duration has no end of its own. */
struct step_grid {
	int64_t window_ns, warmup_ns;
	int64_t duration_ns; /* warm-up included; CLOCK_NEVER: none */
};

struct step_grid step_grid(const struct target *target, const struct step_spec *spec);

/* The facts of all processes, into a sample that has none yet. -ENOMEM. */
int step_add_processes(struct step_sample *sample, const struct procs *procs);

/*
 * Measures it and sums it up, with its checks. 0 also when interrupted: then *interrupted is set and the step holds what
 * there was. The step's `processes` become the caller's.
 */
int run_step(const struct target *target, const struct step_spec *spec, struct sink *sink,
    struct progress *progress, struct step *step, bool *interrupted, struct err *err);

/*
 * The same in two parts, for a step that is measured in several: the sample of one load (zero or initialised; to be released
 * in any case), and the step that one sample, or several in one, come to. run_sample returns 0 also when interrupted.
 */
int run_sample(const struct target *target, const struct step_spec *spec, struct sink *sink,
    struct progress *progress, struct step_sample *sample, bool *interrupted, struct err *err);
int run_sum_up(const struct target *target, const struct step_spec *spec, struct step_sample *sample,
    struct step *step, struct err *err);

#endif
