// SPDX-License-Identifier: GPL-3.0-or-later
/* The verdict: which resource was exhausted at the maximum, and how that is known. */
#ifndef MAXQ_ANALYSIS_LIMIT_H
#define MAXQ_ANALYSIS_LIMIT_H

#include "analysis/result.h"

struct limit_context {
	double server_cores; /* that the server may use; 0: unknown */
	unsigned cpus;       /* of the machine */
	bool plateau;        /* throughput has stopped growing with the clients */
};

/* What one step says about the limit. */
void find_limit(const struct step *step, const struct limit_context *context, struct limit *limit);

/*
 * The cores that the server can use: those that it may run on, but no process more than it has threads. 0 when no
 * process of it is known.
 */
double usable_cores(const struct step *step, unsigned server_cpus);

/* CPU time per request of all processes of the server; NAN when no process of it is known. */
struct cost_us server_cost(const struct step *step);

/* Cores / cost per request: what the server could do by its cost alone. NAN when either is unknown. */
double implied_rps(const struct step *step, double server_cores);

#endif
