// SPDX-License-Identifier: GPL-3.0-or-later
#include "cluster/subnet.h"

#include <errno.h>
#include <string.h>

#include "base/unittest.h"

static void test_written(void **state)
{
	static const char *const bad[] = {"", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/0",
	    "10.0.0/8x", "10.0.0.256/8", "/8", "10.0.0.0/8 ", "::1/64", "10.0.0.0.0.0.0.0.0.0.0.0.0/8"};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(subnet_parse(bad[i], &err), -EINVAL);
	assert_non_null(strstr(err.msg, "10.0.0.0/24"));
	assert_int_equal(subnet_parse("10.0.0.0/8", &err), 0);
	assert_int_equal(subnet_parse("192.168.1.77/32", &err), 0);
}

static void test_here(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(subnet_check("127.0.0.0/8", &err), 0);
	assert_int_equal(subnet_check("127.0.0.1/32", &err), 0);
	assert_int_equal(subnet_check("0.0.0.0/1", &err), 0);
	/* reserved: nobody has an address there */
	assert_int_equal(subnet_check("240.0.0.0/4", &err), -EADDRNOTAVAIL);
	assert_non_null(strstr(err.msg, "'240.0.0.0/4'"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_written),
	    cmocka_unit_test(test_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
