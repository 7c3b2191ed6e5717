// SPDX-License-Identifier: GPL-3.0-or-later
/* As response_fuzz.c, for requests. */
#include <stdlib.h>
#include <string.h>

#include "codec/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum codec_result decode(const uint8_t *data, size_t size, size_t piece, enum protocol protocol,
    struct request *request, size_t *total)
{
	static const struct body_spec spec;
	enum codec_result result = CODEC_MORE;

	memset(request, 0xa5, sizeof(*request)); /* nothing may depend on what was there before */
	request_begin(request, protocol, &spec);
	*total = 0;
	while (result == CODEC_MORE && *total < size) {
		size_t len = size - *total < piece ? size - *total : piece, used;
		uint8_t *copy = malloc(len);

		if (!copy)
			abort();
		memcpy(copy, data + *total, len);
		result = request_feed(request, copy, len, &used);
		free(copy);
		if (used > len || (result == CODEC_MORE && used != len))
			abort();
		*total += used;
	}
	return result;
}

static uint64_t body_bytes(const struct request *request)
{
	switch (request->protocol) {
	case PROTOCOL_FASTCGI:
		return request->of.fastcgi.body.bytes;
	case PROTOCOL_UWSGI:
		return request->of.uwsgi.body.bytes;
	default:
		return request->of.scgi.body.bytes;
	}
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum protocol protocols[] = {
	    PROTOCOL_FASTCGI, PROTOCOL_SCGI, PROTOCOL_UWSGI, PROTOCOL_FASTCGI};
	struct request whole, split;
	size_t whole_used, split_used;
	enum protocol protocol;
	enum codec_result result;

	if (size < 1)
		return 0;
	protocol = protocols[data[0] & 3];
	result = decode(data + 1, size - 1, size, protocol, &whole, &whole_used);
	if (result != decode(data + 1, size - 1, 1 + (data[0] >> 2) % 16, protocol, &split, &split_used))
		abort();
	if (result == CODEC_BAD && (!why_bad(&whole) || strcmp(why_bad(&whole), why_bad(&split)) != 0))
		abort();
	if (result == CODEC_DONE &&
	    (whole_used != split_used || whole.target_len != split.target_len ||
		whole.reusable != split.reusable || whole.is_head != split.is_head ||
		body_bytes(&whole) != body_bytes(&split) ||
		memcmp(whole.target, split.target, whole.target_len) != 0))
		abort();
	return 0;
}
