// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The variables of a request by fastcgi, uwsgi and scgi: those that nginx would send to the server behind it if a client
 * asked it by http, on port 80 of 127.0.0.1, for the same path and host, by the file of Debian for that protocol
 * (fastcgi_params, uwsgi_params, scgi_params); then the headers, as HTTP_NAME. PATH_INFO, by which most applications find
 * out what they are asked for, is sent by all three.
 */
#ifndef MAXQ_CODEC_CGI_PARAMS_H
#define MAXQ_CODEC_CGI_PARAMS_H

#include "base/url.h"
#include "codec/request_spec.h"

/* Whoever takes the variables, one after the other. Names and values contain no NUL. */
struct cgi_sink {
	void (*put)(
	    struct cgi_sink *sink, const char *name, size_t name_len, const char *value, size_t value_len);
};

/*
 * Gives all variables of the request to the sink, in the same order each time; CONTENT_LENGTH is the first of scgi's, as
 * that wants it. -EINVAL with a message when the request cannot be told in variables; the sink has got some of them then.
 */
int cgi_params_put(
    const struct request_spec *spec, enum protocol protocol, struct cgi_sink *sink, struct err *err);

#endif
