// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/unittest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/intern.h"

static void test_numbers(void **state)
{
	struct intern *in;
	size_t size;
	char key[16];

	(void)state;
	assert_int_equal(intern_new(&in, 1 << 20), 0);
	assert_int_equal(intern_find(in, "a", 1), -ENOENT);
	assert_int_equal(intern_add(in, "", 0), 0);
	/* many more than there are slots at first */
	for (int i = 1; i < 5000; i++)
		assert_int_equal(intern_add(in, key, (size_t)sprintf(key, "key %d", i)), i);
	for (int i = 1; i < 5000; i++) {
		assert_int_equal(intern_add(in, key, (size_t)sprintf(key, "key %d", i)), i);
		assert_string_equal(
		    intern_key(in, (size_t)i, &size), key); /* terminated by what is left of its place */
		assert_int_equal(size, strlen(key));
		assert_int_equal((uintptr_t)intern_key(in, (size_t)i, NULL) % 8, 0);
	}
	assert_int_equal(intern_find(in, "key 7", 5), 7);
	/* bytes, not texts: a NUL is one of them, and a beginning is another key */
	assert_int_equal(intern_add(in, "key 7", 6), 5000);
	assert_int_equal(intern_add(in, "key", 3), 5001);
	assert_int_equal(intern_count(in), 5002);
	intern_free(in);
}

static void test_bound(void **state)
{
	struct intern *in;

	(void)state;
	assert_int_equal(intern_new(&in, 16), 0);
	assert_int_equal(intern_add(in, "1234567", 7), 0);
	assert_int_equal(intern_add(in, "12345678", 8), -ENOBUFS);
	assert_int_equal(intern_add(in, "abc", 3), 1);
	assert_int_equal(intern_add(in, "d", 1), -ENOBUFS);
	assert_int_equal(intern_add(in, "1234567", 7), 0); /* what is there needs no room */
	assert_int_equal(intern_count(in), 2);
	intern_free(in);
	intern_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
