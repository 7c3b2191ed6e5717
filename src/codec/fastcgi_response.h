// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Responses by FastCGI, in: a CGI response in the stream STDOUT, between whose records others may come. STDERR is passed
 * over, and so are records of other requests than ours, as the application may still be busy with one that was given up.
 */
#ifndef MAXQ_CODEC_FASTCGI_RESPONSE_H
#define MAXQ_CODEC_FASTCGI_RESPONSE_H

#include "codec/cgi_response.h"
#include "codec/fastcgi.h"

struct fastcgi_response {
	struct cgi_response cgi; /* what is in STDOUT; cgi.head.why_bad after CODEC_BAD */

	/* the decoder's own */
	bool begun;        /* a byte has been seen, of whatever record */
	bool whole;        /* the response in STDOUT has all its bytes */
	bool stdout_ended; /* by an empty record */
	struct fastcgi_record record;
	uint8_t end_len; /* bytes seen of END_REQUEST's content */
	uint8_t end[FASTCGI_BODY_LEN];
};

void fastcgi_response_begin(
    struct fastcgi_response *response, bool to_head_request, const struct body_spec *spec);

/* CODEC_DONE behind END_REQUEST and its padding: the connection can carry another request if it was asked to stay. */
enum codec_result fastcgi_response_feed(
    struct fastcgi_response *response, const uint8_t *data, size_t len, size_t *used);

/* The connection was closed before END_REQUEST: always CODEC_BAD. */
enum codec_result fastcgi_response_eof(struct fastcgi_response *response);

#endif
