// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/cpus.h"

#include <errno.h>

#include "base/unittest.h"

static void lists_round_trip(void **state)
{
	static const struct {
		const char *text, *formatted;
		int count, second;
	} cases[] = {
	    {"0", "0", 1, -1},
	    {"0-3,6", "0-3,6", 5, 1},
	    {"6,0-2,1,3", "0-3,6", 5, 1},
	    {"1023", "1023", 1, -1},
	    {"2-2", "2", 1, -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[CPUS_TEXT_MAX];
		cpu_set_t set;

		assert_int_equal(cpus_parse(cases[i].text, &set, NULL), 0);
		assert_int_equal(CPU_COUNT(&set), cases[i].count);
		assert_int_equal(cpus_nth(&set, 1), cases[i].second);
		cpus_format(&set, text, sizeof(text));
		assert_string_equal(text, cases[i].formatted);
	}
}

static void bad_lists(void **state)
{
	static const char *const cases[] = {
	    "", "a", "1,", ",1", "3-1", "1-", "-1", "1024", "1;2", "0x1", " 1"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(7, &set);
		assert_int_equal(cpus_parse(cases[i], &set, NULL), -EINVAL);
		assert_int_equal(CPU_COUNT(&set), 1);
	}
}

static void sets(void **state)
{
	cpu_set_t a, b;

	(void)state;
	cpus_parse("0-3", &a, NULL);
	cpus_parse("2-5", &b, NULL);
	assert_true(cpus_overlap(&a, &b));
	cpus_subtract(&a, &b);
	assert_int_equal(CPU_COUNT(&a), 2);
	assert_false(cpus_overlap(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lists_round_trip),
	    cmocka_unit_test(bad_lists),
	    cmocka_unit_test(sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
