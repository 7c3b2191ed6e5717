// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/search.h"

#include <math.h>

#include "analysis/checks.h"

/* Gains below this are none. */
#define GAIN_MIN 0.02
#define FALL 0.05
/* Intervals wider than this are noise that a single step cannot decide in. */
#define NOISY 0.05
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
		if (isfinite(steps[i].throughput_rps) &&
		    (!best || steps[i].throughput_rps > best->throughput_rps))
			best = &steps[i];
	return best;
}

/* The nth step does not beat all those before it. */
static bool gains_nothing(const struct step *steps, size_t n)
{
	const struct step *best = best_before(steps, n);

	return best && !(steps[n].throughput_rps > (1 + GAIN_MIN) * best->throughput_rps);
}

/* The nth step is below the best before it, beyond the noise of both. */
static bool falls(const struct step *steps, size_t n)
{
	const struct step *best = best_before(steps, n), *step = &steps[n];

	return best &&
	    step->throughput_rps + half_width(step) < (1 - FALL) * (best->throughput_rps - half_width(best));
}

bool search_plateau(const struct step *steps, size_t n)
{
	size_t needed = 2;

	if (n < 2)
		return false;
	if (falls(steps, n - 1))
		return true;
	if (half_width(&steps[n - 1]) > NOISY * steps[n - 1].throughput_rps)
		needed = 3;
	for (size_t i = 0; i < needed; i++)
		if (n < i + 2 || !gains_nothing(steps, n - 1 - i))
			return false;
	return true;
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
