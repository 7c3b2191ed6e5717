// SPDX-License-Identifier: GPL-3.0-or-later
/* Suites, in a catalog that is written here. */
#include "stack/catalog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/unittest.h"

static char catalog[64];

static int make_catalog(void **state)
{
	char path[128];

	(void)state;
	strcpy(catalog, "/tmp/maxq-catalog-test-XXXXXX");
	if (!mkdtemp(catalog))
		return -1;
	snprintf(path, sizeof(path), "%s/suites", catalog);
	return mkdir(path, 0700);
}

static int remove_catalog(void **state)
{
	(void)state;
	return file_remove_tree(catalog);
}

static void write_suite(const char *yaml)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/suites/it.yaml", catalog);
	assert_int_equal(file_write(path, yaml, strlen(yaml), NULL), 0);
}

static void all_of_a_suite_is_read(void **state)
{
	struct suite *suite;
	struct err err;

	(void)state;
	write_suite("title: t\nabout: a\nkeepalive: false\nclients: [1, 2, 1000000]\nreference: elsewhere\n"
		    "rows:\n  - {stack: 'a,b', name: one two, workload: /lookup, reference: 37.5}\n"
		    "  - {stack: 'a,b'}\n"
		    "compare:\n  - {title: /a, row: 'a,b'}\n  - {title: /one, row: one two}\n");
	if (suite_load(&suite, catalog, "it", &err))
		fail_msg("%s", err.msg);
	assert_string_equal(suite->title, "t");
	assert_string_equal(suite->about, "a");
	assert_false(*suite->keepalive);
	assert_int_equal(suite->clients_count, 3);
	assert_int_equal(suite->clients[2], 1000000);
	assert_string_equal(suite->reference, "elsewhere");
	assert_int_equal(suite->rows_count, 2);
	assert_string_equal(suite_row_name(suite, 0), "one two");
	assert_string_equal(suite_row_name(suite, 1), "a,b");
	assert_string_equal(suite->rows[0].workload, "/lookup");
	assert_true(*suite->rows[0].reference_rps == 37.5);
	assert_null(suite->rows[1].workload);
	assert_null(suite->rows[1].reference_rps);
	assert_int_equal(suite->compare_count, 2);
	assert_string_equal(suite->compare[1].title, "/one");
	assert_string_equal(suite->compare[1].row, "one two");
	suite_free(suite);

	write_suite("title: t\nabout: a\nrows: [{stack: a}]\n");
	assert_int_equal(suite_load(&suite, catalog, "it", NULL), 0);
	assert_null(suite->keepalive);
	assert_null(suite->reference);
	assert_int_equal(suite->clients_count, 0);
	assert_int_equal(suite->compare_count, 0);
	suite_free(suite);
	suite_free(NULL);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
	static const struct {
		const char *yaml, *why; /* after title and about, which are lines 1 and 2 */
	} cases[] = {
	    {"", "/suites/it.yaml line 2: key 'rows' is missing"},
	    {"rows: []\n", "/suites/it.yaml line 3: key 'rows': "},
	    {"rows: [a]\n", "/suites/it.yaml line 3: key 'rows': Expecting MAPPING"},
	    {"rows:\n  - {stack: a}\n  - {name: b}\n", "/suites/it.yaml line 5: key 'stack' is missing"},
	    {"rows:\n  - stack: a\n    nmae: b\n", "/suites/it.yaml line 5: unknown key 'nmae'"},
	    {"rows:\n  - {stack: a, reference: many}\n", "/suites/it.yaml: row 1: key 'reference': '"},
	    {"rows:\n  - {stack: a, reference: 3780x}\n", "/suites/it.yaml: row 1: key 'reference': '"},
	    {"rows:\n  - {stack: a}\n  - {stack: b, reference: 0}\n",
		"/suites/it.yaml: row 2: key 'reference'"},
	    {"rows:\n  - {stack: a, reference: -3}\n",
		"row 1: key 'reference': '-3' is not a number of q/s above 0"},
	    {"rows:\n  - {stack: a, reference: nan}\n", "row 1: key 'reference': 'nan' is not"},
	    {"rows:\n  - {stack: a, workload: hello}\n", "row 1: key 'workload': 'hello' is not a path"},
	    {"rows: [{stack: a}, {stack: b}, {stack: c, name: a}]\n",
		"/suites/it.yaml: row 3: key 'name': 'a' is also the name of row 1"},
	    {"rows: [{stack: a}, {stack: a}]\n", "row 2: key 'name': 'a' is also the name of row 1"},
	    {"rows: [{stack: a, name: 'twenty-one characters'}]\n",
		"row 1: key 'name': 'twenty-one characters' must"},
	    {"rows: [{stack: a, name: ''}]\n", "row 1: key 'name': '' must have 1 to 20 plain characters"},
	    {"rows: [{stack: a, name: \"\\e[31m\"}]\n", "row 1: key 'name'"},
	    {"rows: [{stack: a}]\nkeepalive: perhaps\n",
		"/suites/it.yaml: key 'keepalive': 'perhaps' is neither true nor false"},
	    {"rows: [{stack: a}]\nclients: 5\n", "line 4: key 'clients': Expecting SEQUENCE"},
	    {"rows: [{stack: a}]\nclients: [1, x]\n",
		"/suites/it.yaml: key 'clients': 'x': the numbers must rise"},
	    {"rows: [{stack: a}]\nclients: [0, 1]\n",
		"/suites/it.yaml: key 'clients': '0': the numbers must rise"},
	    {"rows: [{stack: a}]\nclients: [1, 4, 4]\n", "key 'clients': '4': the numbers must rise"},
	    {"rows: [{stack: a}]\nclients: [4, 2]\n", "key 'clients': '2': the numbers must rise"},
	    {"rows: [{stack: a}]\nclients: [1000001]\n", "from 1 to 1000000 at most"},
	    {"rows: [{stack: a}]\nclients: [-1]\n", "key 'clients': '-1': "},
	    {"rows: [{stack: a}]\ncompare: [{title: x, row: b}]\n",
		"/suites/it.yaml: compare 1: key 'row': no row has the name 'b'"},
	    {"rows: [{stack: a, name: b}]\ncompare: [{title: x, row: a}]\n", "no row has the name 'a'"},
	    {"rows: [{stack: a}]\ncompare: [{title: a title that is much too long, row: a}]\n",
		"compare 1: key 'title': 'a title"},
	    {"rows: [{stack: a}]\ncompare:\n  - {title: x}\n",
		"/suites/it.yaml line 5: key 'row' is missing"},
	    {"rows: [{stack: a}]\ncompare: [{title: x, row: a}, {title: y, row: a}, {title: z, row: a}]\n",
		"/suites/it.yaml line 4: key 'compare': "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct suite *suite = NULL;
		struct err err = {""};
		char yaml[512];

		snprintf(yaml, sizeof(yaml), "title: t\nabout: a\n%s", cases[i].yaml);
		write_suite(yaml);
		assert_true(suite_load(&suite, catalog, "it", &err) < 0);
		assert_null(suite);
		if (!strstr(err.msg, cases[i].why))
			fail_msg("%s: '%s' does not say '%s'", cases[i].yaml, err.msg, cases[i].why);
	}
}

static void only_names_are_files(void **state)
{
	struct suite *suite;
	struct err err;

	(void)state;
	assert_int_equal(suite_load(&suite, catalog, "nothing", &err), -ENOENT);
	assert_non_null(strstr(err.msg, "no suite 'nothing' in '/tmp/maxq-catalog-test-"));
	assert_int_equal(suite_load(&suite, catalog, "../it", &err), -EINVAL);
	assert_int_equal(suite_load(&suite, catalog, "", &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_of_a_suite_is_read),
	    cmocka_unit_test(what_is_wrong_is_told_with_its_place),
	    cmocka_unit_test(only_names_are_files),
	};

	return cmocka_run_group_tests(tests, make_catalog, remove_catalog);
}
