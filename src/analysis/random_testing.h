// SPDX-License-Identifier: GPL-3.0-or-later
/* What simulations share: a generator that is the same in every run, and series of which neighbours depend on each other. */
#ifndef MAXQ_ANALYSIS_RANDOM_TESTING_H
#define MAXQ_ANALYSIS_RANDOM_TESTING_H

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>

#include "base/unittest.h"

/* Of all tests of a group, between these two. */
static gsl_rng *rng;

static inline int make_random_of(const gsl_rng_type *type)
{
	rng = gsl_rng_alloc(type);
	return rng ? 0 : -1;
}

static inline int make_random(void **state)
{
	(void)state;
	return make_random_of(gsl_rng_taus2);
}

static inline int free_random(void **state)
{
	(void)state;
	gsl_rng_free(rng);
	return 0;
}

/* Autoregression of order 1, with mean 0 and standard deviation 1: what happened in a window is still felt in the next. */
static inline void make_autoregressive(double *values, size_t n, double phi)
{
	double value = gsl_ran_ugaussian(rng);

	for (size_t i = 0; i < n; i++) {
		values[i] = value;
		value = phi * value + sqrt(1 - phi * phi) * gsl_ran_ugaussian(rng);
	}
}

#endif
