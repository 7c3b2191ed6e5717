// SPDX-License-Identifier: GPL-3.0-or-later
/* Figures worked out by hand; how often intervals are right is in coverage_test.c. */
#include "analysis/confidence.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "base/unittest.h"

static bool near(double value, double wanted)
{
	return fabs(value - wanted) <= 1e-9 * fabs(wanted) + 1e-12;
}

/* t(0.975, 4) = 2.7764451052, sd of 1..5 = sqrt(2.5). */
static void interval_of_few_windows(void **state)
{
	static const double values[] = {1, 2, 3, 4, 5}, ones[] = {1, 1, 1, 1, 1};
	struct series_ratio r = series_ratio(values, ones, 5);

	(void)state;
	assert_true(near(r.value, 3) && isnan(r.independent));
	assert_true(fabs(r.ci95.hi - 3 - 2.7764451052 * sqrt(2.5 / 5)) < 1e-8);
	assert_true(near(r.ci95.lo + r.ci95.hi, 6));
	r = series_ratio(values, ones, 1);
	assert_true(near(r.value, 1) && isnan(r.ci95.lo) && isnan(r.ci95.hi));
	assert_true(isnan(series_ratio(values, ones, 0).value));
}

/* A window that is longer counts for more; at one rate all along, nothing is uncertain, however they are cut. */
static void windows_of_different_length(void **state)
{
	static const double amounts[] = {100, 300, 50, 1000}, lengths[] = {1, 3, 0.5, 10};
	static const double uneven[] = {100, 900}, two[] = {1, 3};
	struct series_ratio r = series_ratio(amounts, lengths, 4);

	(void)state;
	assert_true(near(r.value, 100));
	assert_true(fabs(r.ci95.lo - 100) < 1e-9 && fabs(r.ci95.hi - 100) < 1e-9);
	/* 1000 in 4 s, not the mean of the rates 100 and 300; residuals -150 and 150; t(0.975, 1) = 12.7062047 */
	r = rounds_ratio(uneven, two, 2);
	assert_true(near(r.value, 250) && r.independent == 2);
	assert_true(fabs(r.ci95.hi - 250 - 12.7062047 * sqrt(2 * 150.0 * 150 * 2) / 4) < 1e-4);
	assert_true(near(r.ci95.lo + r.ci95.hi, 500));
}

/* Values that come in runs say less than as many that do not: the interval knows it. */
static void runs_are_not_independent(void **state)
{
	double runs[100], mixed[100], ones[100];
	struct series_ratio of_runs, of_mixed;

	(void)state;
	for (int i = 0; i < 100; i++) {
		runs[i] = i / 10 % 3 ? 110 : 90;
		mixed[i] = i * 37 % 101 % 2 ? 110 : 90;
		ones[i] = 1;
	}
	of_runs = series_ratio(runs, ones, 100);
	of_mixed = series_ratio(mixed, ones, 100);
	assert_true(of_runs.ci95.hi - of_runs.ci95.lo > 2 * (of_mixed.ci95.hi - of_mixed.ci95.lo));
	assert_true(of_runs.independent < 20 && of_mixed.independent > 50);
}

/* A cosine of the slowest kind is one of those that are looked at, and has the power 99 / 2; a fast one is none of them. */
static void slow_waves_are_what_counts(void **state)
{
	double slow[100], fast[100];

	(void)state;
	for (int i = 0; i < 100; i++) {
		slow[i] = cos(M_PI * 1 * (i - 0.5) / 99);
		fast[i] = cos(M_PI * 60 * (i - 0.5) / 99);
	}
	/* by 0.4 x 99^(2/3) = 8 cosines; nothing is whitened */
	assert_true(fabs(long_run(slow, 100, 0).variance - 99. / 2 / 8) < 1e-9);
	assert_true(fabs(long_run(fast, 100, 0).variance) < 1e-9);
	assert_true(near(long_run(slow, 100, 0).df, 8));
	assert_true(near(long_run(slow, 100, 0.8).dependence, 0.8));
	assert_true(long_run(fast, 100, 0.8).dependence == 0);
	/* to those who look at all frequencies each counts: 1/2 x 99 / 98 */
	assert_true(fabs(long_run_of_neighbours(fast, 100, 0).variance - 0.5 * 99 / 98) < 1e-9);
}

/* The library ends the program where it cannot invert a distribution: it can, for all degrees of freedom that there are. */
static void quantiles_of_student_are_there(void **state)
{
	(void)state;
	for (int i = 0; i < 3100; i++) {
		double df = pow(1.003, i); /* up to 10,000 */

		assert_true(gsl_cdf_tdist_Pinv(0.975, df) > 1.959);
		assert_true(gsl_cdf_tdist_Pinv(0.995, df) > 2.575);
	}
}

/* Independent responses: the bounds are the ranks that the binomial distribution says. */
static void percentiles_have_bounds(void **state)
{
	struct hist *hist = malloc(sizeof(*hist)), *total = malloc(sizeof(*total));
	struct hist_series series;
	struct interval ci;

	(void)state;
	hist_init(total);
	hist_series_init(&series);
	/* 1..1000, spread over 10 windows so evenly that they differ less than by chance */
	for (uint64_t w = 0; w < 10; w++) {
		hist_init(hist);
		for (uint64_t i = 1; i <= 1000; i++)
			if (i % 10 == w)
				hist_record(hist, i);
		assert_int_equal(hist_series_add(&series, hist), 0);
	}
	hist_series_total(&series, total);
	assert_int_equal(quantile_interval(&series, total, 0.5, false, &ci), 0);
	/* Wilson: 500 of 1000 is 0.46907 to 0.53093 */
	assert_true(fabs(ci.lo - 470) <= 1 && fabs(ci.hi - 531) <= 1);
	/* 0.999^1000 = 37 %: that no response is above p99.9 is not unlikely, so it has no upper bound */
	assert_int_equal(quantile_interval(&series, total, 0.999, false, &ci), 0);
	assert_true(ci.lo > 990 && isnan(ci.hi));
	hist_series_collapse(&series);
	assert_int_equal(quantile_interval(&series, total, 0.5, false, &ci), 0);
	assert_true(isnan(ci.lo) && isnan(ci.hi));
	hist_series_release(&series);
	free(hist);
	free(total);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(interval_of_few_windows),
	    cmocka_unit_test(windows_of_different_length),
	    cmocka_unit_test(runs_are_not_independent),
	    cmocka_unit_test(slow_waves_are_what_counts),
	    cmocka_unit_test(quantiles_of_student_are_there),
	    cmocka_unit_test(percentiles_have_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
