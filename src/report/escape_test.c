// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/escape.h"

#include <stdlib.h>
#include <string.h>

#include "base/unittest.h"

typedef void escaper(const char *text, FILE *out);

static void becomes(escaper *escape, const char *text, const char *expected)
{
	char *escaped = NULL;
	size_t len;
	FILE *out = open_memstream(&escaped, &len);

	escape(text, out);
	fclose(out);
	assert_string_equal(escaped, expected);
	free(escaped);
}

static void test_xml(void **state)
{
	(void)state;
	becomes(
	    escape_xml, "<a href=\"x\">'&'</a>", "&lt;a href=&quot;x&quot;&gt;&apos;&amp;&apos;&lt;/a&gt;");
	becomes(escape_xml, "]]><!--", "]]&gt;&lt;!--");
	becomes(escape_xml, "a\x01\x1b[31m\nb", "a??[31m?b");
}

static void test_markdown(void **state)
{
	(void)state;
	becomes(escape_markdown, "a|b\n# c", "a&#124;b?&#35; c");
	becomes(escape_markdown, "<script>[x](http://e)", "&lt;script&gt;&#91;x&#93;(http&#58;//e)");
	becomes(escape_markdown, "**`_~!@$\\", "&#42;&#42;&#96;&#95;&#126;&#33;&#64;&#36;&#92;");
}

static void test_label(void **state)
{
	(void)state;
	becomes(escape_label, "a\"} 1\nup 1\\", "a\\\"} 1?up 1\\\\");
}

static void test_csv(void **state)
{
	(void)state;
	becomes(escape_csv, "plain", "plain");
	becomes(escape_csv, "a,b", "\"a,b\"");
	becomes(escape_csv, "say \"x\"", "\"say \"\"x\"\"\"");
	becomes(escape_csv, "=cmd()", "\"'=cmd()\"");
	becomes(escape_csv, "a\r\nb", "\"a??b\"");
}

static void test_utf8(void **state)
{
	static const char *const broken[] = {"\xff", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
	    "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xef\xbf\xbf"};

	(void)state;
	becomes(escape_line, "h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
	    "h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
	/* a control character of UTF-8's own: CSI */
	becomes(escape_line,
	    "a\xc2\x9b"
	    "31m",
	    "a?31m");
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		char expected[8] = {0};

		memset(expected, '?', strlen(broken[i]));
		becomes(escape_line, broken[i], expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_xml),
	    cmocka_unit_test(test_markdown),
	    cmocka_unit_test(test_label),
	    cmocka_unit_test(test_csv),
	    cmocka_unit_test(test_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
