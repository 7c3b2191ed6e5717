// SPDX-License-Identifier: GPL-3.0-or-later
/* Steps as tests make them up, and what was found of their checks. */
#ifndef MAXQ_ANALYSIS_STEP_TESTING_H
#define MAXQ_ANALYSIS_STEP_TESTING_H

#include <string.h>

#include "analysis/result.h"
#include "base/unittest.h"

/* A second with so many clients, at that throughput, give or take half of the interval. */
static inline struct step step_of(unsigned clients, double rps, double half)
{
	return (struct step){.clients = clients,
	    .throughput_rps = rps,
	    .throughput_ci95_rps = {rps - half, rps + half},
	    .counts = {.completed = 1000},
	    .duration_s = 1};
}

/* The check of that name, as the step was judged; NULL: it was not made. */
static inline const struct check *find_check(const struct step *step, const char *name)
{
	for (unsigned i = 0; i < step->n_checks; i++)
		if (!strcmp(step->checks[i].name, name))
			return &step->checks[i];
	return NULL;
}

/* The same of one that must have been made. */
static inline const struct check *check_of(const struct step *step, const char *name)
{
	const struct check *check = find_check(step, name);

	if (!check)
		fail_msg("no check '%s'", name);
	return check;
}

#endif
