// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/scgi_request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "codec/cgi_params.h"

enum { LENGTH_DIGITS_MAX = 9, LENGTH_TEXT_MAX = 24 };

struct writer {
	struct cgi_sink sink;
	uint8_t *at, *end; /* NULL: only counts */
	size_t len;
};

static void put_text(struct writer *w, const char *text, size_t len)
{
	w->len += len + 1;
	if (!w->at || (size_t)(w->end - w->at) <= len)
		return;
	memcpy(w->at, text, len);
	w->at[len] = '\0';
	w->at += len + 1;
}

static void put_pair(
    struct cgi_sink *sink, const char *name, size_t name_len, const char *value, size_t value_len)
{
	struct writer *w = (struct writer *)sink; /* its first member */

	put_text(w, name, name_len);
	put_text(w, value, value_len);
}

int scgi_request_encode(uint8_t *buf, size_t size, const struct request_spec *spec, struct err *err)
{
	struct writer counter = {.sink.put = put_pair};
	struct writer w = {.sink.put = put_pair};
	char length[LENGTH_TEXT_MAX];
	size_t length_len;
	int rc = cgi_params_put(spec, PROTOCOL_SCGI, &counter.sink, err);

	if (rc)
		return rc;
	length_len = (size_t)snprintf(length, sizeof(length), "%zu:", counter.len);
	if (counter.len > size || spec->body_len > size - counter.len ||
	    length_len + 1 > size - counter.len - spec->body_len)
		return err_set(err, -ENOBUFS, "request is longer than %zu bytes", size);
	memcpy(buf, length, length_len);
	w.at = buf + length_len;
	w.end = w.at + counter.len;
	rc = cgi_params_put(spec, PROTOCOL_SCGI, &w.sink, err);
	if (rc)
		return rc;
	*w.at++ = ',';
	if (spec->body_len)
		memcpy(w.at, spec->body, spec->body_len);
	return (int)(length_len + counter.len + 1 + spec->body_len);
}

void scgi_request_begin(struct scgi_request *request, const struct body_spec *spec)
{
	cgi_vars_begin(&request->vars);
	body_begin(&request->body, spec);
	request->state = SCGI_LENGTH;
	request->digits = 0;
	request->vars_left = 0;
}

static enum codec_result length_byte(struct scgi_request *request, uint8_t c)
{
	if (c >= '0' && c <= '9' && request->digits < LENGTH_DIGITS_MAX) {
		request->digits++;
		request->vars_left = request->vars_left * 10 + (uint32_t)(c - '0');
		return CODEC_MORE;
	}
	if (c != ':' || !request->digits)
		return cgi_vars_bad(&request->vars, "not a netstring");
	request->state = request->vars_left ? SCGI_NAME : SCGI_COMMA;
	return CODEC_MORE;
}

/* A NUL: the name is over, or the pair. */
static enum codec_result end_of_text(struct scgi_request *request)
{
	enum codec_result rc = CODEC_MORE;

	if (request->state == SCGI_NAME) {
		request->state = SCGI_VALUE;
	} else {
		request->state = SCGI_NAME;
		rc = cgi_vars_pair(&request->vars);
		if (rc == CODEC_MORE && request->vars.n == 1 && !request->vars.length_seen)
			rc = cgi_vars_bad(&request->vars, "the first variable is not CONTENT_LENGTH");
	}
	if (rc == CODEC_BAD || request->vars_left)
		return rc;
	if (request->state != SCGI_NAME)
		return cgi_vars_bad(&request->vars, "variables end in the middle of one");
	request->state = SCGI_COMMA;
	return CODEC_MORE;
}

static enum codec_result text_bytes(
    struct scgi_request *request, const uint8_t *data, size_t len, size_t *used)
{
	size_t n = len - *used < request->vars_left ? len - *used : request->vars_left;
	const uint8_t *nul = memchr(data + *used, '\0', n);
	enum codec_result rc;

	if (nul)
		n = (size_t)(nul - (data + *used));
	rc = request->state == SCGI_NAME ? cgi_vars_name(&request->vars, data + *used, n)
					 : cgi_vars_value(&request->vars, data + *used, n);
	n += nul != NULL;
	*used += n;
	request->vars_left -= (uint32_t)n;
	if (rc == CODEC_BAD)
		return rc;
	if (nul)
		return end_of_text(request);
	return request->vars_left ? CODEC_MORE
				  : cgi_vars_bad(&request->vars, "variables end in the middle of one");
}

static enum codec_result comma_byte(struct scgi_request *request, uint8_t c)
{
	if (c != ',')
		return cgi_vars_bad(&request->vars, "netstring without its comma");
	if (!request->vars.scgi)
		return cgi_vars_bad(&request->vars, "no SCGI among the variables, or not 1");
	if (cgi_vars_end(&request->vars) == CODEC_BAD)
		return CODEC_BAD;
	request->state = SCGI_BODY;
	request->left = request->vars.length;
	return request->left ? CODEC_MORE : CODEC_DONE;
}

enum codec_result scgi_request_feed(
    struct scgi_request *request, const uint8_t *data, size_t len, size_t *used)
{
	enum codec_result rc = CODEC_MORE;

	*used = 0;
	while (*used < len && rc == CODEC_MORE) {
		switch (request->state) {
		case SCGI_LENGTH:
			rc = length_byte(request, data[(*used)++]);
			break;
		case SCGI_NAME:
		case SCGI_VALUE:
			rc = text_bytes(request, data, len, used);
			break;
		case SCGI_COMMA:
			rc = comma_byte(request, data[(*used)++]);
			break;
		case SCGI_BODY:
			rc = body_feed_left(&request->body, &request->left, data, len, used);
			break;
		}
	}
	return rc;
}
