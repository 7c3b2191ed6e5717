// SPDX-License-Identifier: GPL-3.0-or-later
/* Requests by fastcgi, uwsgi and scgi: their variables, their encoding, and back again in every split. */
#include <errno.h>
#include <stdio.h>

#include "base/unittest.h"
#include "codec/cgi_params.h"
#include "codec/request.h"
#include "codec/splits.h"

static const enum protocol gateways[] = {PROTOCOL_FASTCGI, PROTOCOL_UWSGI, PROTOCOL_SCGI};

/* All variables as lines of NAME=VALUE. */
struct lines {
	struct cgi_sink sink;
	char text[4096];
};

static void put_line(
    struct cgi_sink *sink, const char *name, size_t name_len, const char *value, size_t value_len)
{
	struct lines *lines = (struct lines *)sink;
	size_t used = strlen(lines->text);

	snprintf(lines->text + used, sizeof(lines->text) - used, "%.*s=%.*s\n", (int)name_len, name,
	    (int)value_len, value);
}

static const char *variables(enum protocol protocol, const struct request_spec *spec)
{
	static struct lines lines;
	struct err err;

	lines = (struct lines){.sink.put = put_line};
	if (cgi_params_put(spec, protocol, &lines.sink, &err))
		fail_msg("%s", err.msg);
	return lines.text;
}

static void the_variables_of_each_protocol(void **state)
{
	static const struct request_spec spec = {.path = "/a%20b?x=%20", .host = "Example.org:8080"};

	(void)state;
	assert_string_equal(variables(PROTOCOL_UWSGI, &spec),
	    "QUERY_STRING=x=%20\nREQUEST_METHOD=GET\nCONTENT_TYPE=\nCONTENT_LENGTH=\nREQUEST_URI=/a%20b?x=%20\n"
	    "PATH_INFO=/a b\nSERVER_NAME=example.org\nHTTP_HOST=example.org\n"
	    "DOCUMENT_ROOT=/usr/share/nginx/html\nSERVER_PROTOCOL=HTTP/1.1\nREQUEST_SCHEME=http\n"
	    "REMOTE_ADDR=127.0.0.1\nREMOTE_PORT=49152\nSERVER_PORT=80\nHTTP_USER_AGENT=maxq\n");
	assert_string_equal(variables(PROTOCOL_SCGI, &spec),
	    "CONTENT_LENGTH=0\nSCGI=1\nQUERY_STRING=x=%20\nREQUEST_METHOD=GET\nCONTENT_TYPE=\n"
	    "REQUEST_URI=/a%20b?x=%20\nPATH_INFO=/a b\nDOCUMENT_URI=/a b\nSERVER_NAME=example.org\n"
	    "HTTP_HOST=example.org\nDOCUMENT_ROOT=/usr/share/nginx/html\nSERVER_PROTOCOL=HTTP/1.1\n"
	    "REQUEST_SCHEME=http\nREMOTE_ADDR=127.0.0.1\nREMOTE_PORT=49152\nSERVER_PORT=80\n"
	    "HTTP_USER_AGENT=maxq\n");
	assert_string_equal(variables(PROTOCOL_FASTCGI, &spec),
	    "QUERY_STRING=x=%20\nREQUEST_METHOD=GET\nCONTENT_TYPE=\nCONTENT_LENGTH=\nSCRIPT_NAME=/a b\n"
	    "REQUEST_URI=/a%20b?x=%20\nPATH_INFO=/a b\nDOCUMENT_URI=/a b\nSERVER_NAME=example.org\n"
	    "HTTP_HOST=example.org\nDOCUMENT_ROOT=/usr/share/nginx/html\nSERVER_PROTOCOL=HTTP/1.1\n"
	    "REQUEST_SCHEME=http\nGATEWAY_INTERFACE=CGI/1.1\nSERVER_SOFTWARE=maxq/" MAXQ_VERSION "\n"
	    "REMOTE_ADDR=127.0.0.1\nREMOTE_PORT=49152\nREMOTE_USER=\nSERVER_ADDR=127.0.0.1\nSERVER_PORT=80\n"
	    "REDIRECT_STATUS=200\nHTTP_USER_AGENT=maxq\n");
}

