// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * SCGI requests: out, for the generator, and in, for the built-in server. A netstring of variables, each ended by NUL, and
 * then the body. The answer is a CGI response, and the connection carries no other request.
 */
#ifndef MAXQ_CODEC_SCGI_REQUEST_H
#define MAXQ_CODEC_SCGI_REQUEST_H

#include "codec/cgi_vars.h"
#include "codec/request_spec.h"

/*
 * Writes the request into buf: its length, or -EINVAL with a message when a part of it cannot stand in a request, or
 * -ENOBUFS when it does not fit.
 */
int scgi_request_encode(uint8_t *buf, size_t size, const struct request_spec *spec, struct err *err);

struct scgi_request {
	/* for the caller, once the message is whole */
	struct cgi_vars vars; /* vars.why_bad after CODEC_BAD */
	struct body body;

	/* the decoder's own */
	enum scgi_request_state {
		SCGI_LENGTH,
		SCGI_NAME,
		SCGI_VALUE,
		SCGI_COMMA,
		SCGI_BODY,
	} state;
	uint8_t digits;
	uint32_t vars_left; /* of the netstring */
	uint64_t left;      /* of the body */
};

void scgi_request_begin(struct scgi_request *request, const struct body_spec *spec);
enum codec_result scgi_request_feed(
    struct scgi_request *request, const uint8_t *data, size_t len, size_t *used);

#endif
