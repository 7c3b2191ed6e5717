// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * As http1_response_fuzz.c, for the other protocols. The first byte of the input chooses the protocol, whether the request
 * was HEAD, and the splits.
 */
#include <stdlib.h>
#include <string.h>

#include "codec/response.h"

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
    const uint8_t *data, size_t size, size_t piece, enum protocol protocol, bool to_head)
{
	static const struct body_spec spec = {.expect = (const uint8_t *)"hello", .expect_len = 5};
	struct response response;
	struct outcome o = {.result = CODEC_MORE};

	memset(&response, 0xa5, sizeof(response)); /* nothing may depend on what was there before */
	response_begin(&response, protocol, to_head, &spec);
	while (o.result == CODEC_MORE && o.used < size) {
		size_t len = size - o.used < piece ? size - o.used : piece, used;
		/* a copy of its own, so that the sanitizer sees reads beyond it */
		uint8_t *copy = malloc(len);

		if (!copy)
			abort();
		memcpy(copy, data + o.used, len);
		o.result = response_feed(&response, copy, len, &used);
		free(copy);
		if (used > len || (o.result == CODEC_MORE && used != len))
			abort();
		o.used += used;
	}
	if (o.result == CODEC_MORE)
		o.result = response_eof(&response);
	if (o.result == CODEC_BAD) {
		if (!response.why_bad || response.begun != (size > 0))
			abort();
		return (struct outcome){.result = CODEC_BAD};
	}
	if (response.status < 100 || response.status > 599 || response_body(&response)->bytes > size)
		abort();
	o.status = response.status;
	o.reusable = response.reusable;
	o.body_bytes = response_body(&response)->bytes;
	o.matches = body_matches(response_body(&response));
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum protocol protocols[] = {
	    PROTOCOL_FASTCGI, PROTOCOL_SCGI, PROTOCOL_UWSGI, PROTOCOL_FASTCGI};
	struct outcome whole, split;
	enum protocol protocol;
	bool to_head;

	if (size < 1)
		return 0;
	protocol = protocols[data[0] & 3];
	to_head = data[0] & 4;
	whole = decode(data + 1, size - 1, size, protocol, to_head);
	split = decode(data + 1, size - 1, 1 + (data[0] >> 3) % 16, protocol, to_head);
	if (whole.result != split.result || whole.used != split.used || whole.status != split.status ||
	    whole.reusable != split.reusable || whole.body_bytes != split.body_bytes ||
	    whole.matches != split.matches)
		abort();
	return 0;
}
