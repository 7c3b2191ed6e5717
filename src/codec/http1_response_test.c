// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/http1_response.h"

#include <stdio.h>

#include "base/unittest.h"
#include "codec/splits.h"

struct wanted {
	const char *input;
	enum codec_result result; /* of the bytes */
	enum codec_result eof;    /* of a close after them, where result is CODEC_MORE */
	unsigned status;
	bool reusable;
	const char *body;
	size_t left_over; /* bytes after the message */
	bool to_head_request;
	const char *why; /* a part of why_bad */
};

struct run {
	const struct wanted *wanted;
	struct http1_response response;
	struct body_spec spec;
	uint8_t copy[256];
};

static void begin(void *context)
{
	struct run *run = context;

	memset(run->copy, 0, sizeof(run->copy));
	run->spec = (struct body_spec){.copy = run->copy, .copy_size = sizeof(run->copy) - 1};
	http1_response_begin(&run->response, run->wanted->to_head_request, &run->spec);
}

static enum codec_result feed(void *context, const uint8_t *data, size_t len, size_t *used)
{
	struct run *run = context;

	return http1_response_feed(&run->response, data, len, used);
}

static void end(void *context, enum codec_result result, size_t used)
{
	struct run *run = context;
	const struct wanted *w = run->wanted;
	size_t len = strlen(w->input);

	if (result != w->result)
		fail_msg("input '%s': result %d, wanted %d (%s)", w->input, result, w->result,
		    result == CODEC_BAD ? run->response.head.why_bad : "-");
	if (result == CODEC_MORE) {
		assert_int_equal(used, len);
		result = http1_response_eof(&run->response);
		assert_int_equal(result, w->eof);
	} else if (result == CODEC_DONE) {
		assert_int_equal(len - used, w->left_over);
	}
	if (result == CODEC_BAD) {
		assert_non_null(run->response.head.why_bad);
		if (w->why)
			assert_non_null(strstr(run->response.head.why_bad, w->why));
		return;
	}
	assert_int_equal(run->response.status, w->status);
	assert_int_equal(run->response.reusable, w->reusable);
	assert_string_equal((char *)run->copy, w->body ? w->body : "");
	assert_int_equal(run->response.body.bytes, strlen(w->body ? w->body : ""));
}

static void check(const struct wanted *wanted, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct run run = {.wanted = &wanted[i]};
		struct split_test test = {.context = &run, .begin = begin, .feed = feed, .end = end};

		split_every_way(&test, (const uint8_t *)wanted[i].input, strlen(wanted[i].input));
	}
}

#define OK "HTTP/1.1 200 OK\r\n"

