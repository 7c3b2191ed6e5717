// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/http1_request.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct writer {
	char *at;
	size_t left;
	bool full;
};

__attribute__((format(printf, 2, 3))) static void put(struct writer *w, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(w->at, w->left, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= w->left) {
		w->full = true;
		return;
	}
	w->at += n;
	w->left -= (size_t)n;
}

int http1_request_encode(uint8_t *buf, size_t size, const struct request_spec *spec, struct err *err)
{
	const char *method = request_spec_method(spec);
	struct writer w = {.at = (char *)buf, .left = size};
	const char *host = request_spec_header(spec, "Host");
	bool has_body =
	    spec->body_len || !strcmp(method, "POST") || !strcmp(method, "PUT") || !strcmp(method, "PATCH");
	int rc = request_spec_check(spec, err);

	if (rc)
		return rc;
	put(&w, "%s %s HTTP/1.1\r\n", method, spec->path);
	/* the first field (RFC 9110 7.2) */
	put(&w, host ? "%s\r\n" : "Host: %s\r\n", host ? host : spec->host);
	if (!request_spec_header(spec, "User-Agent"))
		put(&w, "User-Agent: maxq\r\n");
	for (size_t i = 0; i < spec->n_headers; i++)
		if (spec->headers[i] != host)
			put(&w, "%s\r\n", spec->headers[i]);
	if (has_body && !request_spec_header(spec, "Content-Length") &&
	    !request_spec_header(spec, "Transfer-Encoding"))
		put(&w, "Content-Length: %zu\r\n", spec->body_len);
	if (spec->close && !request_spec_header(spec, "Connection"))
		put(&w, "Connection: close\r\n");
	put(&w, "\r\n");
	if (w.full || spec->body_len > w.left)
		return err_set(err, -ENOBUFS, "request is longer than %zu bytes", size);
	if (spec->body_len)
		memcpy(w.at, spec->body, spec->body_len);
	return (int)(size - w.left + spec->body_len);
}

void http1_request_begin(struct http1_request *request, const struct body_spec *spec)
{
	request->is_head = false;
	request->reusable = false;
	request->target_len = 0;
	request->state = REQUEST_LINE;
	body_begin(&request->body, spec);
	http1_head_begin(&request->head);
}

/* request-line = method SP request-target SP HTTP-version */
static enum codec_result read_request_line(struct http1_request *request, const struct http1_line *line)
{
	const char *end = line->text + line->len;
	const char *first = memchr(line->text, ' ', line->len);
	const char *target = first ? first + 1 : NULL;
	const char *second = target ? memchr(target, ' ', (size_t)(end - target)) : NULL;
	int minor = second && end - second == 9 ? http1_minor_version(second + 1) : -1;

	if (!line->len) /* an empty line before the request line is tolerated (RFC 9112 2.2) */
		return CODEC_MORE;
	if (line->cut)
		return http1_head_bad(&request->head, "request line is too long");
	if (minor < 0 || first == line->text || second == target)
		return http1_head_bad(&request->head, "not a request line of HTTP/1");
	request->minor_zero = minor == 0;
	request->is_head = first - line->text == 4 && !memcmp(line->text, "HEAD", 4);
	request->target_len = (size_t)(second - target);
	memcpy(request->target, target, request->target_len);
	request->state = REQUEST_FIELDS;
	return CODEC_MORE;
}

/* Unlike responses, requests without a length have no body, and their framing must be beyond doubt (RFC 9112 6.3). */
static enum codec_result end_of_head(struct http1_request *request)
{
	struct http1_head *head = &request->head;

	request->reusable = !head->close && (!request->minor_zero || head->keep_alive);
	if (head->coded) {
		if (!head->chunked || head->length_seen)
			return http1_head_bad(head, "body of unclear length");
		http1_chunked_begin(&request->chunked);
		request->state = REQUEST_BODY_CHUNKED;
		return CODEC_MORE;
	}
	if (head->length_bad)
		return http1_head_bad(head, "invalid or conflicting Content-Length");
	request->left = head->length_seen ? head->length : 0;
	request->state = REQUEST_BODY_LENGTH;
	return request->left ? CODEC_MORE : CODEC_DONE;
}

static enum codec_result feed_head(
    struct http1_request *request, const uint8_t *data, size_t len, size_t *used)
{
	struct http1_line line;
	enum codec_result rc = http1_head_line(&request->head, data, len, used, &line);

	if (rc != CODEC_DONE)
		return rc;
	switch (request->state) {
	case REQUEST_LINE:
		return read_request_line(request, &line);
	case REQUEST_FIELDS:
		return line.len ? http1_head_field(&request->head, &line) : end_of_head(request);
	default:
		return line.len ? CODEC_MORE : CODEC_DONE;
	}
}

enum codec_result http1_request_feed(
    struct http1_request *request, const uint8_t *data, size_t len, size_t *used)
{
	enum codec_result rc = CODEC_MORE;

	*used = 0;
	while (*used < len && rc == CODEC_MORE) {
		switch (request->state) {
		case REQUEST_LINE:
		case REQUEST_FIELDS:
		case REQUEST_TRAILERS:
			rc = feed_head(request, data, len, used);
			break;
		case REQUEST_BODY_LENGTH:
			rc = body_feed_left(&request->body, &request->left, data, len, used);
			break;
		case REQUEST_BODY_CHUNKED:
			rc = http1_chunked_feed(
			    &request->chunked, &request->head, &request->body, data, len, used);
			if (rc == CODEC_DONE) {
				request->state = REQUEST_TRAILERS;
				rc = CODEC_MORE;
			}
			break;
		}
	}
	return rc;
}
