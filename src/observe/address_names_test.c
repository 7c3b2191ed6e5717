// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/unittest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "observe/address_names.h"

static void test_kallsyms(void **state)
{
	struct address_names *names;

	(void)state;
	assert_int_equal(address_names_parse_kallsyms(&names,
			     "ffffffff81000100 T second\n"
			     "ffffffff81000000 t first\n"
			     "ffffffff81000080 d data\n"
			     "ffffffff81000200 r not a function\n"
			     "ffffffffc0000000 t in_module\t[nf_tables]\n"
			     "ffffffffc0000100 W weak"),
	    0);
	assert_null(address_names_find(names, 0xffffffff80ffffff));
	assert_string_equal(address_names_find(names, 0xffffffff81000000), "first");
	assert_string_equal(address_names_find(names, 0xffffffff810000ff), "first");
	assert_string_equal(address_names_find(names, 0xffffffff81000100), "second");
	assert_string_equal(address_names_find(names, 0xffffffffc0000042), "in_module");
	assert_string_equal(address_names_find(names, 0xffffffffc0000100), "weak");
	address_names_free(names);
	assert_int_equal(
	    address_names_parse_kallsyms(&names, "0000000000000000 T hidden\n0000000000000000 T too\n"),
	    -EPERM);
	assert_int_equal(address_names_parse_kallsyms(&names, ""), -EPERM);
}

static void test_perf_map(void **state)
{
	struct address_names *names;

	(void)state;
	/* a name with spaces; code that replaces other code, wholly or in part; lines that are none */
	assert_int_equal(address_names_parse_perf_map(&names,
			     "1000 40 JS:*hello /srv/app.js:3:1\n"
			     "2000 100 old\n"
			     "2080 20 newer\n"
			     "1000 20 JS:*again\n"
			     "\n"
			     "xyz 10 nonsense\n"
			     "3000\n"
			     "3000 10\n"
			     "3000 10 \n"
			     "4000 0 empty\n"
			     "ffffffffffffff00 ffff last"),
	    0);
	assert_string_equal(address_names_find(names, 0x1000), "JS:*again");
	assert_null(address_names_find(names, 0x1020));
	assert_string_equal(address_names_find(names, 0x207f), "old");
	assert_string_equal(address_names_find(names, 0x2080), "newer");
	assert_null(address_names_find(names, 0x20a0));
	assert_null(address_names_find(names, 0x3000));
	assert_null(address_names_find(names, 0x4000));
	assert_string_equal(address_names_find(names, 0xffffffffffffff80), "last");
	address_names_free(names);
	assert_int_equal(address_names_parse_perf_map(&names, ""), 0);
	assert_null(address_names_find(names, 0));
	address_names_free(names);
}

static void test_own_file(void **state)
{
	struct address_names *names;
	char path[64], other[96];
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	assert_int_equal(address_names_jit(&names, getpid()), -ENOENT);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("5000 10 made here\n", file);
	fclose(file);
	assert_int_equal(address_names_jit(&names, getpid()), 0);
	assert_string_equal(address_names_find(names, 0x500f), "made here");
	address_names_free(names);
	/* a link could lead anywhere */
	snprintf(other, sizeof(other), "%s.other", path);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(address_names_jit(&names, getpid()), -EPERM);
	unlink(path);
	unlink(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kallsyms),
	    cmocka_unit_test(test_perf_map),
	    cmocka_unit_test(test_own_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
