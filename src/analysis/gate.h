// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Whether a change is within bounds, as a gate in front of a merge asks. A bound is on how much worse B may be than A: more
 * cost or latency, or less throughput; that of errors is on B's share of errors itself. The interval decides: a bound is kept
 * when all of it is within, and broken when all of it is beyond. Else the runs are too noisy to say, and what is needed is told.
 */
#ifndef MAXQ_ANALYSIS_GATE_H
#define MAXQ_ANALYSIS_GATE_H

#include "analysis/compare.h"

/* In order of what a gate as a whole is: the worst of its checks. */
enum gate_verdict {
	GATE_PASSED,
	GATE_NOISY, /* the bound is within the interval, or the runs are not valid */
	GATE_FAILED,
	GATE_UNKNOWN, /* the figure was not measured */
};

/* By figure; NAN: it has no bound. As shares: 0.03 is 3 %. */
struct gate_bounds {
	double worse_by[FIGURE_COUNT];
};

struct gate_check {
	const struct compared *row;
	enum figure figure;
	double a, b;
	double worse_by, bound; /* shares; of errors the share itself */
	struct interval ci95;
	enum gate_verdict verdict;
	bool is_guess;
	/* Noisy: measured for so many times as long, the interval would probably decide. NAN: that cannot be told. */
	double times_longer;
};

struct gate {
	enum gate_verdict verdict;
	unsigned n_not_valid; /* rows of which A or B is not valid, when that matters */
	size_t n_checks;
	struct gate_check *checks;
};

/* No bounds at all. */
void gate_bounds_init(struct gate_bounds *bounds);

/*
 * Checks every row by every bound. What is not valid can neither pass nor fail, unless `anyway`. A row without a counterpart, or
 * no row at all, is unknown. The comparison must outlive the gate. To be released; -ENOMEM.
 */
int gate_judge(
    const struct comparison *comparison, const struct gate_bounds *bounds, bool anyway, struct gate *gate);
void gate_release(struct gate *gate);

/* Static text. */
const char *gate_verdict_name(enum gate_verdict verdict);

#endif
