// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/search.h"

#include <math.h>

#include "analysis/checks.h"

/* Gains below this are not worth another doubling. */
#define GAIN_MIN 0.01
#define FALL 0.05
/* More failures than that, and more clients will not help. */
#define FAILED 0.01

static double half_width(const struct step *step)
{
	double half = (step->throughput_ci95_rps.hi - step->throughput_ci95_rps.lo) / 2;

	return isfinite(half) ? half : 0;
}

/* The best of the steps before the nth. */
static const struct step *best_before(const struct step *steps, size_t n)
{
	const struct step *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (isfinite(steps[i].throughput_rps) && (!best || steps[i].throughput_rps > best->throughput_rps))
			best = &steps[i];
	return best;
}

/* The nth step does not beat those before it by more than the noise of both. */
static bool gains_nothing(const struct step *steps, size_t n)
{
	const struct step *best = best_before(steps, n), *step = &steps[n];
	double noise;

	if (!best)
		return false;
	noise = fmax(GAIN_MIN * best->throughput_rps, half_width(step) + half_width(best));
	return !(step->throughput_rps > best->throughput_rps + noise);
}

static bool falls(const struct step *steps, size_t n)
{
	const struct step *best = best_before(steps, n), *step = &steps[n];

	return best && step->throughput_rps + half_width(step) < (1 - FALL) * (best->throughput_rps - half_width(best));
}

bool search_plateau(const struct step *steps, size_t n)
{
	if (n >= 2 && falls(steps, n - 1))
		return true;
	return n >= 3 && gains_nothing(steps, n - 1) && gains_nothing(steps, n - 2);
}

unsigned search_next(const struct search *search, const struct step *steps, size_t n)
{
	if (search->list)
		return n < search->n_list ? search->list[n] : 0;
	if (!n)
		return 1;
	if (search_plateau(steps, n) || error_share(&steps[n - 1]) > FAILED || !steps[n - 1].counts.completed)
		return 0;
	return steps[n - 1].clients * 2 <= search->clients_max ? steps[n - 1].clients * 2 : 0;
}

int search_best(const struct step *steps, size_t n)
{
	const struct step *best = best_before(steps, n);
	int chosen = -1;

	if (!best || !(best->throughput_rps > 0))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (steps[i].throughput_rps >= 0.99 * best->throughput_rps &&
		    (chosen < 0 || steps[i].clients < steps[chosen].clients))
			chosen = (int)i;
	return chosen;
}
