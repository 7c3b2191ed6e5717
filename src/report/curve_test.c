// SPDX-License-Identifier: GPL-3.0-or-later
/* What people and programs are told of a curve. */
#include "report/curve.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/unittest.h"
#include "report/json_curve.h"

static const struct curve falling = {.knee = 12,
    .is_capped = true,
    .plateau_hi = 128,
    .collapses = true,
    .collapse = {.load = 256, .throughput_rps = 49200, .share = 0.18}};

static const struct usl law = {.lambda_rps = 5000,
    .sigma = 0.02,
    .kappa = 0.0004,
    .lambda_ci95_rps = {4900, 5100},
    .sigma_ci95 = {0.01, 0.03},
    .kappa_ci95 = {NAN, NAN},
    .r_squared = 0.987,
    .loads = {1, 32},
    .peak_load = 49.5,
    .peak_rps = 84000,
    .is_extrapolated = true};

/* Fails unless what is printed of the result contains the text. */
static void assert_prints(const struct result *result, const char *expected)
{
	char text[1024] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	curve_print(result, out);
	fclose(out);
	if (!strstr(text, expected))
		fail_msg("no '%s' in '%s'", expected, text);
}

static void a_curve_is_one_line(void **state)
{
	struct result result = {.has_curve = true, .curve = falling};

	(void)state;
	assert_prints(
	    &result, "  curve       knee 12 clients, plateau to 128; throughput falls by 18 % at 256\n");
	result.curve.plateau_hi = 12;
	assert_prints(&result, "  curve       knee 12 clients; throughput falls by 18 % at 256\n");
	result.curve = (struct curve){.knee = 1, .is_capped = true, .plateau_hi = 4};
	assert_prints(&result, "  curve       knee 1 client, plateau to 4\n");
	result.curve = (struct curve){.knee = 1024, .plateau_hi = 1024};
	assert_prints(&result, "  plateau     none up to 1024 clients: throughput still grew\n");
	result.has_curve = false;
	assert_prints(&result, "");
}

static void a_guess_is_marked(void **state)
{
	struct result result = {.has_usl = true, .usl = law};

	(void)state;
	assert_prints(&result, "contention 0.02 +- 0.01");
	assert_prints(&result, "(extrapolated)");
	result.usl.peak_load = NAN;
	assert_prints(&result, "no peak;");
}

static void programs_get_the_same(void **state)
{
	json_t *curve = json_curve(&falling), *usl = json_usl(&law), *collapse, *peak;
	struct curve growing = {.knee = 1024, .plateau_hi = 1024};

	(void)state;
	collapse = json_object_get(curve, "collapse");
	assert_int_equal(json_integer_value(json_object_get(curve, "knee_clients")), 12);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(curve, "plateau"), 1)), 128);
	assert_int_equal(json_integer_value(json_object_get(collapse, "clients")), 256);
	assert_true(json_real_value(json_object_get(collapse, "share")) == 0.18);
	json_decref(curve);
	curve = json_curve(&growing);
	assert_true(json_is_null(json_object_get(curve, "plateau")));
	assert_true(json_is_null(json_object_get(curve, "collapse")));
	json_decref(curve);

	peak = json_object_get(usl, "peak");
	assert_true(json_is_true(json_object_get(peak, "extrapolated")));
	assert_true(json_is_null(json_array_get(json_object_get(usl, "kappa_ci95"), 0)));
	assert_true(json_real_value(json_object_get(usl, "sigma")) == 0.02);
	json_decref(usl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_curve_is_one_line),
	    cmocka_unit_test(a_guess_is_marked),
	    cmocka_unit_test(programs_get_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
