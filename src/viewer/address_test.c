// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/address.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/unittest.h"

static void test_runs(void **state)
{
	static const char *const bad[] = {"", ",", "1,", ",1", "0", "-1", "+1", " 1", "1 ", "1;2", "1,,2",
	    "01", "x", "1x", "9223372036854775808", "99999999999999999999", "1,0x2"};
	struct viewed viewed;
	char many[256] = "";

	(void)state;
	assert_int_equal(address_parse_runs("12", &viewed), 0);
	assert_true(viewed.n == 1 && viewed.runs[0] == 12);
	assert_int_equal(address_parse_runs("9223372036854775807,1", &viewed), 0);
	assert_true(viewed.n == 2 && viewed.runs[0] == INT64_MAX && viewed.runs[1] == 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(address_parse_runs(bad[i], &viewed), -EINVAL);
	for (int i = 1; i <= VIEWER_RUNS_MAX; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many), "%s%d", i > 1 ? "," : "", i);
	assert_int_equal(address_parse_runs(many, &viewed), 0);
	assert_int_equal(viewed.n, VIEWER_RUNS_MAX);
	snprintf(many + strlen(many), sizeof(many) - strlen(many), ",1");
	assert_int_equal(address_parse_runs(many, &viewed), -EINVAL);
}

static void test_hosts(void **state)
{
	static const char *const good[] = {
	    "127.0.0.1", "127.0.0.1:8080", "localhost", "localhost:1", "[::1]:80"};
	static const char *const bad[] = {"", "127.0.0.1.example", "localhost.example:80", "example",
	    "127.0.0.10", "::1", "127.0.0.1@example", " localhost"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(address_is_local(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(address_is_local(bad[i]));
	assert_false(address_is_local(NULL));
}

static void test_paths(void **state)
{
	static const char *const bad[] = {"", "/", "//", "/secre/", "/secrets/", "/secreT/", "/secret",
	    "secret/", "/xsecret/", "/Secret/run/1", "/secret\n/"};

	(void)state;
	assert_string_equal(address_path("secret", "/secret/"), "");
	assert_string_equal(address_path("secret", "/secret/run/12"), "run/12");
	assert_string_equal(address_path("secret", "/secret//"), "/");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(address_path("secret", bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_runs),
	    cmocka_unit_test(test_hosts),
	    cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
