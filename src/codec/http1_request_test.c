// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/http1_request.h"

#include <errno.h>
#include <stdio.h>

#include "base/unittest.h"
#include "codec/splits.h"

struct wanted {
	const char *input;
	enum codec_result result;
	const char *target;
	bool reusable;
	const char *body;
	size_t left_over;
	bool is_head;
};

struct run {
	const struct wanted *wanted;
	struct http1_request request;
	struct body_spec spec;
	uint8_t copy[64];
};

static void begin(void *context)
{
	struct run *run = context;

	memset(run->copy, 0, sizeof(run->copy));
	run->spec = (struct body_spec){.copy = run->copy, .copy_size = sizeof(run->copy) - 1};
	http1_request_begin(&run->request, &run->spec);
}

static enum codec_result feed(void *context, const uint8_t *data, size_t len, size_t *used)
{
	struct run *run = context;

	return http1_request_feed(&run->request, data, len, used);
}

static void end(void *context, enum codec_result result, size_t used)
{
	struct run *run = context;
	const struct wanted *w = run->wanted;

	if (result != w->result)
		fail_msg("input '%s': result %d, wanted %d", w->input, result, w->result);
	if (result == CODEC_BAD)
		assert_non_null(run->request.head.why_bad);
	if (result != CODEC_DONE)
		return;
	assert_int_equal(strlen(w->input) - used, w->left_over);
	assert_int_equal(run->request.target_len, strlen(w->target));
	assert_memory_equal(run->request.target, w->target, strlen(w->target));
	assert_int_equal(run->request.reusable, w->reusable);
	assert_int_equal(run->request.is_head, w->is_head);
	assert_string_equal((char *)run->copy, w->body ? w->body : "");
}

static void requests_in(void **state)
{
	static const struct wanted cases[] = {
	    {"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", CODEC_DONE, "/hello", true},
	    {"GET /hello?x=1 HTTP/1.1\r\n\r\nGET ", CODEC_DONE, "/hello?x=1", true, NULL, 4},
	    {"\r\nHEAD / HTTP/1.1\r\nConnection: close\r\n\r\n", CODEC_DONE, "/", false, .is_head = true},
	    {"GET / HTTP/1.0\r\n\r\n", CODEC_DONE, "/", false},
	    {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", CODEC_DONE, "/", true},
	    {"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcd", CODEC_DONE, "/a", true, "abc", 1},
	    {"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", CODEC_DONE, "/a",
		true, "abc"},
	    {"POST /a HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", CODEC_BAD},
	    {"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", CODEC_BAD},
	    {"POST /a HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", CODEC_BAD},
	    {"GET /\r\n\r\n", CODEC_BAD},
	    {"GET  HTTP/1.1\r\n\r\n", CODEC_BAD},
	    {" / HTTP/1.1\r\n\r\n", CODEC_BAD},
	    {"GET / HTTP/2.0\r\n\r\n", CODEC_BAD},
	    {"GET / HTTP/1.1 \r\n\r\n", CODEC_BAD},
	    {"GET /hello HTTP/1.1\r\nHost: a\r\n", CODEC_MORE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = {.wanted = &cases[i]};
		struct split_test test = {.context = &run, .begin = begin, .feed = feed, .end = end};

		split_every_way(&test, (const uint8_t *)cases[i].input, strlen(cases[i].input));
	}
}

static void requests_out(void **state)
{
	static const char *const own[] = {"X-A: b", "host: example.org"};
	uint8_t buf[256];
	struct err err;
	int n;

	(void)state;
	n = http1_request_encode(
	    buf, sizeof(buf), &(struct request_spec){.path = "/a?b", .host = "h:1"}, &err);
	assert_int_equal(n, strlen("GET /a?b HTTP/1.1\r\nHost: h:1\r\nUser-Agent: maxq\r\n\r\n"));
	assert_memory_equal(buf, "GET /a?b HTTP/1.1\r\nHost: h:1\r\nUser-Agent: maxq\r\n\r\n", n);
	n = http1_request_encode(buf, sizeof(buf),
	    &(struct request_spec){.method = "POST",
		.path = "/",
		.host = "h",
		.headers = own,
		.n_headers = 2,
		.body = "xyz",
		.body_len = 3,
		.close = true},
	    &err);
	buf[n] = '\0';
	assert_string_equal((char *)buf,
	    "POST / HTTP/1.1\r\nhost: example.org\r\nUser-Agent: maxq\r\nX-A: b\r\n"
	    "Content-Length: 3\r\nConnection: close\r\n\r\nxyz");
}

static void what_cannot_stand_in_a_request(void **state)
{
	static const char *const bad_headers[] = {
	    "NoColon", ": x", "A b: c", "A: b\r\nInjected: 1", "A: \x01"};
	uint8_t buf[64];
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_headers); i++) {
		struct request_spec spec = {
		    .path = "/", .host = "h", .headers = &bad_headers[i], .n_headers = 1};

		assert_int_equal(http1_request_encode(buf, sizeof(buf), &spec, &err), -EINVAL);
		assert_non_null(strstr(err.msg, "bad header"));
	}
	assert_int_equal(http1_request_encode(buf, sizeof(buf),
			     &(struct request_spec){.method = "G T", .path = "/", .host = "h"}, &err),
	    -EINVAL);
	/* every size that is too small is refused, and nothing is written beyond it */
	for (size_t size = 0; size < 50; size++) {
		uint8_t *exact = malloc(size + 1);
		int n = http1_request_encode(exact, size,
		    &(struct request_spec){
			.method = "PUT", .path = "/", .host = "h", .body = "abc", .body_len = 3},
		    &err);

		assert_int_equal(n, -ENOBUFS);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_in),
	    cmocka_unit_test(requests_out),
	    cmocka_unit_test(what_cannot_stand_in_a_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
