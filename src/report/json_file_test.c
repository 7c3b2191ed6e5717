// SPDX-License-Identifier: GPL-3.0-or-later
/* Files at their limit and beyond it, and what is no file of JSON. */
#include "report/json_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/unittest.h"

enum { BYTES_MAX = 3000 }; /* of which jansson asks for some at a time */

/* Reads a list with a text that makes the whole so long. */
static json_t *read_list(size_t len, struct err *err)
{
	char *text = malloc(len + 1);
	json_t *json;
	FILE *in;

	assert_non_null(text);
	memset(text, 'x', len);
	memcpy(text, "[\"", 2);
	memcpy(text + len - 2, "\"]", 2);
	text[len] = '\0';
	in = fmemopen(text, len, "r");
	assert_non_null(in);
	json = json_file_read(in, "a.json", BYTES_MAX, err);
	fclose(in);
	free(text);
	return json;
}

static void reads_up_to_its_limit(void **state)
{
	static const size_t lengths[] = {4, 1023, 1024, 1025, BYTES_MAX - 1, BYTES_MAX};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		json_t *json = read_list(lengths[i], NULL);

		assert_non_null(json);
		assert_int_equal(json_string_length(json_array_get(json, 0)), lengths[i] - 4);
		json_decref(json);
	}
}

static void refuses_what_is_longer(void **state)
{
	static const size_t lengths[] = {BYTES_MAX + 1, BYTES_MAX + 2, 3 * BYTES_MAX};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		assert_null(read_list(lengths[i], &err));
		assert_string_equal(err.msg, "'a.json' is too large: at most 0 MiB are read");
	}
}

/* White space after it counts, too: a pipe may have no end. */
static void refuses_an_endless_rest(void **state)
{
	char text[BYTES_MAX + 1];
	struct err err;
	FILE *in;

	(void)state;
	memset(text, ' ', sizeof(text));
	text[0] = '{';
	text[1] = '}';
	in = fmemopen(text, sizeof(text), "r");
	assert_non_null(in);
	assert_null(json_file_read(in, "-", BYTES_MAX, &err));
	assert_non_null(strstr(err.msg, "too large"));
	fclose(in);
}

static void says_what_is_wrong(void **state)
{
	char twice[] = "{\"a\": 1,\n \"a\": 2}";
	struct err err;
	FILE *in = fopen("/", "re");

	(void)state;
	assert_non_null(in);
	assert_null(json_file_read(in, "/", BYTES_MAX, &err));
	assert_string_equal(err.msg, "cannot read '/': Is a directory");
	fclose(in);
	in = fmemopen(twice, strlen(twice), "r");
	assert_non_null(in);
	assert_null(json_file_read(in, "b.json", BYTES_MAX, &err));
	assert_ptr_equal(strstr(err.msg, "cannot read 'b.json': line 2: "), err.msg);
	fclose(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_up_to_its_limit),
	    cmocka_unit_test(refuses_what_is_longer),
	    cmocka_unit_test(refuses_an_endless_rest),
	    cmocka_unit_test(says_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
