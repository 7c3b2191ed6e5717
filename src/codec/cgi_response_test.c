// SPDX-License-Identifier: GPL-3.0-or-later
/* CGI responses, as scgi carries them: until close. */
#include <stdio.h>

#include "base/unittest.h"
#include "codec/response.h"
#include "codec/splits.h"

struct wanted {
	const char *input;
	enum codec_result result; /* of the bytes */
	enum codec_result eof;    /* of a close after them, where result is CODEC_MORE */
	unsigned status;
	const char *body;
	const char *why; /* a part of why_bad */
	bool to_head_request;
	size_t left_over;
};

struct run {
	const struct wanted *wanted;
	struct response response;
	struct body_spec spec;
	uint8_t copy[256];
};

static void begin(void *context)
{
	struct run *run = context;

	memset(run->copy, 0, sizeof(run->copy));
	run->spec = (struct body_spec){.copy = run->copy, .copy_size = sizeof(run->copy) - 1};
	response_begin(&run->response, PROTOCOL_SCGI, run->wanted->to_head_request, &run->spec);
}

static enum codec_result feed(void *context, const uint8_t *data, size_t len, size_t *used)
{
	struct run *run = context;

	return response_feed(&run->response, data, len, used);
}

static void end(void *context, enum codec_result result, size_t used)
{
	struct run *run = context;
	const struct wanted *w = run->wanted;

	if (result != w->result)
		fail_msg("input '%s': result %d, wanted %d", w->input, result, w->result);
	if (result == CODEC_MORE) {
		assert_int_equal(used, strlen(w->input));
		result = response_eof(&run->response);
		if (result != w->eof)
			fail_msg("input '%s': at its end %d, wanted %d", w->input, result, w->eof);
	} else if (result == CODEC_DONE) {
		assert_int_equal(strlen(w->input) - used, w->left_over);
	}
	assert_int_equal(run->response.begun, *w->input != '\0');
	if (result == CODEC_BAD) {
		assert_non_null(strstr(run->response.why_bad, w->why));
		return;
	}
	assert_int_equal(run->response.status, w->status);
	assert_false(run->response.reusable);
	assert_string_equal((char *)run->copy, w->body ? w->body : "");
	assert_int_equal(response_body(&run->response)->bytes, strlen(w->body ? w->body : ""));
}

#define TEXT "Content-Type: text/plain\r\n"

static void responses(void **state)
{
	static const struct wanted cases[] = {
	    {"Status: 200 OK\r\n" TEXT "Content-Length: 5\r\n\r\nhello", CODEC_DONE, 0, 200, "hello"},
	    {"Status: 404 Not Found\r\n" TEXT "\r\nno", CODEC_MORE, CODEC_DONE, 404, "no"},
	    {"status:\t503\n" TEXT "\nno", CODEC_MORE, CODEC_DONE, 503, "no"},
	    {TEXT "\r\n", CODEC_MORE, CODEC_DONE, 200},
	    {TEXT "Content-Length: 0\r\n\r\n", CODEC_DONE, 0, 200},
	    {TEXT "Content-Length: 1\r\n\r\nab", CODEC_DONE, 0, 200, "a", .left_over = 1},
	    /* framing by HTTP/1 counts for nothing */
	    {TEXT "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n", CODEC_MORE, CODEC_DONE,
		200, "1\r\n"},
	    {"Location: /a\r\n\r\n", CODEC_MORE, CODEC_DONE, 302},
	    {"Location: http://a/\r\nStatus: 301 Moved\r\n\r\n", CODEC_MORE, CODEC_DONE, 301},
	    {"Status: 201\r\nLocation: /a\r\n\r\n", CODEC_MORE, CODEC_DONE, 201},
	    {"Locations: 1\r\nStatuses: x\r\n\r\n", CODEC_MORE, CODEC_DONE, 200},
	    /* no body, whatever comes */
	    {TEXT "Content-Length: 5\r\n\r\n", CODEC_MORE, CODEC_DONE, 200, .to_head_request = true},
	    {TEXT "\r\nhello", CODEC_MORE, CODEC_DONE, 200, .to_head_request = true},
	    {"Status: 204 No Content\r\nContent-Length: 3\r\n\r\nabc", CODEC_MORE, CODEC_DONE, 204},
	    {"Status: 304\r\nContent-Length: 3\r\n\r\n", CODEC_MORE, CODEC_DONE, 304},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = {.wanted = &cases[i]};
		struct split_test test = {.context = &run, .begin = begin, .feed = feed, .end = end};

		split_every_way(&test, (const uint8_t *)cases[i].input, strlen(cases[i].input));
	}
}

