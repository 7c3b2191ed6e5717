// SPDX-License-Identifier: GPL-3.0-or-later
/* A request by any of the protocols: out, for the generator, and in, for the built-in server. */
#ifndef MAXQ_CODEC_REQUEST_H
#define MAXQ_CODEC_REQUEST_H

#include "base/url.h"
#include "codec/fastcgi_request.h"
#include "codec/http1_request.h"
#include "codec/scgi_request.h"
#include "codec/uwsgi_request.h"

/* So large a buffer holds any request with a body of that length and a head of a reasonable one, say 64 KiB. */
size_t request_size(size_t body_len);

/*
 * Writes the request into buf: its length, or -EINVAL with a message when a part of it cannot stand in a request, or
 * -ENOBUFS when it does not fit.
 */
int request_encode(
    uint8_t *buf, size_t size, enum protocol protocol, const struct request_spec *spec, struct err *err);

struct request {
	/* for the caller, after CODEC_DONE */
	bool is_head;       /* the method is HEAD */
	bool reusable;      /* the client wants the connection to stay open */
	const char *target; /* as it came: path and query; valid until the request is begun anew */
	size_t target_len;

	enum protocol protocol;
	union {
		struct http1_request http1;
		struct fastcgi_request fastcgi;
		struct uwsgi_request uwsgi;
		struct scgi_request scgi;
	} of;
};

void request_begin(struct request *request, enum protocol protocol, const struct body_spec *spec);

/* By the contract of codec.h. */
enum codec_result request_feed(struct request *request, const uint8_t *data, size_t len, size_t *used);

#endif