static void headers_and_parameters(void **state)
{
	static const char *const headers[] = {
	    "X-One:  1 ", "host: [::1]:80", "content-type: text/html", "user-agent: me"};
	static const char *const params[] = {
	    "SCRIPT_FILENAME=/x.php", "SERVER_PORT=81", "PATH_INFO=", "A=b=c"};
	static const char *const wanted[] = {"\nHTTP_X_ONE=1 \n", "\nHTTP_HOST=[::1]\n",
	    "\nSERVER_NAME=[::1]\n", "\nCONTENT_TYPE=text/html\n", "\nHTTP_CONTENT_TYPE=text/html\n",
	    "\nHTTP_USER_AGENT=me\n", "\nSCRIPT_FILENAME=/x.php\n", "\nSERVER_PORT=81\n", "\nPATH_INFO=\n",
	    "\nA=b=c\n"};
	const char *text = variables(PROTOCOL_FASTCGI,
	    &(struct request_spec){.path = "/",
		.host = "h",
		.headers = headers,
		.n_headers = 4,
		.params = params,
		.n_params = 4});

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		const char *at = strstr(text, wanted[i]);

		if (!at)
			fail_msg("no '%s' in:\n%s", wanted[i], text);
		else if (strstr(at + 1, wanted[i]))
			fail_msg("'%s' twice", wanted[i]);
	}
	assert_null(strstr(text, "SERVER_PORT=80"));
	assert_null(strstr(text, "=maxq\n"));
	/* a length as the header says it, or as the body is */
	text = variables(PROTOCOL_SCGI,
	    &(struct request_spec){.method = "POST", .path = "/", .host = "h", .body = "abc", .body_len = 3});
	assert_int_equal(strncmp(text, "CONTENT_LENGTH=3\nSCGI=1\n", 24), 0);
	text = variables(PROTOCOL_UWSGI, &(struct request_spec){.method = "POST", .path = "/", .host = "h"});
	assert_non_null(strstr(text, "\nCONTENT_LENGTH=0\n"));
}

static void what_cannot_be_told(void **state)
{
	static const char *const bad_params[] = {"NONE", "=x", ""};
	static const char *const bad_header[] = {"A: \x01"};
	char name[400];
	const char *const long_header[] = {name};
	const struct request_spec specs[] = {
	    {.path = "/%00", .host = "h"},
	    {.path = "/", .host = "h", .params = bad_params, .n_params = 1},
	    {.path = "/", .host = "h", .params = bad_params + 1, .n_params = 1},
	    {.path = "/", .host = "h", .params = bad_params + 2, .n_params = 1},
	    {.path = "/", .host = "h", .headers = bad_header, .n_headers = 1},
	    {.path = "/", .host = "h", .headers = long_header, .n_headers = 1},
	    {.path = "/", .host = name},
	    {.path = "/", .host = "h", .params = bad_params, .n_params = 65},
	    {.method = "", .path = "/", .host = "h"},
	};
	uint8_t buf[8192];

	(void)state;
	memset(name, 'n', sizeof(name));
	memcpy(name + sizeof(name) - 3, ":1", 3);
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		for (size_t p = 0; p < ARRAY_SIZE(gateways); p++) {
			struct err err = {""};

			assert_int_equal(
			    request_encode(buf, sizeof(buf), gateways[p], &specs[i], &err), -EINVAL);
			assert_true(*err.msg);
		}
	}
}

struct run {
	size_t len;
	enum protocol protocol;
	enum codec_result result;
	const char *target, *body;
	bool is_head, reusable;
	size_t left_over;
	struct request request;
	struct body_spec spec;
	uint8_t copy[64];
	const char *name;
};

static void begin(void *context)
{
	struct run *run = context;

	memset(run->copy, 0, sizeof(run->copy));
	run->spec = (struct body_spec){.copy = run->copy, .copy_size = sizeof(run->copy) - 1};
	request_begin(&run->request, run->protocol, &run->spec);
}

static enum codec_result feed(void *context, const uint8_t *data, size_t len, size_t *used)
{
	struct run *run = context;

	return request_feed(&run->request, data, len, used);
}

static const char *why_bad(const struct request *request)
{
	switch (request->protocol) {
	case PROTOCOL_FASTCGI:
		return request->of.fastcgi.vars.why_bad;
	case PROTOCOL_UWSGI:
		return request->of.uwsgi.vars.why_bad;
	default:
		return request->of.scgi.vars.why_bad;
	}
}

