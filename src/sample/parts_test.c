// SPDX-License-Identifier: GPL-3.0-or-later
/* Stacks and the parts that they belong to. */
#include "base/unittest.h"

#include <stdio.h>
#include <string.h>

#include "sample/parts.h"

static uint32_t frame(struct stacks *s, enum frame_kind kind, const char *function, bool own)
{
	struct frame f = {.kind = kind, .function = function, .module = "m", .own = own};
	int i = stacks_frame(s, &f);

	assert_true(i >= 0);
	return (uint32_t)i;
}

static void test_stacks(void **state)
{
	struct stacks s;
	uint32_t deep[STACK_DEPTH_MAX + 10], path[3];
	const uint32_t *at;
	size_t n;
	unsigned component;
	uint64_t count;
	char long_name[2000], name[16];

	(void)state;
	assert_int_equal(stacks_init(&s), 0);
	assert_int_equal(stacks_count(&s), 0);
	assert_int_equal(stacks_component(&s, "nginx"), 0);
	assert_int_equal(stacks_component(&s, "uwsgi"), 1);
	assert_int_equal(stacks_component(&s, "nginx"), 0);
	path[0] = frame(&s, FRAME_PYTHON, "a", true);
	path[1] = frame(&s, FRAME_KERNEL, "a", false);
	path[2] = frame(&s, FRAME_PYTHON, "a", true);
	assert_int_equal(path[0], path[2]);
	assert_int_not_equal(path[0], path[1]);
	assert_true(stacks_frame_at(&s, path[0]).own);
	assert_int_equal(stacks_frame_at(&s, path[1]).kind, FRAME_KERNEL);
	assert_string_equal(stacks_frame_at(&s, path[1]).module, "m");
	/* equal paths are one, of each component */
	stacks_add(&s, 0, path, 3, 5);
	stacks_add(&s, 1, path, 3, 1);
	stacks_add(&s, 0, path, 2, 1);
	stacks_add(&s, 0, path, 3, 2);
	assert_int_equal(stacks_count(&s), 3);
	assert_int_equal(s.samples, 9);
	at = stacks_at(&s, 0, &n, &component, &count);
	assert_int_equal(n, 3);
	assert_int_equal(component, 0);
	assert_int_equal(count, 7);
	assert_memory_equal(at, path, sizeof(path));
	/* of one that is too deep the inner end stays */
	for (size_t i = 0; i < ARRAY_SIZE(deep); i++) {
		snprintf(name, sizeof(name), "f%zu", i);
		deep[i] = frame(&s, FRAME_NATIVE, name, false);
	}
	stacks_add(&s, 0, deep, ARRAY_SIZE(deep), 1);
	at = stacks_at(&s, 3, &n, &component, &count);
	assert_int_equal(n, STACK_DEPTH_MAX);
	assert_int_equal(at[n - 1], deep[ARRAY_SIZE(deep) - 1]);
	/* a name that is too long is cut, not refused */
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_in_range(
	    strlen(stacks_frame_at(&s, frame(&s, FRAME_NATIVE, long_name, false)).function), 100, 600);
	stacks_release(&s);
	stacks_release(&s);
}

static struct part rules[] = {
    {.name = (char[]){"gateway"},
	.functions = (char *[]){(char[]){"uwsgi_*"}},
	.functions_count = 1,
	.otherwise = true},
    {.name = (char[]){"kernel"}, .kernel = true},
    {.name = (char[]){"urls"},
	.functions = (char *[]){(char[]){"django.urls.*"}, (char[]){"*.Router.*match"}},
	.functions_count = 2},
    {.name = (char[]){"middleware"},
	.functions = (char *[]){(char[]){"mw.*"}},
	.functions_count = 1,
	.whole = (char *[]){(char[]){"mw.*.process_*"}},
	.whole_count = 1},
    {.name = (char[]){"view"}, .own = true},
};

static const struct parts parts = {.parts = rules, .parts_count = ARRAY_SIZE(rules)};

static int part_of_name(const char *name, bool own)
{
	struct frame f = {.kind = FRAME_PYTHON, .function = name, .module = "", .own = own};

	return parts_of_frame(&parts, &f).part;
}

static void test_patterns(void **state)
{
	(void)state;
	assert_int_equal(part_of_name("uwsgi_request", false), 0);
	assert_int_equal(part_of_name("uwsgi", false), -1);
	assert_int_equal(part_of_name("django.urls.resolvers.f", false), 2);
	assert_int_equal(part_of_name("xdjango.urls.f", false), -1);
	assert_int_equal(part_of_name("a.Router.match", false), 2);
	assert_int_equal(part_of_name("a.Router.match.Router.rematch", false), 2);
	assert_int_equal(part_of_name("a.Router.matches", false), -1);
	assert_int_equal(part_of_name("app.hello", true), 4);
	assert_int_equal(part_of_name("app.hello", false), -1);
	assert_int_equal(part_of_name("", false), -1);
}

/* The part of a stack that is written down from the outside in; a name that begins with ! is the kernel's, with . the application's. */
static int part_of_path(const char *const *names, size_t n, bool *by_frame)
{
	struct part_of of_frame[32];
	uint32_t path[16];
	struct stacks s;
	int part;

	assert_int_equal(stacks_init(&s), 0);
	for (size_t i = 0; i < n; i++) {
		bool own = names[i][0] == '.', kernel = names[i][0] == '!';

		path[i] = frame(&s, kernel ? FRAME_KERNEL : FRAME_PYTHON, names[i] + (own || kernel), own);
	}
	for (size_t i = 0; i < intern_count(s.names); i++) {
		struct frame f = stacks_frame_at(&s, i);

		of_frame[i] = parts_of_frame(&parts, &f);
	}
	part = parts_of_stack(&parts, &s, of_frame, path, n, by_frame);
	stacks_release(&s);
	return part;
}

#define PART_OF(...)  \
	part_of_path( \
	    (const char *const[]){__VA_ARGS__}, ARRAY_SIZE(((const char *const[]){__VA_ARGS__})), &by_frame)

static void test_stacks_of_parts(void **state)
{
	bool by_frame;

	(void)state;
	/* the innermost one that belongs to any */
	assert_int_equal(PART_OF("mw.a", "mw.b", "django.urls.f", "re.match"), 2);
	assert_int_equal(PART_OF("mw.a", "mw.b", ".app.hello", "json.dumps"), 4);
	assert_true(by_frame);
	assert_int_equal(PART_OF("mw.a", "other.f"), 3);
	/* one that takes all with it, even the kernel's work */
	assert_int_equal(PART_OF("mw.a", "mw.b.process_request", "django.urls.f", ".app.hello"), 3);
	assert_int_equal(PART_OF("mw.a", "mw.b.process_request", "!read"), 3);
	assert_int_equal(PART_OF("mw.a", ".app.hello", "!read"), 4);
	/* nobody's */
	assert_int_equal(PART_OF("!read"), 1);
	assert_false(by_frame);
	assert_int_equal(PART_OF("write", "!ksys_write"), 1);
	assert_int_equal(PART_OF("main", "other"), 0);
	assert_false(by_frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stacks),
	    cmocka_unit_test(test_patterns),
	    cmocka_unit_test(test_stacks_of_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
