// SPDX-License-Identifier: GPL-3.0-or-later
/* The verdict: which resource was exhausted at the maximum, and how that is known. */
#ifndef MAXQ_ANALYSIS_LIMIT_H
#define MAXQ_ANALYSIS_LIMIT_H

#include "analysis/checks.h"
#include "analysis/result.h"

/* Errors are the limit when so many of the requests fail. */
#define ERRORS_LIMIT 0.01

/* What more clients did to throughput. */
enum growth {
	GROWTH_UNKNOWN, /* one load alone, or the search was ended */
	GROWTH_STILL,
	GROWTH_NONE, /* plateau */
};

struct limit_context {
	double server_cores; /* that the server can use, see usable_cores; 0: unknown */
	enum growth growth;
};

/* What one step says about the limit. */
void find_limit(const struct step *step, const struct limit_context *context, struct limit *limit);

/*
 * The cores that the server can use when it is loaded as in this step: at most `server_cpus` (those that it may run on and
 * the generator does not), and no more than its load divides into: all that it uses / what its busiest thread uses, since
 * that thread will be at the end of its core first; and no more than when a control group of it is at its CPU limit. 0 when
 * no process of it is known.
 */
double usable_cores(const struct step *step, unsigned server_cpus);

/* The component of the server that used the most CPU time; "" when no process of it is known. */
const char *busiest_component(const struct step *step);

/* CPU time per request of all processes of the server; NAN when no process of it is known. */
struct cost_us server_cost(const struct step *step);

/* Cores / cost per request: what the server could do by its cost alone. NAN when either is unknown. */
double implied_rps(const struct step *step, double server_cores);

#endif
