// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/fastcgi_request.h"

#include <errno.h>
#include <string.h>

#include "codec/cgi_params.h"

/* A stream, cut into records; its bytes come in any pieces. */
struct stream {
	struct cgi_sink sink; /* of its variables, if they are PARAMS */
	uint8_t *at, *end;
	uint8_t *head; /* of the record in hand, or NULL */
	enum fastcgi_type type;
	size_t len; /* of the record's content so far */
	bool full;
};

static void close_record(struct stream *s)
{
	if (s->head)
		fastcgi_put_head(s->head, s->type, FASTCGI_REQUEST_ID, s->len);
	s->head = NULL;
}

static void open_record(struct stream *s)
{
	if (s->end - s->at < FASTCGI_HEAD_LEN) {
		s->full = true;
		return;
	}
	s->head = s->at;
	s->at += FASTCGI_HEAD_LEN;
	s->len = 0;
}

static void stream_put(struct stream *s, const void *bytes, size_t len)
{
	const uint8_t *from = bytes;

	while (len && !s->full) {
		size_t n;

		if (s->head && s->len == FASTCGI_CONTENT_MAX)
			close_record(s);
		if (!s->head)
			open_record(s);
		if (s->full)
			return;
		n = FASTCGI_CONTENT_MAX - s->len < len ? FASTCGI_CONTENT_MAX - s->len : len;
		if (n > (size_t)(s->end - s->at)) {
			s->full = true;
			return;
		}
		memcpy(s->at, from, n);
		s->at += n;
		s->len += n;
		from += n;
		len -= n;
	}
}

/* The empty record. */
static void stream_end(struct stream *s)
{
	close_record(s);
	open_record(s);
	if (!s->full)
		close_record(s);
}

