// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Any bytes, in two different splits: both must come to the same result, and neither may touch what it should not. The
 * first byte of the input chooses the splits, and whether the request was HEAD.
 */
#include <stdlib.h>
#include <string.h>

#include "codec/http1_response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	enum codec_result result;
	size_t used;
	unsigned status;
	bool reusable;
	uint64_t body_bytes;
	bool matches;
};

static struct outcome decode(
    const uint8_t *data, size_t size, size_t piece, bool to_head, struct http1_memo *memo)
{
	static const struct body_spec spec = {.expect = (const uint8_t *)"hello", .expect_len = 5};
	struct http1_response response;
	struct outcome o = {.result = CODEC_MORE};

	http1_response_begin(&response, to_head, &spec);
	if (memo)
		http1_response_recall(&response, memo);
	while (o.result == CODEC_MORE && o.used < size) {
		size_t len = size - o.used < piece ? size - o.used : piece, used;
		/* a copy of its own, so that the sanitizer sees reads beyond it */
		uint8_t *copy = malloc(len);

		if (!copy)
			abort();
		memcpy(copy, data + o.used, len);
		o.result = http1_response_feed(&response, copy, len, &used);
		free(copy);
		if (used > len || (o.result == CODEC_MORE && used != len))
			abort();
		o.used += used;
	}
	if (o.result == CODEC_MORE)
		o.result = http1_response_eof(&response);
	if (o.result == CODEC_BAD) {
		if (!response.head.why_bad)
			abort();
		return (struct outcome){.result = CODEC_BAD};
	}
	if (response.status < 100 || response.status > 599 || response.body.bytes > size)
		abort();
	o.status = response.status;
	o.reusable = response.reusable;
	o.body_bytes = response.body.bytes;
	o.matches = body_matches(&response.body);
	return o;
}

static void must_be(const struct outcome *a, const struct outcome *b)
{
	if (a->result != b->result || a->used != b->used || a->status != b->status ||
	    a->reusable != b->reusable || a->body_bytes != b->body_bytes || a->matches != b->matches)
		abort();
}

/* However it is cut, and whatever came before it: by a memo of itself, and of a usual response. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t usual[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
	struct http1_memo memo = {0};
	struct outcome whole, other;
	bool to_head;

	if (size < 1)
		return 0;
	to_head = data[0] & 1;
	whole = decode(data + 1, size - 1, size, to_head, NULL);
	other = decode(data + 1, size - 1, 1 + (data[0] >> 1) % 16, to_head, NULL);
	must_be(&whole, &other);
	decode(usual, sizeof(usual) - 1, sizeof(usual), to_head, &memo);
	for (int i = 0; i < 2; i++) {
		other = decode(data + 1, size - 1, size, to_head, &memo);
		must_be(&whole, &other);
	}
	return 0;
}
