// SPDX-License-Identifier: GPL-3.0-or-later
/* As http1_response_fuzz.c, for requests. */
#include <stdlib.h>
#include <string.h>

#include "codec/http1_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum codec_result decode(
    const uint8_t *data, size_t size, size_t piece, struct http1_request *request, size_t *total)
{
	static const struct body_spec spec;
	enum codec_result result = CODEC_MORE;

	memset(request, 0, sizeof(*request));
	http1_request_begin(request, &spec);
	*total = 0;
	while (result == CODEC_MORE && *total < size) {
		size_t len = size - *total < piece ? size - *total : piece, used;
		uint8_t *copy = malloc(len);

		if (!copy)
			abort();
		memcpy(copy, data + *total, len);
		result = http1_request_feed(request, copy, len, &used);
		free(copy);
		if (used > len || (result == CODEC_MORE && used != len))
			abort();
		*total += used;
	}
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http1_request whole, split;
	size_t whole_used, split_used;
	enum codec_result result;

	if (size < 1)
		return 0;
	result = decode(data + 1, size - 1, size, &whole, &whole_used);
	if (result != decode(data + 1, size - 1, 1 + data[0] % 16, &split, &split_used))
		abort();
	if (result == CODEC_BAD && !whole.head.why_bad)
		abort();
	if (result == CODEC_DONE &&
	    (whole_used != split_used || whole.target_len != split.target_len ||
		whole.reusable != split.reusable || whole.is_head != split.is_head ||
		whole.body.bytes != split.body.bytes ||
		memcmp(whole.target, split.target, whole.target_len) != 0))
		abort();
	return 0;
}
