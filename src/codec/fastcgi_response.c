// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/fastcgi_response.h"

#include <string.h>

void fastcgi_response_begin(
    struct fastcgi_response *response, bool to_head_request, const struct body_spec *spec)
{
	response->begun = response->whole = response->stdout_ended = false;
	response->end_len = 0;
	fastcgi_record_begin(&response->record);
	cgi_response_begin(&response->cgi, to_head_request, spec);
}

static enum codec_result bad(struct fastcgi_response *response, const char *why)
{
	return http1_head_bad(&response->cgi.head, why);
}

static enum codec_result take_stdout(struct fastcgi_response *response, const struct fastcgi_piece *piece)
{
	enum codec_result rc;
	size_t used;

	if (piece->end) {
		response->stdout_ended |= response->record.length == 0;
		return CODEC_MORE;
	}
	if (response->stdout_ended)
		return bad(response, "STDOUT goes on after its end");
	if (response->whole)
		return bad(response, "bytes beyond Content-Length in STDOUT");
	rc = cgi_response_feed(&response->cgi, piece->data, piece->len, &used);
	if (rc != CODEC_DONE)
		return rc;
	response->whole = true;
	return used == piece->len ? CODEC_MORE : bad(response, "bytes beyond Content-Length in STDOUT");
}

static enum codec_result take_end_request(
    struct fastcgi_response *response, const struct fastcgi_piece *piece)
{
	if (response->record.length != FASTCGI_BODY_LEN)
		return bad(response, "END_REQUEST is not 8 bytes long");
	if (!piece->end) {
		memcpy(response->end + response->end_len, piece->data, piece->len);
		response->end_len = (uint8_t)(response->end_len + piece->len);
		return CODEC_MORE;
	}
	/* after appStatus, which says how the application itself ended, and counts for nothing as in nginx */
	switch (response->end[4]) {
	case FASTCGI_REQUEST_COMPLETE:
		return response->whole ? CODEC_DONE : cgi_response_end(&response->cgi);
	case FASTCGI_CANT_MPX_CONN:
		return bad(response,
		    "refused: the application takes one request at a time on a connection (CANT_MPX_CONN)");
	case FASTCGI_OVERLOADED:
		return bad(response, "refused: the application is overloaded (OVERLOADED)");
	case FASTCGI_UNKNOWN_ROLE:
		return bad(response, "refused: the application is no responder (UNKNOWN_ROLE)");
	default:
		return bad(response, "unknown protocol status in END_REQUEST");
	}
}

static enum codec_result take(struct fastcgi_response *response, const struct fastcgi_piece *piece)
{
	if (response->record.id != FASTCGI_REQUEST_ID)
		return CODEC_MORE;
	switch (response->record.type) {
	case FASTCGI_STDOUT:
		return take_stdout(response, piece);
	case FASTCGI_STDERR:
		return CODEC_MORE;
	case FASTCGI_END_REQUEST:
		return take_end_request(response, piece);
	default:
		return bad(response, "record of a type that is not a response's");
	}
}

enum codec_result fastcgi_response_feed(
    struct fastcgi_response *response, const uint8_t *data, size_t len, size_t *used)
{
	enum codec_result rc = CODEC_MORE;

	*used = 0;
	response->begun |= len > 0;
	while (rc == CODEC_MORE) {
		struct fastcgi_piece piece;

		rc = fastcgi_record_next(&response->record, data, len, used, &piece);
		if (rc == CODEC_MORE)
			break;
		rc = rc == CODEC_DONE ? take(response, &piece) : bad(response, "not a record of FastCGI 1");
	}
	return rc;
}

enum codec_result fastcgi_response_eof(struct fastcgi_response *response)
{
	return bad(response, response->begun ? "closed before END_REQUEST" : "closed without a response");
}
