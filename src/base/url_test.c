// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/url.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/unittest.h"

static void good_urls(void **state)
{
	static const struct {
		const char *text, *formatted, *host_field;
	} cases[] = {
	    {"http://127.0.0.1:8080/hello", "http://127.0.0.1:8080/hello", "127.0.0.1:8080"},
	    {"http://localhost", "http://localhost:80/", "localhost"},
	    {"http://localhost?x=1", "http://localhost:80/?x=1", "localhost"},
	    {"http://[::1]:81/a?b#c", "http://[::1]:81/a?b", "[::1]:81"},
	    {"http://[::1]/", "http://[::1]:80/", "[::1]"},
	    {"https://example.org/a:b@c", "https://example.org:443/a:b@c", "example.org"},
	    {"http://unix:/run/app.sock:/hello", "http://unix:/run/app.sock:/hello", "localhost"},
	    {"uwsgi://unix:/run/app.sock:/hello?x", "uwsgi://unix:/run/app.sock:/hello?x", "localhost"},
	    {"http://unix:/run/app.sock", "http://unix:/run/app.sock:/", "localhost"},
	    {"http://unix:/run/app.sock:", "http://unix:/run/app.sock:/", "localhost"},
	    {"fastcgi://127.0.0.1:9000/", "fastcgi://127.0.0.1:9000/", "127.0.0.1:9000"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[URL_TEXT_MAX];
		struct url url;
		struct err err;

		if (url_parse(cases[i].text, &url, &err))
			fail_msg("%s: %s", cases[i].text, err.msg);
		url_format(&url, text, sizeof(text));
		assert_string_equal(text, cases[i].formatted);
		url_host_field(&url, text, sizeof(text));
		assert_string_equal(text, cases[i].host_field);
	}
}

static void bad_urls(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {"localhost:8080/", "did you mean 'http://localhost:8080/'"},
	    {"ftp://localhost/", "unknown scheme 'ftp'"},
	    {"://localhost/", "unknown scheme"},
	    {"http://", "no host"},
	    {"http:///path", "no host"},
	    {"http://:80/", "no host"},
	    {"http://h:0/", "bad port '0'"},
	    {"http://h:65536/", "bad port '65536'"},
	    {"http://h:99999999999999999999/", "bad port"},
	    {"http://h:/", "bad port ''"},
	    {"http://h:8o/", "bad port '8o'"},
	    {"http://::1/", "[::1]"},
	    {"http://[::1/", "[::1]"},
	    {"http://[::1]x/", "[::1]"},
	    {"http://user:secret@h/", "Authorization"},
	    {"user:secret@h:8080/x?token=secret", "did you mean 'http://h:8080/x'"},
	    {"ftp://user:secret@h/?secret", "'ftp://h/'"},
	    {"http://h:0/?token=secret", "in 'http://h:0/'"},
	    {"http://unix:relative?secret", "'http://unix:relative'"},
	    {"http://h:8o/#secret", "bad port '8o'"},
	    {"http://h/a b", "spaces"},
	    {"http://h/\r\nX: y", "control"},
	    {"uwsgi://localhost/", "no port"},
	    {"http://unix:relative.sock:/", "unix:/path"},
	    {"http://unix:/run/app.sock:hello", "begin with /"},
	};
	char long_path[4096] = "http://unix:/";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct url url = {.port = 77};
		struct err err;

		assert_int_equal(url_parse(cases[i].text, &url, &err), -EINVAL);
		assert_int_equal(url.port, 77);
		if (!strstr(err.msg, cases[i].why))
			fail_msg("%s: '%s' does not say '%s'", cases[i].text, err.msg, cases[i].why);
		/* a secret is not repeated to terminals and logs */
		assert_null(strstr(err.msg, "secret"));
	}
	memset(long_path + 13, 'x', 200);
	assert_int_equal(url_parse(long_path, &(struct url){0}, NULL), -EINVAL);
	snprintf(long_path, sizeof(long_path), "http://h/%03000d", 1);
	assert_int_equal(url_parse(long_path, &(struct url){0}, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_urls),
	    cmocka_unit_test(bad_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
