// SPDX-License-Identifier: GPL-3.0-or-later
/* The law, fitted to curves whose coefficients are known: published ones, and such as were made by the law itself. */
#include "analysis/usl.h"

#include <errno.h>
#include <math.h>

#include "base/unittest.h"

struct vector {
	const char *name;
	size_t n;
	double load[32], rps[32];
	double lambda, sigma, kappa, tolerance; /* relative */
};

static const struct vector vectors[] = {
    /* the data and the coefficients of the test of usl4j, ModelTest */
    {"cisco", 32,
	{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
	    28, 29, 30, 31, 32},
	{955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08, 7219.8, 7867.61, 8278.71,
	    8646.7, 9047.84, 9426.55, 9645.37, 9897.24, 10097.6, 10240.5, 10532.39, 10798.52, 11151.43,
	    11518.63, 11806, 12089.37, 12075.41, 12177.29, 12211.41, 12158.93, 12155.27, 12118.04, 12140.4,
	    12074.39},
	995.6486, 0.02671591, 7.690945e-4, 0.0002},
    /* the data and the coefficients of the R package usl, data set raytracer: its first six, and all of it */
    {"raytracer, the first six", 6, {1, 4, 8, 12, 16, 20}, {20, 78, 130, 170, 190, 200}, 20.85605, 0.02444,
	0.00163, 0.005},
    /* without a bound kappa would be negative here */
    {"raytracer", 11, {1, 4, 8, 12, 16, 20, 24, 28, 32, 48, 64},
	{20, 78, 130, 170, 190, 200, 210, 230, 260, 280, 310}, 21.84884, 0.0577708, 0, 0.005},
    {"synthetic", 6, {1, 2, 4, 6, 8, 10}, {1, 1.8868, 3.0769, 3.5294, 3.5398, 3.3557}, 1, 0.02, 0.02, 0.001},
};

static struct points points_of(const double *load, const double *rps, size_t n, double half)
{
	struct points points = {.n = n};

	for (size_t i = 0; i < n; i++)
		points.at[i] = (struct point){.load = load[i], .rps = rps[i], .half_rps = half, .steps = 1};
	return points;
}

static void assert_near(const char *what, double value, double truth, double tolerance)
{
	if (!(fabs(value - truth) <= tolerance * fabs(truth)))
		fail_msg("%s: %.8g, must be %.8g", what, value, truth);
}

static void it_agrees_with_published_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		const struct vector *v = &vectors[i];
		struct points points = points_of(v->load, v->rps, v->n, 0);
		struct usl usl;

		assert_int_equal(usl_fit(&points, &usl), 0);
		assert_near(v->name, usl.lambda_rps, v->lambda, v->tolerance);
		assert_near(v->name, usl.sigma, v->sigma, v->tolerance);
		assert_near(v->name, usl.kappa, v->kappa, v->tolerance);
		assert_true(usl.lambda_ci95_rps.lo < v->lambda && usl.lambda_ci95_rps.hi > v->lambda);
		assert_true(usl.r_squared > 0.97 && usl.r_squared <= 1);
	}
}

/* The same tests say where the peak of the first is: beyond what was measured. Without kappa there is none. */
static void a_peak_beyond_the_data_is_marked(void **state)
{
	struct points points = points_of(vectors[0].load, vectors[0].rps, 32, 0);
	struct usl usl;

	(void)state;
	assert_int_equal(usl_fit(&points, &usl), 0);
	assert_int_equal((int)usl.peak_load, 35);
	assert_near("peak", usl.peak_rps, 12341, 0.0002);
	assert_true(usl.is_extrapolated);
	assert_true(usl.loads.lo == 1 && usl.loads.hi == 32);
	points = points_of(vectors[3].load, vectors[3].rps, 6, 0);
	assert_int_equal(usl_fit(&points, &usl), 0);
	assert_near("peak", usl.peak_load, 7, 0.001);
	assert_false(usl.is_extrapolated);
	points = points_of(vectors[2].load, vectors[2].rps, 11, 0);
	assert_int_equal(usl_fit(&points, &usl), 0);
	assert_true(isnan(usl.peak_load) && isnan(usl.peak_rps) && !usl.is_extrapolated);
	assert_true(isnan(usl.kappa_ci95.hi) && usl.sigma_ci95.hi > usl.sigma);
}

/* A point with a wide interval says little, and one that failed says nothing. */
static void points_count_by_their_intervals(void **state)
{
	const struct usl truth = {.lambda_rps = 5000, .sigma = 0.05, .kappa = 0.001};
	double load[] = {1, 2, 4, 8, 16, 32, 64}, rps[ARRAY_SIZE(load)];
	struct points points;
	struct usl usl;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(load); i++)
		rps[i] = usl_rps(&truth, load[i]);
	rps[3] *= 2;
	points = points_of(load, rps, ARRAY_SIZE(load), 10);
	assert_int_equal(usl_fit(&points, &usl), 0);
	assert_true(fabs(usl.sigma / truth.sigma - 1) > 0.1);
	points.at[3].half_rps = 1e5;
	assert_int_equal(usl_fit(&points, &usl), 0);
	assert_near("sigma", usl.sigma, truth.sigma, 0.001);
	points.at[3].half_rps = 10;
	points.at[3].failed = true;
	assert_int_equal(usl_fit(&points, &usl), 0);
	assert_near("lambda", usl.lambda_rps, truth.lambda_rps, 1e-6);
	assert_near("sigma", usl.sigma, truth.sigma, 1e-6);
	assert_near("kappa", usl.kappa, truth.kappa, 1e-6);
}

static void odd_curves_do_no_harm(void **state)
{
	double load[] = {1, 2, 4, 8}, flat[] = {100, 100, 100, 100}, linear[] = {100, 200, 400, 800},
	       falling[] = {100, 50, 25, 12.5}, none[] = {0, 0, 0, 0};
	struct points points = points_of(load, flat, 3, 1);
	struct usl usl;

	(void)state;
	assert_int_equal(usl_fit(&points, &usl), -EINVAL);
	points = points_of(load, none, 4, 0);
	assert_int_equal(usl_fit(&points, &usl), -EINVAL);
	/* one client has all of it: everything queues */
	points = points_of(load, flat, 4, 1);
	assert_int_equal(usl_fit(&points, &usl), 0);
	assert_near("sigma", usl.sigma, 1, 1e-6);
	points = points_of(load, linear, 4, 1);
	assert_int_equal(usl_fit(&points, &usl), 0);
	assert_true(usl.sigma < 1e-6 && usl.kappa < 1e-6);
	assert_near("lambda", usl.lambda_rps, 100, 1e-6);
	points = points_of(load, falling, 4, 1);
	assert_int_equal(usl_fit(&points, &usl), 0);
	assert_true(usl.kappa > 0 || usl.sigma > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_agrees_with_published_fits),
	    cmocka_unit_test(a_peak_beyond_the_data_is_marked),
	    cmocka_unit_test(points_count_by_their_intervals),
	    cmocka_unit_test(odd_curves_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
