// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * HTTP/1.1 responses, in: a decoder for a client (RFC 9112 section 6.3). It skips interim responses (1xx but 101), knows
 * the responses that have no body, reads bodies by chunks, by length and until the connection closes.
 */
#ifndef MAXQ_CODEC_HTTP1_RESPONSE_H
#define MAXQ_CODEC_HTTP1_RESPONSE_H

#include "codec/http1_head.h"

struct http1_response {
	/* for the caller, once the message is whole */
	uint16_t status;
	bool reusable; /* the connection can carry another request */
	struct body body;

	/* the decoder's own */
	bool to_head_request;
	bool minor_zero; /* HTTP/1.0 */
	enum http1_response_state {
		RESPONSE_STATUS_LINE,
		RESPONSE_FIELDS,
		RESPONSE_BODY_LENGTH,
		RESPONSE_BODY_CHUNKED,
		RESPONSE_BODY_UNTIL_CLOSE,
		RESPONSE_TRAILERS,
		RESPONSE_DONE,
	} state;
	bool begun; /* a byte of it has been seen */
	uint64_t left;
	struct http1_chunked chunked;
	struct http1_memo *memo; /* the caller's; NULL: none */
	struct http1_head head;  /* head.why_bad after CODEC_BAD */
};

enum { HTTP1_MEMO_MAX = 1024 };

/*
 * The head that came last, and what it came to. A decoder is a function of the bytes: where these are the same again, to
 * compare them says all that reading them would. Zero is empty. For the responses of one thread to one kind of request.
 */
struct http1_memo {
	uint16_t len; /* of the head, up to its empty line */
	uint16_t status;
	bool reusable;
	enum http1_response_state state; /* behind the head */
	uint64_t left;
	uint8_t head[HTTP1_MEMO_MAX];
};

/* `spec` is kept by reference and may be shared. `to_head_request`: the request was HEAD, so no body follows. */
void http1_response_begin(
    struct http1_response *response, bool to_head_request, const struct body_spec *spec);

/* After begin: reads the head by way of the memo, and keeps it there. The result is the same as without. */
void http1_response_recall(struct http1_response *response, struct http1_memo *memo);

/* Consumes *used bytes of data: all with CODEC_MORE, up to the end of the message with CODEC_DONE. */
enum codec_result http1_response_feed(
    struct http1_response *response, const uint8_t *data, size_t len, size_t *used);

/* The connection was closed: CODEC_DONE when that ends the message, else CODEC_BAD (truncated, or never begun). */
enum codec_result http1_response_eof(struct http1_response *response);

#endif
