// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/units.h"

#include <errno.h>
#include <math.h>

#include "base/unittest.h"

static void counts_take_suffixes(void **state)
{
	static const struct {
		const char *text;
		int rc;
		uint64_t count;
	} cases[] = {
	    {"0", 0, 0},
	    {"200000", 0, 200000},
	    {"10k", 0, 10000},
	    {"1.5M", 0, 1500000},
	    {"2G", 0, 2000000000},
	    {"1.5", -EINVAL, 0},
	    {"", -EINVAL, 0},
	    {"k", -EINVAL, 0},
	    {"-1", -EINVAL, 0},
	    {" 1", -EINVAL, 0},
	    {"10K", -EINVAL, 0},
	    {"10kk", -EINVAL, 0},
	    {"0x10", -EINVAL, 0},
	    {"nan", -EINVAL, 0},
	    {"1e99", -ERANGE, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t count = 77;

		assert_int_equal(parse_count(cases[i].text, &count), cases[i].rc);
		assert_int_equal(count, cases[i].rc ? 77 : cases[i].count);
	}
}

static void durations_take_units(void **state)
{
	int64_t ns;

	(void)state;
	assert_int_equal(parse_duration("10s", &ns), 0);
	assert_int_equal(ns, INT64_C(10000000000));
	assert_int_equal(parse_duration("1.5", &ns), 0);
	assert_int_equal(ns, INT64_C(1500000000));
	assert_int_equal(parse_duration("50us", &ns), 0);
	assert_int_equal(ns, 50000);
	assert_int_equal(parse_duration("2m", &ns), 0);
	assert_int_equal(ns, INT64_C(120000000000));
	assert_int_equal(parse_duration("5 s", &ns), -EINVAL);
	assert_int_equal(parse_duration("5min", &ns), -EINVAL);
	assert_int_equal(parse_duration("s", &ns), -EINVAL);
	assert_int_equal(parse_duration("1e12s", &ns), -ERANGE);
}

static void formats_keep_their_digits(void **state)
{
	char text[32];

	(void)state;
	format_duration(text, sizeof(text), 12);
	assert_string_equal(text, "12 ns");
	format_duration(text, sizeof(text), 999.6e3);
	assert_string_equal(text, "1.00 ms");
	format_duration(text, sizeof(text), 47.04e3);
	assert_string_equal(text, "47.0 us");
	format_duration(text, sizeof(text), 1.234e9);
	assert_string_equal(text, "1.23 s");
	format_duration(text, sizeof(text), NAN);
	assert_string_equal(text, "-");
	format_count(text, sizeof(text), 219432);
	assert_string_equal(text, "219.4k");
	format_count(text, sizeof(text), 64);
	assert_string_equal(text, "64");
	format_count(text, sizeof(text), 999996);
	assert_string_equal(text, "1.000M");
	format_count(text, sizeof(text), 0);
	assert_string_equal(text, "0");
}

/* As a figure was measured, and as it comes back from 15 digits. */
static void last_bits_do_not_show(void **state)
{
	static const double counts[] = {22185, 997.05, 500, 64}, durations_ns[] = {27650, 999500, 12};
	char text[32], again[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		format_count(text, sizeof(text), counts[i]);
		format_count(again, sizeof(again), nextafter(nextafter(counts[i], 0), 0));
		assert_string_equal(text, again);
		format_count(again, sizeof(again), nextafter(nextafter(counts[i], INFINITY), INFINITY));
		assert_string_equal(text, again);
	}
	for (size_t i = 0; i < ARRAY_SIZE(durations_ns); i++) {
		format_duration(text, sizeof(text), durations_ns[i]);
		format_duration(again, sizeof(again), nextafter(durations_ns[i], 0));
		assert_string_equal(text, again);
		format_duration(again, sizeof(again), nextafter(durations_ns[i], INFINITY));
		assert_string_equal(text, again);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(counts_take_suffixes),
	    cmocka_unit_test(durations_take_units),
	    cmocka_unit_test(formats_keep_their_digits),
	    cmocka_unit_test(last_bits_do_not_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
