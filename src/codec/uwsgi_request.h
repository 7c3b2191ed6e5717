// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * uwsgi requests: out, for the generator, and in, for the built-in server. The answer is a response of HTTP/1, and the
 * connection carries no other request.
 */
#ifndef MAXQ_CODEC_UWSGI_REQUEST_H
#define MAXQ_CODEC_UWSGI_REQUEST_H

#include "codec/cgi_vars.h"
#include "codec/request_spec.h"

enum {
	UWSGI_HEAD_LEN = 4,
	UWSGI_VARS_MAX = 65535, /* of the protocol: bytes of all variables */
	UWSGI_VARS_USUAL =
	    4096, /* what uWSGI takes unless its buffer-size is larger; it closes without an answer */
};

/*
 * Writes the request into buf: its length, or -EINVAL with a message when a part of it cannot stand in a request, or
 * -ENOBUFS when it does not fit into the buffer or into the protocol.
 */
int uwsgi_request_encode(uint8_t *buf, size_t size, const struct request_spec *spec, struct err *err);

/* Bytes of the variables in an encoded request. */
size_t uwsgi_request_vars_len(const uint8_t *request);

struct uwsgi_request {
	/* for the caller, once the message is whole */
	struct cgi_vars vars; /* vars.why_bad after CODEC_BAD */
	struct body body;

	/* the decoder's own */
	enum uwsgi_request_state {
		UWSGI_HEAD,
		UWSGI_NAME_LEN,
		UWSGI_NAME,
		UWSGI_VALUE_LEN,
		UWSGI_VALUE,
		UWSGI_BODY,
	} state;
	uint8_t n;          /* bytes seen of the number in hand */
	uint16_t number;    /* little-endian: the length of a name or value; then what is left of it */
	uint16_t vars_left; /* of all variables */
	uint64_t left;      /* of the body */
};

void uwsgi_request_begin(struct uwsgi_request *request, const struct body_spec *spec);
enum codec_result uwsgi_request_feed(
    struct uwsgi_request *request, const uint8_t *data, size_t len, size_t *used);

#endif
