// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>

#include "base/unittest.h"
#include "codec/response.h"
#include "codec/splits.h"

enum { RECORDS_MAX = 10, STREAM_MAX = 80 * 1024 };

struct sent {
	enum fastcgi_type type;
	const char *content; /* without NUL */
	uint16_t id;         /* 0 means ours */
	uint8_t padding;
};

struct wanted {
	struct sent records[RECORDS_MAX]; /* up to one of type 0 */
	enum codec_result result;         /* of the bytes; a close after CODEC_MORE is always bad */
	unsigned status;
	const char *body;
	const char *why; /* a part of why_bad */
	bool to_head_request;
	size_t left_over;
};

/* END_REQUEST's contents have NUL bytes, so here are letters for them. */
static const uint8_t complete[8] = {0, 0, 0, 0, 0}, failed[8] = {0, 0, 0, 255, 0},
		     cannot_mpx[8] = {0, 0, 0, 0, 1}, overloaded[8] = {0, 0, 0, 0, 2},
		     unknown_role[8] = {0, 0, 0, 0, 3}, unknown_status[8] = {0, 0, 0, 0, 4};

static const uint8_t *end_content(char letter)
{
	switch (letter) {
	case 'F':
		return failed;
	case 'M':
		return cannot_mpx;
	case 'O':
		return overloaded;
	case 'R':
		return unknown_role;
	case 'U':
		return unknown_status;
	default:
		return complete;
	}
}

static size_t add_record(
    uint8_t *at, enum fastcgi_type type, uint16_t id, const void *content, size_t len, uint8_t padding)
{
	fastcgi_put_head(at, type, id, len);
	at[6] = padding;
	memcpy(at + FASTCGI_HEAD_LEN, content, len);
	memset(at + FASTCGI_HEAD_LEN + len, 'P', padding);
	return FASTCGI_HEAD_LEN + len + padding;
}

static size_t compose(const struct sent *records, uint8_t *stream)
{
	size_t n = 0;

	for (const struct sent *r = records; r < records + RECORDS_MAX && r->type; r++) {
		bool is_end = r->type == FASTCGI_END_REQUEST && strlen(r->content) == 1;

		n += add_record(stream + n, r->type, r->id ? r->id : FASTCGI_REQUEST_ID,
		    is_end ? (const char *)end_content(*r->content) : r->content,
		    is_end ? 8 : strlen(r->content), r->padding);
	}
	return n;
}

struct run {
	const struct wanted *wanted;
	size_t len;
	struct response response;
	struct body_spec spec;
	uint8_t copy[256];
};

static void begin(void *context)
{
	struct run *run = context;

	memset(run->copy, 0, sizeof(run->copy));
	run->spec = (struct body_spec){.copy = run->copy, .copy_size = sizeof(run->copy) - 1};
	response_begin(&run->response, PROTOCOL_FASTCGI, run->wanted->to_head_request, &run->spec);
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
		fail_msg("'%s': result %d, wanted %d (%s)", w->records[0].content, result, w->result,
		    result == CODEC_BAD ? run->response.why_bad : "-");
	if (result == CODEC_MORE) {
		assert_int_equal(used, run->len);
		assert_int_equal(response_eof(&run->response), CODEC_BAD);
		assert_true(run->response.begun);
	}
	if (result != CODEC_DONE) {
		if (!strstr(run->response.why_bad, w->why))
			fail_msg("'%s' does not say '%s'", run->response.why_bad, w->why);
		return;
	}
	assert_int_equal(run->len - used, w->left_over);
	assert_int_equal(run->response.status, w->status);
	assert_true(run->response.reusable);
	assert_string_equal((char *)run->copy, w->body ? w->body : "");
	assert_int_equal(response_body(&run->response)->bytes, strlen(w->body ? w->body : ""));
}

static void check(const struct wanted *wanted, size_t n)
{
	static uint8_t stream[STREAM_MAX];

	for (size_t i = 0; i < n; i++) {
		struct run run = {.wanted = &wanted[i], .len = compose(wanted[i].records, stream)};
		struct split_test test = {.context = &run, .begin = begin, .feed = feed, .end = end};

		split_every_way(&test, stream, run.len);
	}
}

