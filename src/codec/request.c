// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/request.h"

enum { HEAD_ROOM = 96 * 1024 };

size_t request_size(size_t body_len)
{
	/* fastcgi puts a head before each record */
	return HEAD_ROOM + body_len + body_len / FASTCGI_CONTENT_MAX * FASTCGI_HEAD_LEN;
}

int request_encode(
    uint8_t *buf, size_t size, enum protocol protocol, const struct request_spec *spec, struct err *err)
{
	switch (protocol) {
	case PROTOCOL_FASTCGI:
		return fastcgi_request_encode(buf, size, spec, err);
	case PROTOCOL_UWSGI:
		return uwsgi_request_encode(buf, size, spec, err);
	case PROTOCOL_SCGI:
		return scgi_request_encode(buf, size, spec, err);
	default:
		return http1_request_encode(buf, size, spec, err);
	}
}

void request_begin(struct request *request, enum protocol protocol, const struct body_spec *spec)
{
	request->protocol = protocol;
	switch (protocol) {
	case PROTOCOL_FASTCGI:
		fastcgi_request_begin(&request->of.fastcgi, spec);
		return;
	case PROTOCOL_UWSGI:
		uwsgi_request_begin(&request->of.uwsgi, spec);
		return;
	case PROTOCOL_SCGI:
		scgi_request_begin(&request->of.scgi, spec);
		return;
	default:
		http1_request_begin(&request->of.http1, spec);
	}
}

static void note_vars(struct request *request, const struct cgi_vars *vars, bool reusable)
{
	request->is_head = vars->is_head;
	request->reusable = reusable;
	request->target = vars->target;
	request->target_len = vars->target_len;
}

enum codec_result request_feed(struct request *request, const uint8_t *data, size_t len, size_t *used)
{
	struct http1_request *http1 = &request->of.http1;
	struct fastcgi_request *fastcgi = &request->of.fastcgi;
	enum codec_result rc;

	switch (request->protocol) {
	case PROTOCOL_FASTCGI:
		rc = fastcgi_request_feed(fastcgi, data, len, used);
		note_vars(request, &fastcgi->vars, fastcgi->keep_conn);
		return rc;
	case PROTOCOL_UWSGI:
		rc = uwsgi_request_feed(&request->of.uwsgi, data, len, used);
		note_vars(request, &request->of.uwsgi.vars, false);
		return rc;
	case PROTOCOL_SCGI:
		rc = scgi_request_feed(&request->of.scgi, data, len, used);
		note_vars(request, &request->of.scgi.vars, false);
		return rc;
	default:
		rc = http1_request_feed(http1, data, len, used);
		request->is_head = http1->is_head;
		request->reusable = http1->reusable;
		request->target = http1->target;
		request->target_len = http1->target_len;
		return rc;
	}
}
