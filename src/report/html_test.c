// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/html.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/unittest.h"

static const char page[] = "<p>" HTML_POLICY "</p>" HTML_MARK "<p>" HTML_POLICY "</p>";
static const char head[] = "<p>" HTML_POLICY "</p><script type=\"application/json\" id=\"data\">";
static const char tail[] = "</script><p>" HTML_POLICY "</p>";

/* What is between the tags, for free(). */
static char *filled(json_t *result, const char *source)
{
	json_t *data = json_object();
	char *text = NULL, *inner;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct err err;

	assert_int_equal(html_add_result(data, source, result, &err), 0);
	assert_int_equal(html_fill(page, strlen(page), data, out, &err), 0);
	fclose(out);
	json_decref(data);
	json_decref(result);
	assert_memory_equal(text, head, strlen(head));
	assert_string_equal(text + len - strlen(tail), tail);
	inner = strndup(text + strlen(head), len - strlen(head) - strlen(tail));
	free(text);
	return inner;
}

static void test_nothing_ends_the_element(void **state)
{
	static const char *const hostile[] = {"</script><img src=x onerror=alert(1)>", "<!--<script>",
	    "</SCRIPT >", "<", "<<<", "a<b", HTML_MARK, "\xe2\x80\xa8", "\\u003c</", "]]>"};

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		char *inner =
		    filled(json_pack("{s: s, s: [s]}", hostile[i], "x", "name", hostile[i]), hostile[i]);
		json_t *back = json_loads(inner, 0, NULL), *run;

		assert_null(strchr(inner, '<'));
		assert_non_null(back);
		run = json_array_get(json_object_get(back, "runs"), 0);
		assert_string_equal(json_string_value(json_object_get(run, "source")), hostile[i]);
		assert_string_equal(json_string_value(json_array_get(
					json_object_get(json_object_get(run, "result"), "name"), 0)),
		    hostile[i]);
		json_decref(back);
		free(inner);
	}
}

static void test_values_are_the_same(void **state)
{
	char *inner =
	    filled(json_pack("{s: f, s: n, s: b}", "third", 1.0 / 3, "unknown", "yes", 1), "\xff.json");
	json_t *back = json_loads(inner, 0, NULL);
	json_t *run = json_array_get(json_object_get(back, "runs"), 0);

	(void)state;
	assert_true(json_real_value(json_object_get(json_object_get(run, "result"), "third")) == 1.0 / 3);
	assert_string_equal(json_string_value(json_object_get(run, "source")), "a file");
	json_decref(back);
	free(inner);
}

static void test_failures(void **state)
{
	json_t *data = json_object();
	FILE *full = fopen("/dev/full", "w");
	struct err err;

	(void)state;
	assert_int_equal(html_fill("no mark", 7, data, full, &err), -EPROTO);
	assert_non_null(strstr(err.msg, "no place for the data"));
	assert_int_equal(html_fill(page, strlen(page), data, full, &err), -EIO);
	assert_non_null(strstr(err.msg, "No space left"));
	fclose(full);
	json_decref(data);
}

/* Only the page that is served may ask for more, and only where it came from. */
static void test_policy(void **state)
{
	static const char live_head[] = "<p>" HTML_POLICY_LIVE "</p><script";
	json_t *data = json_pack("{s: {}}", "live");
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct err err;

	(void)state;
	assert_int_equal(html_fill(page, strlen(page), data, out, &err), 0);
	fclose(out);
	assert_memory_equal(text, live_head, strlen(live_head));
	assert_string_equal(text + len - strlen(tail), tail);
	free(text);
	assert_int_equal(html_fill(HTML_MARK, strlen(HTML_MARK), data, stdout, &err), -EPROTO);
	json_decref(data);
}

static void test_built_in_page(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	json_t *data = json_object();
	struct err err;
	int rc = html_write(data, out, &err);

	(void)state;
	fclose(out);
	if (html_is_built_in()) {
		assert_int_equal(rc, 0);
		assert_non_null(strstr(text, "default-src 'none'; script-src 'sha256-"));
		assert_non_null(strstr(text, "; " HTML_POLICY ";"));
		assert_non_null(strstr(text, "<script type=\"application/json\" id=\"data\">{}</script>"));
	} else {
		assert_int_equal(rc, -ENOSYS);
		assert_non_null(strstr(err.msg, "install nodejs and npm"));
	}
	json_decref(data);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing_ends_the_element),
	    cmocka_unit_test(test_values_are_the_same),
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_policy),
	    cmocka_unit_test(test_built_in_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