static void end(void *context, enum codec_result result, size_t used)
{
	struct run *run = context;

	if (result != run->result)
		fail_msg("%s %s: result %d, wanted %d (%s)", protocol_name(run->protocol), run->name, result,
		    run->result, result == CODEC_BAD ? why_bad(&run->request) : "-");
	if (result == CODEC_BAD && !strstr(why_bad(&run->request), run->name))
		fail_msg("'%s' does not say '%s'", why_bad(&run->request), run->name);
	if (result != CODEC_DONE)
		return;
	assert_int_equal(run->len - used, run->left_over);
	assert_int_equal(run->request.target_len, strlen(run->target));
	assert_memory_equal(run->request.target, run->target, strlen(run->target));
	assert_int_equal(run->request.is_head, run->is_head);
	assert_int_equal(run->request.reusable, run->reusable);
	assert_string_equal((char *)run->copy, run->body);
}

static void split(struct run *run, const void *data, size_t len)
{
	struct split_test test = {.context = run, .begin = begin, .feed = feed, .end = end};

	run->len = len;
	split_every_way(&test, data, len);
}

/* What is encoded is decoded, with other bytes behind it that are left alone. */
static void there_and_back(void **state)
{
	static char long_value[300] = "X-Long: ";
	const char *const headers[] = {long_value, "X-Empty:"};
	const struct request_spec specs[] = {
	    {.path = "/hello?x=1", .host = "h"},
	    {.method = "HEAD", .path = "/", .host = "h", .close = true},
	    {.method = "POST",
		.path = "/p",
		.host = "h",
		.body = "abc",
		.body_len = 3,
		.headers = headers,
		.n_headers = 2},
	    {.method = "PUT", .path = "/e", .host = "h", .modifier1 = 7},
	};
	uint8_t buf[4096];

	(void)state;
	memset(long_value + 8, 'v', sizeof(long_value) - 9);
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		for (size_t p = 0; p < ARRAY_SIZE(gateways); p++) {
			struct run run = {.protocol = gateways[p],
			    .result = CODEC_DONE,
			    .target = specs[i].path,
			    .body = specs[i].body ? specs[i].body : "",
			    .is_head = i == 1,
			    .reusable = gateways[p] == PROTOCOL_FASTCGI && !specs[i].close,
			    .name = "there and back"};
			struct err err;
			int n = request_encode(buf, sizeof(buf), gateways[p], &specs[i], &err);

			if (n < 0)
				fail_msg("%s", err.msg);
			if (gateways[p] == PROTOCOL_UWSGI)
				assert_int_equal(buf[0], specs[i].modifier1);
			split(&run, buf, (size_t)n);
			run.left_over = 2;
			buf[n] = buf[n + 1] = 1;
			split(&run, buf, (size_t)n + 2);
		}
	}
}

/* Every size that is too small is refused, and nothing is written beyond it. */
static void too_small_a_buffer(void **state)
{
	static const struct request_spec spec = {.path = "/", .host = "h", .body = "abc", .body_len = 3};

	(void)state;
	for (size_t p = 0; p < ARRAY_SIZE(gateways); p++) {
		uint8_t whole[1024];
		struct err err;
		int len = request_encode(whole, sizeof(whole), gateways[p], &spec, &err);

		assert_true(len > 0);
		for (size_t size = 0; size <= (size_t)len; size++) {
			uint8_t *exact = malloc(size + 1);
			int n;

			exact[size] = 'G';
			n = request_encode(exact, size, gateways[p], &spec, &err);
			assert_int_equal(n, size < (size_t)len ? -ENOBUFS : len);
			assert_int_equal(exact[size], 'G');
			free(exact);
		}
	}
}

