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

static struct outcome decode(const uint8_t *data, size_t size, size_t piece, bool to_head)
{
	static const struct body_spec spec = {.expect = (const uint8_t *)"hello", .expect_len = 5};
	struct http1_response response;
	struct outcome o = {.result = CODEC_MORE};

	http1_response_begin(&response, to_head, &spec);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole, split;

	if (size < 1)
		return 0;
	whole = decode(data + 1, size - 1, size, data[0] & 1);
	split = decode(data + 1, size - 1, 1 + (data[0] >> 1) % 16, data[0] & 1);
	if (whole.result != split.result || whole.used != split.used || whole.status != split.status ||
	    whole.reusable != split.reusable || whole.body_bytes != split.body_bytes ||
	    whole.matches != split.matches)
		abort();
	return 0;
}
