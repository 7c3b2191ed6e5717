// SPDX-License-Identifier: GPL-3.0-or-later
/* What is read of an interpreter, on objects that are made up in our own memory. */
#include "base/unittest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "observe/python.h"

/* A string as Python 3.11 has it: its characters begin at 48, or at 72 if they are not ASCII. */
struct string {
	uint64_t references, type, length, hash;
	uint32_t state, unused;
	char rest[512];
};

static void set_string(struct string *s, const void *characters, size_t n, uint32_t width, bool ascii)
{
	memset(s, 0, sizeof(*s));
	s->length = n;
	s->state = width << 2 | 1U << 5 | (ascii ? 1U << 6 : 0);
	memcpy((char *)s + (ascii ? 48 : 72), characters, n * width);
}

struct code {
	uint64_t references, type;
	char between[96];
	uint64_t file, name, qualified_name; /* at 112 */
};

static const unsigned long v3_11 = 0x030b02f0;

static void test_code(void **state)
{
	struct python python;
	struct string file, name;
	struct code code = {.type = 0x1234};
	struct python_code read;
	uint64_t at = (uint64_t)(uintptr_t)&code;

	(void)state;
	assert_int_equal(offsetof(struct code, file), 112);
	assert_int_equal(python_layout_of(&python, v3_11, 0x1000), 0);
	python.code_type = 0x1234;
	set_string(&file, "/srv/app.py", 11, 1, true);
	set_string(&name, "View.get", 8, 1, true);
	code.file = (uint64_t)(uintptr_t)&file;
	code.qualified_name = (uint64_t)(uintptr_t)&name;
	assert_int_equal(python_read_code(getpid(), &python, at, &read), 0);
	assert_string_equal(read.name, "View.get");
	assert_string_equal(read.file, "/srv/app.py");
	/* characters of one, two and four bytes */
	set_string(&name, "caf\xe9", 4, 1, false);
	assert_int_equal(python_read_code(getpid(), &python, at, &read), 0);
	assert_string_equal(read.name, "caf\xc3\xa9");
	set_string(&name, (uint16_t[]){'a', 0x20ac}, 2, 2, false);
	assert_int_equal(python_read_code(getpid(), &python, at, &read), 0);
	assert_string_equal(read.name, "a\xe2\x82\xac");
	set_string(&name, (uint32_t[]){0x1f40d}, 1, 4, false);
	assert_int_equal(python_read_code(getpid(), &python, at, &read), 0);
	assert_string_equal(read.name, "\xf0\x9f\x90\x8d");
	/* what claims to be longer than it can be is cut */
	set_string(&name, "x", 1, 1, true);
	memset((char *)&name + 48, 'x', sizeof(name) - 48);
	name.length = 1 << 20;
	assert_int_equal(python_read_code(getpid(), &python, at, &read), 0);
	assert_int_equal(strlen(read.name), PYTHON_NAME_MAX - 1);
}

static void test_what_is_no_code(void **state)
{
	struct python python;
	struct code code = {.type = 0x1234};
	struct python_code read;

	(void)state;
	assert_int_equal(python_layout_of(&python, v3_11, 0x1000), 0);
	python.code_type = 0x4321;
	assert_int_equal(python_read_code(getpid(), &python, (uint64_t)(uintptr_t)&code, &read), -EFAULT);
	python.code_type = 0x1234; /* but its strings are nowhere */
	assert_int_equal(python_read_code(getpid(), &python, (uint64_t)(uintptr_t)&code, &read), -EFAULT);
	assert_int_equal(python_read_code(getpid(), &python, 8, &read), -EFAULT);
}

static void test_versions(void **state)
{
	struct python python;

	(void)state;
	assert_int_equal(python_layout_of(&python, v3_11, 0x1000), 0);
	assert_int_equal(python.minor, 11);
	assert_int_equal(python.layout.current_thread, 0x1000 + 576);
	assert_int_equal(python_layout_of(&python, 0x030d00f0, 0x1000), 0);
	assert_int_equal(python.layout.current_thread, 0);
	assert_int_equal(python_layout_of(&python, 0x030a00f0, 0x1000), -ENOTSUP);
	assert_int_equal(python_layout_of(&python, 0x040b00f0, 0x1000), -ENOTSUP);
	assert_int_equal(python.major, 4);
}

static void test_names(void **state)
{
	static const struct {
		const char *file, *name, *full;
		bool own;
	} cases[] = {
	    {"/usr/lib/python3/dist-packages/django/urls/resolvers.py", "URLResolver.resolve",
		"django.urls.resolvers.URLResolver.resolve", false},
	    {"/venv/lib/python3.12/site-packages/flask/__init__.py", "f", "flask.f", false},
	    {"/usr/lib/python3.11/json/encoder.py", "JSONEncoder.encode", "json.encoder.JSONEncoder.encode",
		false},
	    {"<frozen importlib._bootstrap>", "_find", "importlib._bootstrap._find", false},
	    {"<string>", "<module>", "<string>.<module>", false},
	    {"/srv/shop/views.py", "hello.<locals>.inner", "views.hello.<locals>.inner", true},
	    {"/srv/shop/__init__.py", "f", "shop.f", true},
	    {"app.py", "f", "app.f", true},
	    /* what a template was made into is not what somebody wrote in Python */
	    {"/srv/templates/name.html", "root", "name.html.root", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct python_code code;
		char text[600];
		bool own;

		snprintf(code.file, sizeof(code.file), "%s", cases[i].file);
		snprintf(code.name, sizeof(code.name), "%s", cases[i].name);
		python_full_name(&code, text, sizeof(text), &own);
		assert_string_equal(text, cases[i].full);
		assert_int_equal(own, cases[i].own);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_code),
	    cmocka_unit_test(test_what_is_no_code),
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
