// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/response.h"

void response_begin(
    struct response *response, enum protocol protocol, bool to_head_request, const struct body_spec *spec)
{
	response->protocol = protocol;
	switch (protocol) {
	case PROTOCOL_FASTCGI:
		fastcgi_response_begin(&response->of.fastcgi, to_head_request, spec);
		return;
	case PROTOCOL_SCGI:
		cgi_response_begin(&response->of.scgi, to_head_request, spec);
		return;
	default:
		http1_response_begin(&response->of.http1, to_head_request, spec);
	}
}

/* Makes the result known, from wherever the decoder keeps it. */
static enum codec_result note(struct response *response, enum codec_result rc)
{
	const struct cgi_response *cgi = &response->of.scgi;

	switch (response->protocol) {
	case PROTOCOL_FASTCGI:
		cgi = &response->of.fastcgi.cgi;
		response->begun = response->of.fastcgi.begun;
		response->reusable = true;
		break;
	case PROTOCOL_SCGI:
		response->begun = cgi->begun;
		response->reusable = false;
		break;
	default:
		response->status = response->of.http1.status;
		response->begun = response->of.http1.begun;
		response->reusable = response->of.http1.reusable && response->protocol != PROTOCOL_UWSGI;
		response->why_bad = response->of.http1.head.why_bad;
		return rc;
	}
	response->status = cgi->status;
	response->why_bad = cgi->head.why_bad;
	return rc;
}

enum codec_result response_feed(struct response *response, const uint8_t *data, size_t len, size_t *used)
{
	enum codec_result rc;

	switch (response->protocol) {
	case PROTOCOL_FASTCGI:
		rc = fastcgi_response_feed(&response->of.fastcgi, data, len, used);
		break;
	case PROTOCOL_SCGI:
		rc = cgi_response_feed(&response->of.scgi, data, len, used);
		break;
	default:
		rc = http1_response_feed(&response->of.http1, data, len, used);
	}
	return rc == CODEC_MORE ? rc : note(response, rc);
}

enum codec_result response_eof(struct response *response)
{
	switch (response->protocol) {
	case PROTOCOL_FASTCGI:
		return note(response, fastcgi_response_eof(&response->of.fastcgi));
	case PROTOCOL_SCGI:
		return note(response, cgi_response_end(&response->of.scgi));
	default:
		return note(response, http1_response_eof(&response->of.http1));
	}
}

const struct body *response_body(const struct response *response)
{
	switch (response->protocol) {
	case PROTOCOL_FASTCGI:
		return &response->of.fastcgi.cgi.body;
	case PROTOCOL_SCGI:
		return &response->of.scgi.body;
	default:
		return &response->of.http1.body;
	}
}