static void large_requests(void **state)
{
	enum { BODY = 200000, LONG = 5000 };
	static char header[LONG + 8], params[14][LONG + 8];
	static uint8_t body[BODY];
	const char *const headers[] = {header};
	const char *list[14];
	struct request_spec spec = {.method = "POST",
	    .path = "/",
	    .host = "h",
	    .headers = headers,
	    .n_headers = 1,
	    .body = body,
	    .body_len = BODY,
	    .params = list};
	static const struct body_spec any;
	uint8_t *buf = malloc(request_size(BODY));
	struct err err;

	(void)state;
	snprintf(header, sizeof(header), "X: %0*d", LONG, 1);
	for (int i = 0; i < 14; i++) {
		snprintf(params[i], sizeof(params[i]), "P%d=%0*d", i, LONG, 1);
		list[i] = params[i];
	}
	for (size_t p = 0; p < ARRAY_SIZE(gateways); p++) {
		struct request request;
		size_t used;
		int n = request_encode(buf, request_size(BODY), gateways[p], &spec, &err);

		assert_true(n > BODY);
		if (gateways[p] == PROTOCOL_UWSGI)
			assert_true(
			    uwsgi_request_vars_len(buf) > LONG && uwsgi_request_vars_len(buf) < LONG + 500);
		request_begin(&request, gateways[p], &any);
		assert_int_equal(request_feed(&request, buf, (size_t)n, &used), CODEC_DONE);
		assert_int_equal(used, n);
	}
	/* more than uwsgi can say, and more than one record of fastcgi holds */
	spec.n_params = 14;
	assert_int_equal(request_encode(buf, request_size(BODY), PROTOCOL_UWSGI, &spec, &err), -ENOBUFS);
	assert_non_null(strstr(err.msg, "uwsgi has room for 65535, and uWSGI for 4096"));
	assert_true(request_encode(buf, request_size(BODY), PROTOCOL_FASTCGI, &spec, &err) > BODY + 75000);
	free(buf);
}

#define BAD(protocol_, bytes, why)                                  \
	{                                                           \
		protocol_, bytes, sizeof(bytes) - 1, CODEC_BAD, why \
	}
#define MORE(protocol_, bytes)                                      \
	{                                                           \
		protocol_, bytes, sizeof(bytes) - 1, CODEC_MORE, "" \
	}
#define BEGIN "\1\1\0\1\0\10\0\0\0\1\1\0\0\0\0\0"

