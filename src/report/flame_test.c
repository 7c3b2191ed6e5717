// SPDX-License-Identifier: GPL-3.0-or-later
/* Folded stacks and the flame graph, with names that want to be more than names. */
#include "base/unittest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/flame.h"
#include "report/folded.h"

static const char hostile[] = "a<script>alert(1)</script>&\"';b\n]]>\x01\xff\xc3\xa9";

/* A report of `n` results with two stacks each. */
static void make_report(struct report *report, int n)
{
	static const struct step nothing = {.n_processes = 0};

	*report = (struct report){0};
	for (int i = 0; i < n; i++) {
		struct result *r = report_add_result(report);
		struct frame f = {.kind = FRAME_JIT, .function = hostile, .module = "<m>"};
		uint32_t path[2];
		struct stacks s;

		assert_non_null(r);
		r->name = strdup(i ? "second;<row>" : "first");
		assert_int_equal(stacks_init(&s), 0);
		path[0] = (uint32_t)stacks_frame(&s, &f);
		f = (struct frame){
		    .kind = FRAME_PYTHON, .function = "django.urls.resolvers.resolve", .module = "/x.py"};
		path[1] = (uint32_t)stacks_frame(&s, &f);
		stacks_add(&s, stacks_component(&s, "app"), path, 2, 30);
		stacks_add(&s, stacks_component(&s, "app"), path, 1, 10);
		assert_int_equal(function_profile_new(&r->functions, &s, NULL, &nothing, &nothing), 0);
	}
}

static char *write_flame(const struct report *report)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(flame_write(report, out), 0);
	fclose(out);
	return text;
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (text = strstr(text, what); text; text = strstr(text + 1, what))
		n++;
	return n;
}

static void test_folded(void **state)
{
	struct report report;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	make_report(&report, 1);
	folded_write(&report, out);
	fclose(out);
	/* a line each; what would end a frame or a line is replaced */
	assert_int_equal(count(text, "\n"), 2);
	assert_non_null(strstr(text,
	    "app;a<script>alert(1)</script>&\"':b?]]>?\xff\xc3\xa9 [<m>];django.urls.resolvers.resolve 30\n"));
	assert_non_null(strstr(text, "[<m>] 10\n"));
	free(text);
	report_release(&report);
	make_report(&report, 2);
	out = open_memstream(&text, &len);
	folded_write(&report, out);
	fclose(out);
	assert_int_equal(count(text, "\n"), 4);
	assert_int_equal(count(text, "first;app;"), 2);
	assert_int_equal(count(text, "second:<row>;app;"), 2);
	free(text);
	report_release(&report);
}

static void test_escaping(void **state)
{
	struct report report;
	char *text;

	(void)state;
	make_report(&report, 1);
	text = write_flame(&report);
	/* the only script is ours, and ends where it ends */
	assert_int_equal(count(text, "<script"), 1);
	assert_int_equal(count(text, "</script>"), 1);
	assert_int_equal(count(text, "]]>"), 1);
	assert_null(strstr(text, "alert(1)</"));
	assert_non_null(strstr(text,
	    "a&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;;b?]]&gt;??\xc3\xa9 [&lt;m&gt;]: 40 samples, 100.00%"));
	assert_null(strstr(text, "\x01"));
	assert_null(strstr(text, "\xff"));
	assert_null(strstr(text, "nan"));
	/* all, app, and two functions; tags are balanced */
	assert_int_equal(count(text, "<g"), 4);
	assert_int_equal(count(text, "</g>"), 4);
	assert_int_equal(count(text, "<title>"), count(text, "</title>"));
	assert_non_null(strstr(text, "django.urls.resolvers.resolve: 30 samples, 75.00%"));
	free(text);
	report_release(&report);
}

static void test_shapes(void **state)
{
	struct report report;
	char *text;

	(void)state;
	make_report(&report, 2);
	text = write_flame(&report);
	assert_int_equal(count(text, "<g"), 9);
	assert_non_null(strstr(text, "second;&lt;row&gt;: 40 samples, 50.00%"));
	free(text);
	report_release(&report);
	/* nothing at all is a picture, too */
	make_report(&report, 0);
	text = write_flame(&report);
	assert_int_equal(count(text, "</svg>"), 1);
	free(text);
	report_release(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_folded),
	    cmocka_unit_test(test_escaping),
	    cmocka_unit_test(test_shapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
