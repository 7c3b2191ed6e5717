// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/uwsgi_request.h"

#include <errno.h>
#include <string.h>

#include "codec/cgi_params.h"

struct writer {
	struct cgi_sink sink;
	uint8_t *at, *end;
	size_t wanted; /* by the variables, fitting or not */
};

static void put_bytes(struct writer *w, const void *bytes, size_t len)
{
	w->wanted += len;
	if (len > (size_t)(w->end - w->at)) {
		w->end = w->at; /* nothing more fits */
		return;
	}
	if (len)
		memcpy(w->at, bytes, len);
	w->at += len;
}

static void put_text(struct writer *w, const char *text, size_t len)
{
	const uint8_t bytes[2] = {(uint8_t)len, (uint8_t)(len >> 8)};

	put_bytes(w, bytes, sizeof(bytes));
	put_bytes(w, text, len);
}

static void put_pair(
    struct cgi_sink *sink, const char *name, size_t name_len, const char *value, size_t value_len)
{
	struct writer *w = (struct writer *)sink; /* its first member */

	put_text(w, name, name_len);
	put_text(w, value, value_len);
}

int uwsgi_request_encode(uint8_t *buf, size_t size, const struct request_spec *spec, struct err *err)
{
	size_t room = size < UWSGI_HEAD_LEN ? 0 : size - UWSGI_HEAD_LEN;
	struct writer w = {.sink.put = put_pair, .at = buf + (size - room), .end = buf + size};
	int rc = cgi_params_put(spec, PROTOCOL_UWSGI, &w.sink, err);

	if (rc)
		return rc;
	if (w.wanted > UWSGI_VARS_MAX)
		return err_set(err, -ENOBUFS,
		    "variables of the request take %zu bytes: uwsgi has room for %d, and uWSGI for %d unless its "
		    "buffer-size is larger",
		    w.wanted, UWSGI_VARS_MAX, UWSGI_VARS_USUAL);
	if (w.wanted > room || spec->body_len > room - w.wanted)
		return err_set(err, -ENOBUFS, "request is longer than %zu bytes", size);
	buf[0] = spec->modifier1;
	buf[1] = (uint8_t)w.wanted;
	buf[2] = (uint8_t)(w.wanted >> 8);
	buf[3] = 0;
	if (spec->body_len)
		memcpy(w.at, spec->body, spec->body_len);
	return (int)(UWSGI_HEAD_LEN + w.wanted + spec->body_len);
}

size_t uwsgi_request_vars_len(const uint8_t *request)
{
	return (size_t)(request[1] | request[2] << 8);
}

void uwsgi_request_begin(struct uwsgi_request *request, const struct body_spec *spec)
{
	cgi_vars_begin(&request->vars);
	body_begin(&request->body, spec);
	request->state = UWSGI_HEAD;
	request->n = 0;
	request->number = 0;
}

static enum codec_result end_of_vars(struct uwsgi_request *request)
{
	enum codec_result rc = cgi_vars_end(&request->vars);

	request->state = UWSGI_BODY;
	request->left = request->vars.length;
	return rc == CODEC_DONE && request->left ? CODEC_MORE : rc;
}

/* modifier1, the size of the variables, modifier2. */
static enum codec_result head_byte(struct uwsgi_request *request, uint8_t c)
{
	if (request->n == 1 || request->n == 2)
		request->number = (uint16_t)(request->number | c << (request->n == 2 ? 8 : 0));
	if (++request->n < UWSGI_HEAD_LEN)
		return CODEC_MORE;
	request->n = 0;
	request->vars_left = request->number;
	request->state = UWSGI_NAME_LEN;
	return request->vars_left ? CODEC_MORE : end_of_vars(request);
}

/* An empty name or value is over with its length. */
static enum codec_result next_part(struct uwsgi_request *request)
{
	enum codec_result rc;

	if (request->state == UWSGI_NAME) {
		request->state = UWSGI_VALUE_LEN;
		return CODEC_MORE;
	}
	request->state = UWSGI_NAME_LEN;
	rc = cgi_vars_pair(&request->vars);
	return rc == CODEC_MORE && !request->vars_left ? end_of_vars(request) : rc;
}

static enum codec_result length_byte(struct uwsgi_request *request, uint8_t c)
{
	request->number = (uint16_t)(request->n ? request->number | c << 8 : c);
	request->vars_left--;
	if (!request->n++)
		return request->vars_left
		    ? CODEC_MORE
		    : cgi_vars_bad(&request->vars, "variables end in the middle of one");
	request->n = 0;
	request->state = request->state == UWSGI_NAME_LEN ? UWSGI_NAME : UWSGI_VALUE;
	/* a name must leave room for the length of its value */
	if (request->number + (request->state == UWSGI_NAME ? 2 : 0) > request->vars_left)
		return cgi_vars_bad(&request->vars, "variables end in the middle of one");
	return request->number ? CODEC_MORE : next_part(request);
}

static enum codec_result text_bytes(
    struct uwsgi_request *request, const uint8_t *data, size_t len, size_t *used)
{
	size_t n = len - *used < request->number ? len - *used : request->number;
	enum codec_result rc = request->state == UWSGI_NAME ? cgi_vars_name(&request->vars, data + *used, n)
							    : cgi_vars_value(&request->vars, data + *used, n);

	*used += n;
	request->number = (uint16_t)(request->number - n);
	request->vars_left = (uint16_t)(request->vars_left - n);
	return rc == CODEC_MORE && !request->number ? next_part(request) : rc;
}

enum codec_result uwsgi_request_feed(
    struct uwsgi_request *request, const uint8_t *data, size_t len, size_t *used)
{
	enum codec_result rc = CODEC_MORE;

	*used = 0;
	while (*used < len && rc == CODEC_MORE) {
		switch (request->state) {
		case UWSGI_HEAD:
			rc = head_byte(request, data[(*used)++]);
			break;
		case UWSGI_NAME_LEN:
		case UWSGI_VALUE_LEN:
			rc = length_byte(request, data[(*used)++]);
			break;
		case UWSGI_NAME:
		case UWSGI_VALUE:
			rc = text_bytes(request, data, len, used);
			break;
		case UWSGI_BODY:
			rc = body_feed_left(&request->body, &request->left, data, len, used);
			break;
		}
	}
	return rc;
}