static void lengths(void **state)
{
	static const struct wanted cases[] = {
	    {OK "Content-Length: 5\r\n\r\nhello", CODEC_DONE, 0, 200, true, "hello"},
	    {OK "content-length:5\r\n\r\nhelloHTTP", CODEC_DONE, 0, 200, true, "hello", 4},
	    {OK "Content-Length: 0\r\n\r\n", CODEC_DONE, 0, 200, true},
	    {OK "Content-Length: 5, 5\r\n\r\nhello", CODEC_DONE, 0, 200, true, "hello"},
	    {OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", CODEC_DONE, 0, 200, true, "hello"},
	    {OK "Content-Length: 005\r\n\r\nhello", CODEC_DONE, 0, 200, true, "hello"},
	    {OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", CODEC_BAD, .why = "Content-Length"},
	    {OK "Content-Length: 5, 6\r\n\r\nhello", CODEC_BAD, .why = "Content-Length"},
	    {OK "Content-Length: 5,\r\n\r\nhello", CODEC_BAD, .why = "Content-Length"},
	    {OK "Content-Length: -5\r\n\r\n", CODEC_BAD, .why = "Content-Length"},
	    {OK "Content-Length: +5\r\n\r\n", CODEC_BAD, .why = "Content-Length"},
	    {OK "Content-Length: 5x\r\n\r\n", CODEC_BAD, .why = "Content-Length"},
	    {OK "Content-Length:\r\n\r\n", CODEC_BAD, .why = "Content-Length"},
	    {OK "Content-Length: x\r\nContent-Length: 0\r\n\r\n", CODEC_BAD, .why = "Content-Length"},
	    /* 2^64 + 5 would wrap to 5 */
	    {OK "Content-Length: 18446744073709551621\r\n\r\nhello", CODEC_BAD, .why = "Content-Length"},
	    {OK "Content-Length: 9223372036854775807\r\n\r\n", CODEC_MORE, CODEC_BAD},
	    {OK "Content-Length: 5\r\n\r\nhell", CODEC_MORE, CODEC_BAD, .why = "middle"},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void chunks(void **state)
{
	static const struct wanted cases[] = {
	    {OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", CODEC_DONE, 0, 200, true,
		"hello"},
	    {OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nX", CODEC_DONE, 0, 200, true,
		"hello", 1},
	    {OK "transfer-encoding: gzip,\tCHUNKED \r\n\r\n0a;n=\"v\"\r\n0123456789\r\n01\r\na\r\n000\r\n\r\n",
		CODEC_DONE, 0, 200, true, "0123456789a"},
	    {OK "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", CODEC_DONE, 0, 200,
		true},
	    {OK "Transfer-Encoding: chunked\r\n\r\n1 ; x\r\na\r\n0\r\nT: 1\r\nContent-Length: 9\r\n\r\n",
		CODEC_DONE, 0, 200, true, "a"},
	    /* both: the coding wins, the connection is not reused */
	    {OK "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", CODEC_DONE, 0,
		200, false, "a"},
	    {OK "Transfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n1\r\na\r\n0\r\n\r\n", CODEC_DONE, 0,
		200, false, "a"},
	    /* a coding that does not end in chunked: until close */
	    {OK "Transfer-Encoding: chunked, gzip\r\n\r\nxyz", CODEC_MORE, CODEC_DONE, 200, false, "xyz"},
	    {OK "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nxyz", CODEC_MORE, CODEC_DONE, 200,
		false, "xyz"},
	    {OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", CODEC_MORE, CODEC_BAD, .why = "middle"},
	    {OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", CODEC_MORE, CODEC_BAD},
	    {OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhel", CODEC_MORE, CODEC_BAD},
	    {OK "Transfer-Encoding: chunked\r\n\r\n\r\n", CODEC_BAD, .why = "without a size"},
	    {OK "Transfer-Encoding: chunked\r\n\r\n5g\r\n", CODEC_BAD, .why = "chunk size"},
	    {OK "Transfer-Encoding: chunked\r\n\r\n-5\r\n", CODEC_BAD},
	    {OK "Transfer-Encoding: chunked\r\n\r\n5\nhello", CODEC_BAD},
	    {OK "Transfer-Encoding: chunked\r\n\r\n5\rhello", CODEC_BAD, .why = "LF"},
	    {OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloo", CODEC_BAD, .why = "CRLF"},
	    {OK "Transfer-Encoding: chunked\r\n\r\n1000000000000000\r\n", CODEC_BAD, .why = "too long"},
	    {OK "Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n", CODEC_MORE, CODEC_BAD},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void no_body_whatever_the_headers_say(void **state)
{
	static const struct wanted cases[] = {
	    {OK "Content-Length: 5\r\n\r\n", CODEC_DONE, 0, 200, true, NULL, 0, true},
	    {OK "Transfer-Encoding: chunked\r\n\r\n", CODEC_DONE, 0, 200, true, NULL, 0, true},
	    {OK "Content-Length: x\r\n\r\n", CODEC_DONE, 0, 200, true, NULL, 0, true},
	    {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", CODEC_DONE, 0, 204, true},
	    {"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\nabc", CODEC_DONE, 0, 304, true,
		NULL, 3},
	    {"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nabc", CODEC_DONE, 0, 101, false, NULL, 3},
	    /* any number of 1xx, whose fields count for nothing */
	    {"HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 2\r\n\r\nok", CODEC_DONE, 0, 200, true,
		"ok"},
	    {"HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\nConnection: close\r\n\r\nHTTP/1.1 100\r\n\r\n" OK
	     "Content-Length: 2\r\n\r\nok",
		CODEC_DONE, 0, 200, true, "ok"},
	    {"HTTP/1.1 100 Continue\r\n\r\n", CODEC_MORE, CODEC_BAD},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void until_close_and_reuse(void **state)
{
	static const struct wanted cases[] = {
	    {OK "\r\nabc", CODEC_MORE, CODEC_DONE, 200, false, "abc"},
	    {OK "Connection: keep-alive\r\n\r\n", CODEC_MORE, CODEC_DONE, 200, false},
	    {OK "Connection: close\r\nContent-Length: 1\r\n\r\na", CODEC_DONE, 0, 200, false, "a"},
	    {OK "Connection: foo, Close ,bar\r\nContent-Length: 1\r\n\r\na", CODEC_DONE, 0, 200, false, "a"},
	    {OK "Connection: keep-alive, close\r\nContent-Length: 1\r\n\r\na", CODEC_DONE, 0, 200, false,
		"a"},
	    {OK "Connection: closed\r\nContent-Length: 1\r\n\r\na", CODEC_DONE, 0, 200, true, "a"},
	    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", CODEC_DONE, 0, 200, false, "a"},
	    {"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\na", CODEC_DONE, 0, 200,
		true, "a"},
	    {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		CODEC_DONE, 0, 200, false},
	    {"HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", CODEC_DONE, 0, 404, true},
	    {"HTTP/1.1 500 \r\nContent-Length: 0\r\n\r\n", CODEC_DONE, 0, 500, true},
	    /* bare LF ends lines, too */
	    {"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", CODEC_DONE, 0, 200, true, "ok"},
	    {"", CODEC_MORE, CODEC_BAD, .why = "without a response"},
	    {"H", CODEC_MORE, CODEC_BAD, .why = "middle"},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void garbage(void **state)
{
	static const struct wanted cases[] = {
	    {"SSH-2.0-OpenSSH_9.2p1\r\n", CODEC_BAD, .why = "status line"},
	    {"\r\n", CODEC_BAD},
	    {"HTTP/2.0 200 OK\r\n", CODEC_BAD},
	    {"HTTP/1.1 20 OK\r\n\r\n", CODEC_BAD},
	    {"HTTP/1.1 2000 OK\r\n\r\n", CODEC_BAD},
	    {"HTTP/1.1 2x0 OK\r\n\r\n", CODEC_BAD},
	    {"HTTP/1.1 099 OK\r\n\r\n", CODEC_BAD},
	    {"HTTP/1.1 600 OK\r\n\r\n", CODEC_BAD},
	    {"HTTP/1.1  200 OK\r\n\r\n", CODEC_BAD},
	    {"http/1.1 200 OK\r\n\r\n", CODEC_BAD},
	    {OK "no colon\r\n\r\n", CODEC_BAD, .why = "colon"},
	    {OK ": empty\r\n\r\n", CODEC_BAD, .why = "name"},
	    {OK "Content-Length : 5\r\n\r\n", CODEC_BAD, .why = "field name"},
	    {OK "Content-Length: 5\r\n 6\r\n\r\n", CODEC_BAD, .why = "folded"},
	    {OK " folded: first\r\n\r\n", CODEC_BAD, .why = "folded"},
	    {OK "X-Fold: a\r\n b\r\n\tc\r\nContent-Length: 1\r\n\r\na", CODEC_DONE, 0, 200, true, "a"},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

/* Long lines are passed over; a long head is not. */
static void bounds(void **state)
{
	static char input[HTTP1_HEAD_MAX + 1024];
	char *at;

	(void)state;
	/* around HTTP1_LINE_MAX, where lines begin to be cut */
	for (int n = HTTP1_LINE_MAX - 8; n < HTTP1_LINE_MAX + 4; n++) {
		struct wanted ok = {input, CODEC_DONE, 0, 200, true, "a"};

		snprintf(input, sizeof(input), OK "X: %*s\r\nContent-Length: 1\r\n\r\na", n, "y");
		check(&ok, 1);
		/* the same length of a line that decides framing: fine as long as it is not cut */
		snprintf(input, sizeof(input), OK "Content-Length:%*s\r\n\r\na", n, "1");
		ok = n + 15 <= HTTP1_LINE_MAX ? ok : (struct wanted){input, CODEC_BAD, .why = "too long"};
		check(&ok, 1);
	}
	at = input + sprintf(input, OK);
	while (at - input < HTTP1_HEAD_MAX)
		at += sprintf(at, "X-Filler: %0100d\r\n", 0);
	strcpy(at, "\r\n");
	check(&(struct wanted){input, CODEC_BAD, .why = "head is too long"}, 1);
	/* one endless line */
	memset(input, 'H', HTTP1_HEAD_MAX + 10);
	input[HTTP1_HEAD_MAX + 10] = '\0';
	check(&(struct wanted){input, CODEC_BAD, .why = "head is too long"}, 1);
}

static void expected_bodies(void **state)
{
	static const char input[] = OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
	static const struct {
		const char *expect;
		bool matches;
	} cases[] = {{"hello", true}, {"hellO", false}, {"Hello", false}, {"hell", false}, {"hello!", false},
	    {"", false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (size_t cut = 0; cut < sizeof(input); cut++) {
			struct body_spec spec = {.expect = (const uint8_t *)cases[i].expect,
			    .expect_len = strlen(cases[i].expect)};
			struct http1_response response;
			enum codec_result rc;
			size_t used;

			http1_response_begin(&response, false, &spec);
			rc = http1_response_feed(&response, (const uint8_t *)input, cut, &used);
			if (rc == CODEC_MORE)
				rc = http1_response_feed(
				    &response, (const uint8_t *)input + cut, sizeof(input) - 1 - cut, &used);
			assert_int_equal(rc, CODEC_DONE);
			assert_int_equal(body_matches(&response.body), cases[i].matches);
		}
	}
}

/* All that a decoder says of some bytes and a close after them. */
struct verdict {
	enum codec_result result;
	size_t used;
	unsigned status;
	bool reusable, matches;
	uint64_t body_bytes;
};

static struct verdict decide(const uint8_t *data, size_t len, struct http1_memo *memo)
{
	static const struct body_spec spec = {.expect = (const uint8_t *)"hello", .expect_len = 5};
	struct http1_response response;
	struct verdict v = {0};

	http1_response_begin(&response, false, &spec);
	if (memo)
		http1_response_recall(&response, memo);
	v.result = http1_response_feed(&response, data, len, &v.used);
	if (v.result == CODEC_MORE && http1_response_eof(&response) == CODEC_BAD)
		v.result = CODEC_BAD;
	if (v.result == CODEC_BAD)
		return (struct verdict){.result = CODEC_BAD};
	v.status = response.status;
	v.reusable = response.reusable;
	v.matches = body_matches(&response.body);
	v.body_bytes = response.body.bytes;
	return v;
}

/* True when the memo was of no use, or was right. */
static void same_verdict(const uint8_t *data, size_t len, const struct http1_memo *primed)
{
	struct http1_memo memo = *primed;
	struct verdict plain = decide(data, len, NULL);
	struct verdict recalled = decide(data, len, &memo);

	if (plain.result != recalled.result || plain.used != recalled.used ||
	    plain.status != recalled.status || plain.reusable != recalled.reusable ||
	    plain.matches != recalled.matches || plain.body_bytes != recalled.body_bytes)
		fail_msg("the memo changes what '%.*s' comes to", (int)len, (const char *)data);
}

/*
 * What follows a response that was read before is judged as if it was read anew: every byte of it changed to every other
 * value, left out, doubled, and every end of it missing.
 */
static void a_known_head_hides_no_difference(void **state)
{
	static const char *const inputs[] = {
	    OK "Server: x\r\nContent-Length: 5\r\n\r\nhello",
	    OK "Connection: close\r\nContent-Length: 5\r\n\r\nhello",
	    OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n",
	    "HTTP/1.0 404 No\r\n\r\nhello",
	    "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 5\r\n\r\nhello",
	    "HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n",
	};

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(inputs); k++) {
		size_t len = strlen(inputs[k]);
		uint8_t *data = malloc(len + 1);
		struct http1_memo memo = {0};

		memcpy(data, inputs[k], len);
		decide(data, len, &memo);
		assert_true(memo.len > 0);
		same_verdict(data, len, &memo);
		for (size_t i = 0; i < len; i++) {
			for (int c = 1; c < 256; c++) {
				data[i] ^= (uint8_t)c;
				same_verdict(data, len, &memo);
				data[i] ^= (uint8_t)c;
			}
			same_verdict(data, i, &memo);
			memmove(data + i, data + i + 1, len - i - 1); /* left out */
			same_verdict(data, len - 1, &memo);
			memcpy(data, inputs[k], i + 1);
			memcpy(data + i + 1, inputs[k] + i, len - i); /* doubled */
			same_verdict(data, len + 1, &memo);
			memcpy(data, inputs[k], len);
		}
		free(data);
	}
}

/* That the memo is used at all: what it says is believed of exactly its own bytes. */
static void a_known_head_is_not_read_again(void **state)
{
	static const char input[] = OK "Content-Length: 5\r\n\r\nhello";
	const uint8_t *data = (const uint8_t *)input;
	struct http1_memo memo = {0};
	size_t len = sizeof(input) - 1;

	(void)state;
	decide(data, len, &memo);
	assert_int_equal(memo.len, len - 5);
	memo.status = 299;
	assert_int_equal(decide(data, len, &memo).status, 299);
	/* a head in pieces is read, and neither uses nor spoils it; one that is too long is not kept */
	assert_int_equal(decide(data, len - 6, &memo).result, CODEC_BAD);
	assert_int_equal(memo.status, 299);
	/* another one takes its place */
	assert_int_equal(decide((const uint8_t *)"HTTP/1.1 204 No\r\n\r\n", 20, &memo).status, 204);
	assert_int_equal(memo.status, 204);
	assert_int_equal(decide(data, len, &memo).status, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lengths),
	    cmocka_unit_test(chunks),
	    cmocka_unit_test(no_body_whatever_the_headers_say),
	    cmocka_unit_test(until_close_and_reuse),
	    cmocka_unit_test(garbage),
	    cmocka_unit_test(bounds),
	    cmocka_unit_test(expected_bodies),
	    cmocka_unit_test(a_known_head_hides_no_difference),
	    cmocka_unit_test(a_known_head_is_not_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
