// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "codec/codec.h"

void body_begin(struct body *body, const struct body_spec *spec)
{
	*body = (struct body){.spec = spec};
}

void body_feed(struct body *body, const uint8_t *data, size_t len)
{
	const struct body_spec *spec = body->spec;

	if (spec->expect && !body->differs)
		body->differs = len > spec->expect_len - body->bytes ||
		    memcmp(spec->expect + body->bytes, data, len) != 0;
	if (spec->copy && body->bytes < spec->copy_size) {
		size_t room = spec->copy_size - body->bytes;

		memcpy(spec->copy + body->bytes, data, len < room ? len : room);
	}
	body->bytes += len;
}

enum codec_result body_feed_left(
    struct body *body, uint64_t *left, const uint8_t *data, size_t len, size_t *used)
{
	size_t n = len - *used < *left ? len - *used : (size_t)*left;

	body_feed(body, data + *used, n);
	*used += n;
	*left -= n;
	return *left ? CODEC_MORE : CODEC_DONE;
}

bool body_matches(const struct body *body)
{
	return !body->spec->expect || (!body->differs && body->bytes == body->spec->expect_len);
}
