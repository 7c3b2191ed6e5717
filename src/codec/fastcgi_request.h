// SPDX-License-Identifier: GPL-3.0-or-later
/* FastCGI requests in the role of a responder: out, for the generator, and in, for the built-in server. */
#ifndef MAXQ_CODEC_FASTCGI_REQUEST_H
#define MAXQ_CODEC_FASTCGI_REQUEST_H

#include "codec/cgi_vars.h"
#include "codec/fastcgi.h"
#include "codec/request_spec.h"

/*
 * Writes BEGIN_REQUEST, the streams PARAMS and STDIN, and their ends into buf: the length, or -EINVAL with a message when
 * a part of it cannot stand in a request, or -ENOBUFS when it does not fit.
 */
int fastcgi_request_encode(uint8_t *buf, size_t size, const struct request_spec *spec, struct err *err);

struct fastcgi_request {
	/* for the caller, once the message is whole */
	struct cgi_vars vars; /* vars.why_bad after CODEC_BAD */
	struct body body;
	bool keep_conn; /* the connection stays open after the answer */
	uint16_t id;    /* to answer with; 0: none has begun */
	/* after CODEC_BAD: END_REQUEST is to say this about request `id`, unless it is 0 */
	enum fastcgi_protocol_status refusal;

	/* the decoder's own */
	bool params_ended;
	struct fastcgi_record record;
	uint8_t begin_len; /* bytes seen of BEGIN_REQUEST's content */
	uint8_t begin[FASTCGI_BODY_LEN];
	enum fastcgi_pair_state {
		PAIR_NAME_LEN, /* of one byte, or of four if its highest bit is set */
		PAIR_VALUE_LEN,
		PAIR_NAME,
		PAIR_VALUE,
	} state;
	uint8_t len_bytes;            /* seen of the length in hand */
	uint32_t name_len, value_len; /* of the pair; then what is left of it */
};

void fastcgi_request_begin(struct fastcgi_request *request, const struct body_spec *spec);

/* CODEC_DONE behind the end of STDIN and its padding. */
enum codec_result fastcgi_request_feed(
    struct fastcgi_request *request, const uint8_t *data, size_t len, size_t *used);

#endif
