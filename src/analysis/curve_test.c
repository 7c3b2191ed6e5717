// SPDX-License-Identifier: GPL-3.0-or-later
/* Points from steps, and the shape of what is known. */
#include "analysis/curve.h"

#include <math.h>

#include "analysis/step_testing.h"

static void steps_of_one_load_become_one_point(void **state)
{
	struct step steps[] = {
	    step_of(8, 1000, 10), step_of(4, 500, 5), step_of(8, 1010, 20), step_of(8, 1000, 10)};
	struct points points;

	(void)state;
	curve_points(steps, 4, curve_clients, &points);
	assert_int_equal(points.n, 2);
	assert_true(points.at[0].load == 4 && points.at[1].load == 8);
	assert_int_equal(points.at[1].steps, 3);
	/* closer to those of which more is known, and known better than each of them */
	assert_true(points.at[1].rps > 1000 && points.at[1].rps < 1003);
	assert_true(points.at[1].half_rps > 5 && points.at[1].half_rps < 10);
	/* one that is as uncertain by its share counts as much, however low it is */
	steps[1] = step_of(4, 100, 50);
	steps[3] = step_of(4, 300, 150);
	curve_points(steps, 4, curve_clients, &points);
	assert_true(fabs(points.at[0].rps - 200) < 1e-6);
	steps[1] = step_of(4, 500, 5);
	/* steps that contradict each other widen all intervals */
	steps[3] = step_of(8, 1200, 10);
	curve_points(steps, 4, curve_clients, &points);
	assert_true(points.at[1].half_rps > 50 && points.at[0].half_rps > 25);
}

static struct curve shape(const struct step *steps, size_t n)
{
	struct points points;
	struct curve curve;

	curve_points(steps, n, curve_clients, &points);
	assert_true(curve_shape(&points, &curve));
	return curve;
}

static void a_fall_is_one_beyond_doubt(void **state)
{
	struct step steps[] = {step_of(1, 500, 5), step_of(2, 990, 5), step_of(4, 1000, 5),
	    step_of(8, 900, 80), step_of(16, 985, 10), step_of(32, 700, 10)};
	struct curve curve = shape(steps, 6);

	(void)state;
	/* 8 may be as good; a knee is what is within 2 % */
	assert_true(curve.knee == 2 && curve.is_capped && curve.plateau_hi == 16);
	assert_true(curve.collapses && curve.collapse.load == 32 && fabs(curve.collapse.share - 0.3) < 1e-9);
	/* the lowest of the good ones does not end the plateau */
	steps[3] = step_of(8, 960, 5);
	assert_true(shape(steps, 6).plateau_hi == 16);
	steps[5] = step_of(32, 700, 300);
	assert_false(shape(steps, 6).collapses);
}

static void growth_is_no_plateau(void **state)
{
	struct step steps[] = {
	    step_of(1, 500, 5), step_of(2, 800, 5), step_of(3, 900, 5), step_of(6, 905, 5)};
	struct points points;
	struct curve curve;

	(void)state;
	assert_false(shape(steps, 3).is_capped);
	/* twice the clients for nothing */
	assert_true(shape(steps, 4).is_capped);
	/* one load alone has no shape; nor has what never answered */
	curve_points(steps, 1, curve_clients, &points);
	assert_false(curve_shape(&points, &curve));
	steps[0] = steps[1] = step_of(1, NAN, NAN);
	steps[1].clients = 2;
	curve_points(steps, 2, curve_clients, &points);
	assert_int_equal(points.n, 2);
	assert_false(curve_shape(&points, &curve));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(steps_of_one_load_become_one_point),
	    cmocka_unit_test(a_fall_is_one_beyond_doubt),
	    cmocka_unit_test(growth_is_no_plateau),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
