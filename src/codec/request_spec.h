// SPDX-License-Identifier: GPL-3.0-or-later
/* A request to be encoded, whatever the protocol, and what all encoders refuse. */
#ifndef MAXQ_CODEC_REQUEST_SPEC_H
#define MAXQ_CODEC_REQUEST_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct request_spec {
	const char *method;         /* a token; NULL means GET */
	const char *path;           /* path and query */
	const char *host;           /* of the Host field */
	const char *const *headers; /* "Name: value"; one named Host or User-Agent replaces ours */
	size_t n_headers;
	const void *body; /* with a length of ours, unless a Content-Length header gives one */
	size_t body_len;
	bool close; /* the connection's last: http announces it, fastcgi leaves out KEEP_CONN */

	/* fastcgi, uwsgi, scgi */
	const char *const *params; /* "NAME=VALUE"; one named as a variable of ours replaces it */
	size_t n_params;
	uint8_t modifier1; /* uwsgi: which plugin is meant; 0 is Python */
};

enum { REQUEST_PARAMS_MAX = 64 };

/* 0, or -EINVAL with a message when method, headers or parameters cannot stand in a request. */
int request_spec_check(const struct request_spec *spec, struct err *err);

/* The method, GET by default. */
const char *request_spec_method(const struct request_spec *spec);

/* The whole "Name: value" of the first header of that name, or NULL. */
const char *request_spec_header(const struct request_spec *spec, const char *name);

/* The value in "Name: value", without the white space before it. */
const char *header_value(const char *header);

#endif
