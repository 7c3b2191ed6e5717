// SPDX-License-Identifier: GPL-3.0-or-later
#include "skeleton/message.h"

#include <stdio.h>
#include <string.h>

enum { HEAD_MAX = 256 };

static const char *reason(unsigned status)
{
	switch (status) {
	case 200:
		return "OK";
	case 400:
		return "Bad Request";
	case 404:
		return "Not Found";
	case 500:
		return "Internal Server Error";
	case 503:
		return "Service Unavailable";
	default:
		return "Status";
	}
}

/* Of a response to HTTP/1.0, which wants to be told that the connection stays (RFC 9112 9.3), and of the last one. */
static const char *connection_field(const struct request *request)
{
	if (request->protocol != PROTOCOL_HTTP)
		return "";
	if (!request->reusable)
		return "Connection: close\r\n";
	return request->of.http1.minor_zero ? "Connection: keep-alive\r\n" : "";
}

static size_t put_head(char *out, const struct request *request, const struct message *m)
{
	bool cgi = request->protocol == PROTOCOL_FASTCGI || request->protocol == PROTOCOL_SCGI;

	return (size_t)snprintf(out, HEAD_MAX,
	    "%s %u %s\r\nServer: maxq\r\nContent-Type: %s\r\n%sContent-Length: %zu\r\n\r\n",
	    cgi ? "Status:" : "HTTP/1.1", m->status, reason(m->status), m->type, connection_field(request),
	    m->body_len);
}

/* END_REQUEST: the length. */
static size_t put_end(uint8_t *out, uint16_t id, enum fastcgi_protocol_status status)
{
	const uint8_t content[FASTCGI_BODY_LEN] = {0, 0, 0, 0, (uint8_t)status};

	fastcgi_put_head(out, FASTCGI_END_REQUEST, id, sizeof(content));
	memcpy(out + FASTCGI_HEAD_LEN, content, sizeof(content));
	return FASTCGI_HEAD_LEN + sizeof(content);
}

size_t message_compose(uint8_t *out, const struct request *request, const struct message *m)
{
	bool fastcgi = request->protocol == PROTOCOL_FASTCGI;
	uint16_t id = request->of.fastcgi.id;
	uint8_t *at = fastcgi ? out + FASTCGI_HEAD_LEN : out;
	size_t head_len = put_head((char *)at, request, m);
	size_t body_len = request->is_head ? 0 : m->body_len;

	if (fastcgi) /* both in one record */
		fastcgi_put_head(out, FASTCGI_STDOUT, id, head_len + body_len);
	if (m->cut && !body_len)
		head_len -= head_len / 2;
	at += head_len;
	if (m->cut)
		body_len /= 2;
	memcpy(at, m->body, body_len);
	at += body_len;
	if (fastcgi && !m->cut) {
		fastcgi_put_head(at, FASTCGI_STDOUT, id, 0);
		at += FASTCGI_HEAD_LEN;
		at += put_end(at, id, FASTCGI_REQUEST_COMPLETE);
	}
	return (size_t)(at - out);
}

size_t message_refuse(uint8_t *out, const struct request *request)
{
	static const uint8_t body[] = "bad request\n";
	const struct fastcgi_request *fastcgi = &request->of.fastcgi;
	struct request last = *request;

	if (request->protocol == PROTOCOL_FASTCGI && !fastcgi->id)
		return 0;
	if (request->protocol == PROTOCOL_FASTCGI && fastcgi->refusal)
		return put_end(out, fastcgi->id, fastcgi->refusal);
	last.reusable = last.is_head = false;
	return message_compose(out, &last,
	    &(struct message){
		.status = 400, .type = "text/plain", .body = body, .body_len = sizeof(body) - 1});
}
