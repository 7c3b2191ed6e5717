// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/ranks.h"

#include <math.h>

static double busy_of(const struct rank_share *rank)
{
	return rank->role == ROLE_GENERATOR ? fmax(rank->busy / (1 - rank->stolen), rank->quota_busy) : NAN;
}

const struct rank_share *ranks_busiest(const struct step *step)
{
	const struct rank_share *busiest = NULL;

	for (unsigned i = 0; i < step->n_ranks; i++)
		if (isfinite(busy_of(&step->ranks[i])) &&
		    (!busiest || busy_of(&step->ranks[i]) > busy_of(busiest)))
			busiest = &step->ranks[i];
	return busiest;
}

double ranks_busy(const struct step *step)
{
	const struct rank_share *busiest = ranks_busiest(step);

	return busiest ? busy_of(busiest) : step->generator_busy / (1 - step->stolen);
}

/* fmax passes over what is unknown. */
double ranks_wait(const struct step *step)
{
	double worst = step->generator_wait;

	for (unsigned i = 0; i < step->n_ranks; i++)
		worst = fmax(worst, step->ranks[i].wait);
	return worst;
}

double ranks_stolen(const struct step *step)
{
	double worst = step->stolen;

	for (unsigned i = 0; i < step->n_ranks; i++)
		worst = fmax(worst, step->ranks[i].stolen);
	return worst;
}

double ranks_others_busy(const struct step *step)
{
	double worst = step->others_busy;

	for (unsigned i = 0; i < step->n_ranks; i++)
		worst = fmax(worst, step->ranks[i].others_busy);
	return worst;
}

double ranks_start_skew(const struct step *step)
{
	double first_us = NAN, last_us = NAN;

	for (unsigned i = 0; i < step->n_ranks; i++) {
		const struct rank_share *rank = &step->ranks[i];

		first_us = fmin(first_us, rank->start_late_us - rank->clock_error_us);
		last_us = fmax(last_us, rank->start_late_us + rank->clock_error_us);
	}
	return isfinite(last_us - first_us) ? (last_us - first_us) / 1e6 / step->duration_s : 0;
}

const char *rank_role_name(enum rank_role role)
{
	static const char *const names[] = {
	    [ROLE_COORDINATOR] = "coordinator", [ROLE_GENERATOR] = "generator", [ROLE_OBSERVER] = "observer"};

	return names[role];
}