static void put_length(struct stream *s, size_t len)
{
	uint8_t bytes[4] = {
	    (uint8_t)(len >> 24 | 0x80), (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};

	if (len < 128)
		stream_put(s, bytes + 3, 1);
	else
		stream_put(s, bytes, 4);
}

static void put_pair(
    struct cgi_sink *sink, const char *name, size_t name_len, const char *value, size_t value_len)
{
	struct stream *s = (struct stream *)sink; /* its first member */

	put_length(s, name_len);
	put_length(s, value_len);
	stream_put(s, name, name_len);
	stream_put(s, value, value_len);
}

int fastcgi_request_encode(uint8_t *buf, size_t size, const struct request_spec *spec, struct err *err)
{
	const uint8_t begin[FASTCGI_BODY_LEN] = {0, FASTCGI_RESPONDER, spec->close ? 0 : FASTCGI_KEEP_CONN};
	struct stream s = {.sink.put = put_pair, .at = buf, .end = buf + size, .type = FASTCGI_BEGIN_REQUEST};
	int rc;

	stream_put(&s, begin, sizeof(begin));
	close_record(&s);
	s.type = FASTCGI_PARAMS;
	rc = cgi_params_put(spec, PROTOCOL_FASTCGI, &s.sink, err);
	if (rc)
		return rc;
	stream_end(&s);
	s.type = FASTCGI_STDIN;
	stream_put(&s, spec->body, spec->body_len);
	stream_end(&s);
	if (s.full)
		return err_set(err, -ENOBUFS, "request is longer than %zu bytes", size);
	return (int)(s.at - buf);
}

void fastcgi_request_begin(struct fastcgi_request *request, const struct body_spec *spec)
{
	cgi_vars_begin(&request->vars);
	body_begin(&request->body, spec);
	fastcgi_record_begin(&request->record);
	request->keep_conn = false;
	request->id = 0;
	request->refusal = FASTCGI_REQUEST_COMPLETE;
	request->params_ended = false;
	request->begin_len = 0;
	request->state = PAIR_NAME_LEN;
	request->len_bytes = 0;
}

static enum codec_result refuse(
    struct fastcgi_request *request, enum fastcgi_protocol_status refusal, const char *why)
{
	request->refusal = refusal;
	return cgi_vars_bad(&request->vars, why);
}

static enum codec_result take_begin(struct fastcgi_request *request, const struct fastcgi_piece *piece)
{
	const uint8_t *begin = request->begin;

	if (request->record.length != FASTCGI_BODY_LEN || !request->record.id)
		return cgi_vars_bad(&request->vars, "bad BEGIN_REQUEST");
	if (request->id) {
		request->id = request->record.id; /* it is this one that is refused */
		return refuse(request, FASTCGI_CANT_MPX_CONN, "a request before the end of another one");
	}
	if (!piece->end) {
		memcpy(request->begin + request->begin_len, piece->data, piece->len);
		request->begin_len = (uint8_t)(request->begin_len + piece->len);
		return CODEC_MORE;
	}
	request->id = request->record.id;
	request->keep_conn = begin[2] & FASTCGI_KEEP_CONN;
	if ((begin[0] << 8 | begin[1]) != FASTCGI_RESPONDER)
		return refuse(request, FASTCGI_UNKNOWN_ROLE, "a role that is not the responder's");
	return CODEC_MORE;
}

/* One byte of a length; the state goes on behind its last one. */
static void length_byte(struct fastcgi_request *request, uint8_t c)
{
	bool of_name = request->state == PAIR_NAME_LEN;
	uint32_t *value = of_name ? &request->name_len : &request->value_len;
	bool is_long = request->len_bytes ? true : c & 0x80;

	*value = request->len_bytes ? *value << 8 | c : c & 0x7f;
	request->len_bytes++;
	if (is_long && request->len_bytes < 4)
		return;
	request->len_bytes = 0;
	request->state = of_name ? PAIR_VALUE_LEN : PAIR_NAME;
}

/* Some bytes of PARAMS, from *at on; moves *at behind what was taken. */
static enum codec_result pair_bytes(struct fastcgi_request *request, const uint8_t **at, const uint8_t *end)
{
	bool in_name = request->state == PAIR_NAME;
	uint32_t *left = in_name ? &request->name_len : &request->value_len;
	size_t n = (size_t)(end - *at) < *left ? (size_t)(end - *at) : *left;
	enum codec_result rc =
	    in_name ? cgi_vars_name(&request->vars, *at, n) : cgi_vars_value(&request->vars, *at, n);

	*at += n;
	*left -= (uint32_t)n;
	if (rc == CODEC_BAD || *left)
		return rc;
	request->state = in_name ? PAIR_VALUE : PAIR_NAME_LEN;
	return in_name ? CODEC_MORE : cgi_vars_pair(&request->vars);
}

/* What comes next is over without a byte. */
static bool is_empty(const struct fastcgi_request *request)
{
	return (request->state == PAIR_NAME && !request->name_len) ||
	    (request->state == PAIR_VALUE && !request->value_len);
}

static enum codec_result take_params(struct fastcgi_request *request, const struct fastcgi_piece *piece)
{
	const uint8_t *at = piece->data, *end;
	enum codec_result rc = CODEC_MORE;

	if (request->params_ended)
		return cgi_vars_bad(&request->vars, "PARAMS goes on after its end");
	if (piece->end) {
		if (request->record.length)
			return CODEC_MORE;
		request->params_ended = true;
		if (request->state != PAIR_NAME_LEN || request->len_bytes)
			return cgi_vars_bad(&request->vars, "PARAMS ends in the middle of a variable");
		return cgi_vars_end(&request->vars) == CODEC_DONE ? CODEC_MORE : CODEC_BAD;
	}
	end = at + piece->len;
	while (rc == CODEC_MORE && (at < end || is_empty(request))) {
		if (request->state == PAIR_NAME || request->state == PAIR_VALUE)
			rc = pair_bytes(request, &at, end);
		else
			length_byte(request, *at++);
	}
	return rc;
}

static enum codec_result take_stdin(struct fastcgi_request *request, const struct fastcgi_piece *piece)
{
	if (!request->params_ended)
		return cgi_vars_bad(&request->vars, "STDIN before the end of PARAMS");
	if (piece->end)
		return request->record.length ? CODEC_MORE : CODEC_DONE;
	body_feed(&request->body, piece->data, piece->len);
	return CODEC_MORE;
}

static enum codec_result take(struct fastcgi_request *request, const struct fastcgi_piece *piece)
{
	if (request->record.type == FASTCGI_BEGIN_REQUEST)
		return take_begin(request, piece);
	if (!request->id ||
	    request->record.id != request->id) /* of no request, or of one that was given up */
		return CODEC_MORE;
	switch (request->record.type) {
	case FASTCGI_PARAMS:
		return take_params(request, piece);
	case FASTCGI_STDIN:
		return take_stdin(request, piece);
	case FASTCGI_ABORT_REQUEST:
		return cgi_vars_bad(&request->vars, "the request was given up");
	default:
		return cgi_vars_bad(&request->vars, "record of a type that is not a request's");
	}
}

enum codec_result fastcgi_request_feed(
    struct fastcgi_request *request, const uint8_t *data, size_t len, size_t *used)
{
	enum codec_result rc = CODEC_MORE;

	*used = 0;
	while (rc == CODEC_MORE) {
		struct fastcgi_piece piece;

		rc = fastcgi_record_next(&request->record, data, len, used, &piece);
		if (rc == CODEC_MORE)
			break;
		rc = rc == CODEC_DONE ? take(request, &piece)
				      : cgi_vars_bad(&request->vars, "not a record of FastCGI 1");
	}
	return rc;
}
