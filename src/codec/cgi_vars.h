// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The variables of a request, in, for the built-in server: what fastcgi, uwsgi and scgi requests share. Whoever takes the
 * pairs apart gives them here in any pieces; of all variables only those that matter to the server are looked at.
 */
#ifndef MAXQ_CODEC_CGI_VARS_H
#define MAXQ_CODEC_CGI_VARS_H

#include "codec/codec.h"

enum {
	CGI_VALUE_MAX = 256,      /* bytes of a value that is looked at; a longer one is an error then */
	CGI_NAME_MAX = 16,        /* longer names are none that we know */
	CGI_VARS_MAX = 64 * 1024, /* bytes of all names and values */
};

struct cgi_vars {
	const char *why_bad; /* set by the call that returns CODEC_BAD */
	bool is_head;        /* REQUEST_METHOD is HEAD */
	bool scgi;           /* SCGI is 1 */
	bool length_seen;
	uint64_t length;            /* CONTENT_LENGTH; 0 when it is empty or missing */
	char target[CGI_VALUE_MAX]; /* REQUEST_URI: path and query */
	size_t target_len;

	/* the pair in hand, cut to what is looked at */
	uint32_t bytes; /* of all so far */
	size_t n;       /* pairs so far */
	size_t name_len, value_len;
	char name[CGI_NAME_MAX];
	char value[CGI_VALUE_MAX];
};

void cgi_vars_begin(struct cgi_vars *vars);

/* More of the name, then more of the value of the pair in hand: CODEC_MORE, or CODEC_BAD beyond CGI_VARS_MAX. */
enum codec_result cgi_vars_name(struct cgi_vars *vars, const uint8_t *data, size_t len);
enum codec_result cgi_vars_value(struct cgi_vars *vars, const uint8_t *data, size_t len);

/* The pair is whole: CODEC_MORE or CODEC_BAD. */
enum codec_result cgi_vars_pair(struct cgi_vars *vars);

/* There are no more: CODEC_DONE, or CODEC_BAD when one is missing without which there is no request. */
enum codec_result cgi_vars_end(struct cgi_vars *vars);

/* Sets why_bad and returns CODEC_BAD. */
enum codec_result cgi_vars_bad(struct cgi_vars *vars, const char *why);

#endif
