// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * HTTP/1.1 requests: out, for the generator, and in, for the built-in server (RFC 9112 sections 3 and 6).
 */
#ifndef MAXQ_CODEC_HTTP1_REQUEST_H
#define MAXQ_CODEC_HTTP1_REQUEST_H

#include "codec/http1_head.h"
#include "codec/request_spec.h"

/*
 * Writes the request into buf: its length, or -EINVAL with a message when a part of it cannot stand in a request, or
 * -ENOBUFS when it does not fit.
 */
int http1_request_encode(uint8_t *buf, size_t size, const struct request_spec *spec, struct err *err);

struct http1_request {
	/* for the caller, once the message is whole */
	bool is_head;                /* the method is HEAD */
	bool reusable;               /* the client does not ask to close */
	char target[HTTP1_LINE_MAX]; /* as it came: path and query */
	size_t target_len;
	struct body body;

	/* the decoder's own */
	bool minor_zero;
	enum http1_request_state {
		REQUEST_LINE,
		REQUEST_FIELDS,
		REQUEST_BODY_LENGTH,
		REQUEST_BODY_CHUNKED,
		REQUEST_TRAILERS,
	} state;
	uint64_t left;
	struct http1_chunked chunked;
	struct http1_head head; /* head.why_bad after CODEC_BAD */
};

void http1_request_begin(struct http1_request *request, const struct body_spec *spec);
enum codec_result http1_request_feed(
    struct http1_request *request, const uint8_t *data, size_t len, size_t *used);

#endif