static void requests_that_are_none(void **state)
{
	static const struct {
		enum protocol protocol;
		const char *bytes;
		size_t len;
		enum codec_result result;
		const char *why;
	} cases[] = {
	    BAD(PROTOCOL_FASTCGI, "GET / HTTP/1.1\r\n", "not a record"),
	    BAD(PROTOCOL_FASTCGI, "\1\1\0\1\0\7\0\0\0\1\1\0\0\0\0", "bad BEGIN_REQUEST"),
	    BAD(PROTOCOL_FASTCGI, "\1\1\0\0\0\10\0\0\0\1\1\0\0\0\0\0", "bad BEGIN_REQUEST"),
	    BAD(PROTOCOL_FASTCGI, "\1\1\0\1\0\10\0\0\0\2\1\0\0\0\0\0", "role"),
	    BAD(PROTOCOL_FASTCGI, BEGIN "\1\1\0\2\0\10\0\0\0\1\1\0\0\0\0\0", "before the end of another"),
	    BAD(PROTOCOL_FASTCGI, BEGIN "\1\4\0\1\0\0\0\0", "no REQUEST_URI"),
	    BAD(PROTOCOL_FASTCGI, BEGIN "\1\4\0\1\0\2\0\0\5\0\1\4\0\1\0\0\0\0", "middle of a variable"),
	    BAD(PROTOCOL_FASTCGI, BEGIN "\1\4\0\1\0\1\0\0\5\1\4\0\1\0\0\0\0", "middle of a variable"),
	    BAD(PROTOCOL_FASTCGI, BEGIN "\1\5\0\1\0\0\0\0", "STDIN before the end"),
	    BAD(PROTOCOL_FASTCGI, BEGIN "\1\2\0\1\0\0\0\0", "given up"),
	    BAD(PROTOCOL_FASTCGI, BEGIN "\1\6\0\1\0\0\0\0", "type that is not a request's"),
	    BAD(PROTOCOL_FASTCGI, BEGIN "\1\4\0\1\0\17\0\0\13\2REQUEST_URI/a\1\4\0\1\0\0\0\0\1\4\0\1\0\0\0\0",
		"after its end"),
	    MORE(PROTOCOL_FASTCGI, BEGIN "\1\4\0\2\0\0\0\0"),
	    /* variables without a name and without a value */
	    MORE(PROTOCOL_FASTCGI, BEGIN "\1\4\0\1\0\27\0\0\0\0\1\0A\0\1B\13\2REQUEST_URI/a\1\4\0\1\0\0\0\0"),
	    BAD(PROTOCOL_UWSGI, "\0\0\0\0", "no REQUEST_URI"),
	    BAD(PROTOCOL_UWSGI, "\0\1\0\0\5", "middle of one"),
	    BAD(PROTOCOL_UWSGI, "\0\4\0\0\5\0AB", "middle of one"),
	    BAD(PROTOCOL_UWSGI, "\0\4\0\0\2\0AB", "middle of one"),
	    BAD(PROTOCOL_UWSGI, "\0\6\0\0\1\0A\2\0B", "middle of one"),
	    BAD(PROTOCOL_UWSGI, "\0\4\0\0\0\0\0\0", "no REQUEST_URI"),
	    BAD(PROTOCOL_UWSGI, "\0\23\0\0\16\0CONTENT_LENGTH\1\0x", "not a number"),
	    BAD(PROTOCOL_UWSGI,
		"\0\45\0\0\16\0CONTENT_LENGTH\23\0"
		"1234567890123456789",
		"too long"),
	    BAD(PROTOCOL_SCGI, "GET / HTTP/1.1\r\n", "not a netstring"),
	    BAD(PROTOCOL_SCGI, ":", "not a netstring"),
	    BAD(PROTOCOL_SCGI, "1234567890:", "not a netstring"),
	    BAD(PROTOCOL_SCGI, "0:,", "no SCGI"),
	    BAD(PROTOCOL_SCGI, "7:SCGI\0001\0,", "is not CONTENT_LENGTH"),
	    BAD(PROTOCOL_SCGI, "17:CONTENT_LENGTH\0000\0,", "no SCGI"),
	    BAD(PROTOCOL_SCGI, "24:CONTENT_LENGTH\0000\0SCGI\0001\0,", "no REQUEST_URI"),
	    BAD(PROTOCOL_SCGI, "17:CONTENT_LENGTH\0000\0;", "without its comma"),
	    BAD(PROTOCOL_SCGI, "17:CONTENT_LENGTH\0x\0,", "not a number"),
	    BAD(PROTOCOL_SCGI, "15:CONTENT_LENGTH\0000\0,", "middle of one"),
	    BAD(PROTOCOL_SCGI, "34:CONTENT_LENGTH\0000\0CONTENT_LENGTH\0000\0,",
		"more than one CONTENT_LENGTH"),
	    BAD(PROTOCOL_SCGI, "3:ABC", "middle of one"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = {
		    .protocol = cases[i].protocol, .result = cases[i].result, .name = cases[i].why};

		split(&run, cases[i].bytes, cases[i].len);
	}
}

/* What END_REQUEST has to say about a request that is refused. */
static void refusals(void **state)
{
	static const struct body_spec any;
	struct fastcgi_request request;
	size_t used;

	(void)state;
	fastcgi_request_begin(&request, &any);
	assert_int_equal(
	    fastcgi_request_feed(&request, (const uint8_t *)"\1\1\0\3\0\10\0\0\0\2\1\0\0\0\0\0", 16, &used),
	    CODEC_BAD);
	assert_int_equal(request.refusal, FASTCGI_UNKNOWN_ROLE);
	assert_int_equal(request.id, 3);
	fastcgi_request_begin(&request, &any);
	assert_int_equal(fastcgi_request_feed(
			     &request, (const uint8_t *)BEGIN "\1\1\0\2\0\10\0\0\0\1\1\0\0\0\0\0", 32, &used),
	    CODEC_BAD);
	assert_int_equal(request.refusal, FASTCGI_CANT_MPX_CONN);
	assert_int_equal(request.id, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_variables_of_each_protocol),
	    cmocka_unit_test(headers_and_parameters),
	    cmocka_unit_test(what_cannot_be_told),
	    cmocka_unit_test(there_and_back),
	    cmocka_unit_test(too_small_a_buffer),
	    cmocka_unit_test(large_requests),
	    cmocka_unit_test(requests_that_are_none),
	    cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
