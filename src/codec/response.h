// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A response by any of the protocols, in: one face for whoever need not know which.
 */
#ifndef MAXQ_CODEC_RESPONSE_H
#define MAXQ_CODEC_RESPONSE_H

#include "base/url.h"
#include "codec/cgi_response.h"
#include "codec/fastcgi_response.h"
#include "codec/http1_response.h"

struct response {
	/* for the caller, after CODEC_DONE */
	uint16_t status;
	bool reusable; /* the connection can carry another request, if it was asked to stay */

	/* after CODEC_BAD */
	const char *why_bad; /* static text */
	bool begun;          /* a byte of it has been seen */

	enum protocol protocol;
	union {
		struct http1_response http1; /* of http and uwsgi */
		struct cgi_response scgi;
		struct fastcgi_response fastcgi;
	} of;
};

/* `spec` is kept by reference and may be shared. `to_head_request`: the request was HEAD, so no body follows. */
void response_begin(
    struct response *response, enum protocol protocol, bool to_head_request, const struct body_spec *spec);

/* What makes the same head cheaper when it comes again, by the protocols that have it; see struct http1_memo. */
static inline void response_recall(struct response *response, struct http1_memo *memo)
{
	if (response->protocol == PROTOCOL_HTTP)
		http1_response_recall(&response->of.http1, memo);
}

/* By the contract of codec.h. */
enum codec_result response_feed(struct response *response, const uint8_t *data, size_t len, size_t *used);

/* The connection was closed: CODEC_DONE when that ends the message, else CODEC_BAD (truncated, or never begun). */
enum codec_result response_eof(struct response *response);

/* Its body so far. */
const struct body *response_body(const struct response *response);

#endif
