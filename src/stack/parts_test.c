// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/unittest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "stack/parts.h"

static int load(const char *text, struct parts **parts, struct err *err)
{
	char dir[FILE_PRIVATE_DIR_MAX], path[FILE_PRIVATE_DIR_MAX + 16];
	int rc;

	assert_int_equal(file_private_dir(dir, err), 0);
	snprintf(path, sizeof(path), "%s/parts.yaml", dir);
	assert_int_equal(file_write(path, text, strlen(text), err), 0);
	rc = parts_load(parts, path, NULL, err);
	file_remove_tree(dir);
	return rc;
}

static void test_file(void **state)
{
	struct parts *parts;
	struct err err;

	(void)state;
	assert_int_equal(load("parts:\n"
			      "  - {part: view, own: true, functions: [\"a.*\", b]}\n"
			      "  - {part: rest, otherwise: true, whole: [c]}\n",
			     &parts, &err),
	    0);
	assert_int_equal(parts->parts_count, 2);
	assert_string_equal(parts->parts[0].name, "view");
	assert_true(parts->parts[0].own && !parts->parts[0].otherwise);
	assert_int_equal(parts->parts[0].functions_count, 2);
	assert_string_equal(parts->parts[1].whole[0], "c");
	parts_free(parts);
	assert_int_equal(parts_load(&parts, "/nonexistent/parts.yaml", NULL, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "/nonexistent/parts.yaml"));
	parts_free(NULL);
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
	    {"parts:\n  - {part: a}\n", "nothing belongs to 'a'"},
	    {"parts:\n  - {part: a, own: true}\n  - {part: a, own: true}\n", "'a' is there twice"},
	    {"parts:\n  - {part: \"\", own: true}\n", "1 to"},
	    {"parts:\n  - {part: a, kernel: true}\n  - {part: b, kernel: true}\n", "'kernel'"},
	    {"parts:\n  - {part: a, otherwise: true}\n  - {part: b, otherwise: true}\n", "'otherwise'"},
	    {"parts:\n  - {part: a, owns: true}\n", "unknown key 'owns'"},
	    {"parts: []\n", "parts"},
	};
	struct parts *parts;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(load(cases[i].text, &parts, &err), -EINVAL);
		if (!strstr(err.msg, cases[i].message))
			fail_msg("'%s' does not say '%s'", err.msg, cases[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