#define OUT(text, ...)                            \
	{                                         \
		FASTCGI_STDOUT, text, __VA_ARGS__ \
	}
#define ERR(text, ...)                            \
	{                                         \
		FASTCGI_STDERR, text, __VA_ARGS__ \
	}
#define END(text, ...)                                 \
	{                                              \
		FASTCGI_END_REQUEST, text, __VA_ARGS__ \
	}
#define HEAD "Content-Type: text/plain\r\n"

static void responses(void **state)
{
	static const struct wanted cases[] = {
	    {{OUT("Status: 201 Created\r\n\r\nhello"), OUT(""), END("C")}, CODEC_DONE, 201, "hello"},
	    /* PHP-FPM leaves out the empty STDOUT */
	    {{OUT(HEAD "\r\nhello"), END("C")}, CODEC_DONE, 200, "hello"},
	    {{OUT(HEAD "Content-Length: 5\r\n\r\nhello"), OUT(""), END("C")}, CODEC_DONE, 200, "hello"},
	    {{OUT("Location: /a\r\n\r\n"), END("C")}, CODEC_DONE, 302},
	    /* split over records, with padding, and with STDERR between them */
	    {{OUT("Sta", 0, 5), ERR("warning: x\n", 0, 5), OUT("tus: 404\r\n\r", 0, 1), ERR(""),
		 OUT("\nhel", 0, 255), ERR("more"), OUT("lo", 0, 6), OUT("", 0, 8), END("C", 0, 7)},
		CODEC_DONE, 404, "hello"},
	    /* other requests' records, of whatever kind */
	    {{OUT("other", 2), OUT(HEAD "\r\nhel", 0, 2), END("O", 2), OUT("lo"), {42, "management", 0xffff},
		 END("C")},
		CODEC_DONE, 200, "hello"},
	    /* the application's own status counts for nothing */
	    {{OUT(HEAD "\r\na"), END("F")}, CODEC_DONE, 200, "a"},
	    {{OUT(HEAD "Content-Length: 5\r\n\r\n"), END("C")}, CODEC_DONE, 200, .to_head_request = true},
	    {{OUT(HEAD "\r\nhello"), END("C")}, CODEC_DONE, 200, .to_head_request = true},
	    {{OUT(HEAD "\r\na"), END("C", 0, 3), OUT("b")}, CODEC_DONE, 200, "a", .left_over = 9},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void what_is_none(void **state)
{
	static const struct wanted cases[] = {
	    {{END("M")}, CODEC_BAD, .why = "CANT_MPX_CONN"},
	    {{END("O", 0, 8)}, CODEC_BAD, .why = "OVERLOADED"},
	    {{END("R")}, CODEC_BAD, .why = "UNKNOWN_ROLE"},
	    {{OUT(HEAD "\r\nhello"), END("O")}, CODEC_BAD, .why = "OVERLOADED"},
	    {{OUT(HEAD "\r\nhello"), END("U")}, CODEC_BAD, .why = "unknown protocol status"},
	    {{END("C")}, CODEC_BAD, .why = "without a response"},
	    {{ERR("it is broken"), END("C")}, CODEC_BAD, .why = "without a response"},
	    {{OUT(HEAD), OUT(""), END("C")}, CODEC_BAD, .why = "middle of a head"},
	    {{OUT(HEAD "Content-Length: 5\r\n\r\nhell"), END("C")}, CODEC_BAD,
		.why = "before its Content-Length"},
	    {{OUT(HEAD "Content-Length: 5\r\n\r\nhello!"), END("C")}, CODEC_BAD,
		.why = "beyond Content-Length"},
	    {{OUT(HEAD "Content-Length: 5\r\n\r\nhello"), OUT("!"), END("C")}, CODEC_BAD,
		.why = "beyond Content-Length"},
	    {{OUT(HEAD "\r\na"), OUT(""), OUT("b"), END("C")}, CODEC_BAD,
		.why = "STDOUT goes on after its end"},
	    {{OUT(HEAD "\r\na"), END("too long!")}, CODEC_BAD, .why = "END_REQUEST is not 8 bytes long"},
	    {{OUT(HEAD "\r\na"), END("short")}, CODEC_BAD, .why = "END_REQUEST is not 8 bytes long"},
	    {{OUT(HEAD "\r\na"), END("")}, CODEC_BAD, .why = "END_REQUEST is not 8 bytes long"},
	    {{OUT(HEAD "\r\na"), {FASTCGI_STDIN, "x"}, END("C")}, CODEC_BAD,
		.why = "type that is not a response's"},
	    {{OUT("HTTP/1.1 200 OK\r\n\r\n"), END("C")}, CODEC_BAD, .why = "without a colon"},
	    /* closed too early */
	    {{OUT(HEAD "\r\nhello")}, CODEC_MORE, .why = "closed before END_REQUEST"},
	    {{OUT(HEAD "\r\nhello"), OUT("")}, CODEC_MORE, .why = "closed before END_REQUEST"},
	    {{OUT("other", 2), END("C", 2)}, CODEC_MORE, .why = "closed before END_REQUEST"},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

/* Cut off at any byte it is no response, however near its end. */
static void every_early_end(void **state)
{
	static const struct sent records[RECORDS_MAX] = {
	    OUT(HEAD "\r\nhel", 0, 3), ERR("x"), OUT("lo"), OUT(""), END("C", 0, 4)};
	static const struct body_spec spec;
	uint8_t stream[512];
	size_t len = compose(records, stream);

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		struct response response;
		size_t used;

		response_begin(&response, PROTOCOL_FASTCGI, false, &spec);
		assert_int_equal(response_feed(&response, stream, cut, &used), CODEC_MORE);
		assert_int_equal(used, cut);
		assert_int_equal(response_eof(&response), CODEC_BAD);
		assert_int_equal(response.begun, cut > 0);
		assert_non_null(strstr(response.why_bad, cut ? "before END_REQUEST" : "without a response"));
	}
}

static void not_fastcgi(void **state)
{
	static const char *const inputs[] = {
	    "HTTP/1.1 400 Bad Request\r\n\r\n", "\x02\x06", "Status: 200\r\n\r\n"};
	static const struct body_spec spec;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(inputs); i++) {
		struct response response;
		size_t used;

		response_begin(&response, PROTOCOL_FASTCGI, false, &spec);
		assert_int_equal(response_feed(&response, (const uint8_t *)inputs[i], 1, &used), CODEC_BAD);
		assert_non_null(strstr(response.why_bad, "not a record of FastCGI"));
	}
}

/* The largest record there is, and a head that is larger than any may be. */
static void bounds(void **state)
{
	static uint8_t stream[STREAM_MAX], content[FASTCGI_CONTENT_MAX];
	static const char head[] = HEAD "\r\n";
	static const struct body_spec spec;
	struct response response;
	size_t len, used;

	(void)state;
	memset(content, 'x', sizeof(content));
	memcpy(content, head, sizeof(head) - 1);
	len = add_record(stream, FASTCGI_STDOUT, FASTCGI_REQUEST_ID, content, sizeof(content), 255);
	len += add_record(stream + len, FASTCGI_END_REQUEST, FASTCGI_REQUEST_ID, complete, 8, 0);
	response_begin(&response, PROTOCOL_FASTCGI, false, &spec);
	assert_int_equal(response_feed(&response, stream, len, &used), CODEC_DONE);
	assert_int_equal(used, len);
	assert_int_equal(response_body(&response)->bytes, sizeof(content) - (sizeof(head) - 1));

	memset(content, 'x', sizeof(content));
	response_begin(&response, PROTOCOL_FASTCGI, false, &spec);
	len = add_record(stream, FASTCGI_STDOUT, FASTCGI_REQUEST_ID, content, sizeof(content), 0);
	assert_int_equal(response_feed(&response, stream, len, &used), CODEC_MORE);
	assert_int_equal(response_feed(&response, stream, len, &used), CODEC_BAD);
	assert_non_null(strstr(response.why_bad, "head is too long"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(responses),
	    cmocka_unit_test(what_is_none),
	    cmocka_unit_test(every_early_end),
	    cmocka_unit_test(not_fastcgi),
	    cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