static void what_is_none(void **state)
{
	static const struct wanted cases[] = {
	    {"", CODEC_MORE, CODEC_BAD, .why = "closed without a response"},
	    {"\r\nhello", CODEC_BAD, .why = "head without a field"},
	    {"HTTP/1.1 200 OK\r\n\r\n", CODEC_BAD, .why = "without a colon"},
	    {"Status: 20\r\n\r\n", CODEC_BAD, .why = "three digits"},
	    {"Status: 2000\r\n\r\n", CODEC_BAD, .why = "three digits"},
	    {"Status: 200OK\r\n\r\n", CODEC_BAD, .why = "three digits"},
	    {"Status:\r\n\r\n", CODEC_BAD, .why = "three digits"},
	    {"Status: OK\r\n\r\n", CODEC_BAD, .why = "three digits"},
	    {"Status: 100 Continue\r\n\r\n", CODEC_BAD, .why = "between 200 and 599"},
	    {"Status: 600\r\n\r\n", CODEC_BAD, .why = "between 200 and 599"},
	    {"Status: 200\r\nStatus: 200\r\n\r\n", CODEC_BAD, .why = "more than one Status"},
	    {TEXT "Content-Length: x\r\n\r\n", CODEC_BAD, .why = "Content-Length"},
	    {TEXT "Content-Length: 5\r\n\r\nhell", CODEC_MORE, CODEC_BAD, .why = "before its Content-Length"},
	    {TEXT "Content-Length: 5\r\n\r\n", CODEC_MORE, CODEC_BAD, .why = "before its Content-Length"},
	    {TEXT "Content-Len", CODEC_MORE, CODEC_BAD, .why = "middle of a head"},
	    {TEXT, CODEC_MORE, CODEC_BAD, .why = "middle of a head"},
	    {" folded: x\r\n\r\n", CODEC_BAD, .why = "folded"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = {.wanted = &cases[i]};
		struct split_test test = {.context = &run, .begin = begin, .feed = feed, .end = end};

		split_every_way(&test, (const uint8_t *)cases[i].input, strlen(cases[i].input));
	}
}

/* By uwsgi a response of HTTP/1 comes, whose connection is never reused. */
static void uwsgi_responses(void **state)
{
	static const char input[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	static const struct body_spec spec = {.expect = (const uint8_t *)"ok", .expect_len = 2};
	struct response response;
	size_t used;

	(void)state;
	response_begin(&response, PROTOCOL_UWSGI, false, &spec);
	assert_int_equal(
	    response_feed(&response, (const uint8_t *)input, sizeof(input) - 1, &used), CODEC_DONE);
	assert_int_equal(used, sizeof(input) - 1);
	assert_int_equal(response.status, 200);
	assert_false(response.reusable);
	assert_true(body_matches(response_body(&response)));
	response_begin(&response, PROTOCOL_HTTP, false, &spec);
	assert_int_equal(
	    response_feed(&response, (const uint8_t *)input, sizeof(input) - 1, &used), CODEC_DONE);
	assert_true(response.reusable);
	response_begin(&response, PROTOCOL_UWSGI, false, &spec);
	assert_int_equal(response_feed(&response, (const uint8_t *)"Status: 200\r\n", 13, &used), CODEC_BAD);
	assert_non_null(strstr(response.why_bad, "status line"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(responses),
	    cmocka_unit_test(what_is_none),
	    cmocka_unit_test(uwsgi_responses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
