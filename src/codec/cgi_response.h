// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Responses by CGI's rules (RFC 3875 section 6), in: a head without a status line, whose Status field says it, and a body
 * that ends where Content-Length says or where what carries it ends. That is a connection by scgi, which is closed, and the
 * stream STDOUT by fastcgi.
 */
#ifndef MAXQ_CODEC_CGI_RESPONSE_H
#define MAXQ_CODEC_CGI_RESPONSE_H

#include "codec/http1_head.h"

struct cgi_response {
	/* for the caller, once the message is whole */
	uint16_t status; /* 200 unless said, or 302 with a Location */
	struct body body;

	/* the decoder's own */
	bool bodyless; /* of HEAD, 204 and 304: what comes as a body is discarded (RFC 3875 4.3.3) */
	bool begun;    /* a byte of it has been seen */
	bool field_seen, status_seen, location_seen;
	enum cgi_response_state {
		CGI_FIELDS,
		CGI_BODY_LENGTH,
		CGI_BODY_UNTIL_END,
		CGI_DONE,
	} state;
	uint64_t left;
	struct http1_head head; /* head.why_bad after CODEC_BAD */
};

/* `spec` is kept by reference and may be shared. */
void cgi_response_begin(struct cgi_response *response, bool to_head_request, const struct body_spec *spec);

/* Consumes *used bytes of data: all with CODEC_MORE, up to the end of the message with CODEC_DONE. */
enum codec_result cgi_response_feed(
    struct cgi_response *response, const uint8_t *data, size_t len, size_t *used);

/* What carries it has ended: CODEC_DONE when that ends the message, else CODEC_BAD (truncated, or never begun). */
enum codec_result cgi_response_end(struct cgi_response *response);

#endif
