// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/http1_response.h"

#include <string.h>

void http1_response_begin(struct http1_response *response, bool to_head_request, const struct body_spec *spec)
{
	response->status = 0;
	response->reusable = false;
	response->to_head_request = to_head_request;
	response->state = RESPONSE_STATUS_LINE;
	response->begun = false;
	response->memo = NULL;
	body_begin(&response->body, spec);
	http1_head_begin(&response->head);
}

/* status-line = HTTP-version SP status-code SP [ reason-phrase ]; the last SP is often forgotten. */
static enum codec_result read_status_line(struct http1_response *response, const struct http1_line *line)
{
	const char *text = line->text;
	int minor;
	unsigned status = 0;

	if (line->len < 12)
		return http1_head_bad(&response->head, "not a status line of HTTP/1");
	minor = http1_minor_version(text);
	if (minor < 0 || text[8] != ' ' || (line->len > 12 && text[12] != ' '))
		return http1_head_bad(&response->head, "not a status line of HTTP/1");
	for (int i = 9; i < 12; i++) {
		if (text[i] < '0' || text[i] > '9')
			return http1_head_bad(&response->head, "status is not a number");
		status = status * 10 + (unsigned)(text[i] - '0');
	}
	if (status < 100 || status > 599)
		return http1_head_bad(&response->head, "status is not between 100 and 599");
	response->status = (uint16_t)status;
	response->minor_zero = minor == 0;
	response->state = RESPONSE_FIELDS;
	return CODEC_MORE;
}

static enum codec_result done(struct http1_response *response)
{
	response->state = RESPONSE_DONE;
	return CODEC_DONE;
}

/* The empty line: decides how the body is framed, by the list of RFC 9112 6.3 in its order. */
static enum codec_result end_of_head(struct http1_response *response)
{
	const struct http1_head *head = &response->head;

	response->reusable = !head->close && (!response->minor_zero || head->keep_alive);
	if (response->status < 200 && response->status != 101) {
		http1_head_forget_fields(&response->head);
		response->state = RESPONSE_STATUS_LINE;
		return CODEC_MORE;
	}
	if (response->status == 101) /* what follows is another protocol */
		response->reusable = false;
	if (response->to_head_request || response->status < 200 || response->status == 204 ||
	    response->status == 304)
		return done(response);
	if (head->coded) {
		/* with a length, or in HTTP/1.0, a coding is suspect: read it, but do not trust the connection further */
		if (head->length_seen || response->minor_zero)
			response->reusable = false;
		http1_chunked_begin(&response->chunked);
		response->state = head->chunked ? RESPONSE_BODY_CHUNKED : RESPONSE_BODY_UNTIL_CLOSE;
	} else if (head->length_bad) {
		return http1_head_bad(&response->head, "invalid or conflicting Content-Length");
	} else if (head->length_seen) {
		response->left = head->length;
		response->state = RESPONSE_BODY_LENGTH;
		if (!response->left)
			return done(response);
	} else {
		response->state = RESPONSE_BODY_UNTIL_CLOSE;
	}
	if (response->state == RESPONSE_BODY_UNTIL_CLOSE)
		response->reusable = false;
	return CODEC_MORE;
}

static enum codec_result feed_head(
    struct http1_response *response, const uint8_t *data, size_t len, size_t *used)
{
	struct http1_line line;
	enum codec_result rc = http1_head_line(&response->head, data, len, used, &line);

	if (rc != CODEC_DONE)
		return rc;
	switch (response->state) {
	case RESPONSE_STATUS_LINE:
		return read_status_line(response, &line);
	case RESPONSE_FIELDS:
		return line.len ? http1_head_field(&response->head, &line) : end_of_head(response);
	default: /* trailers, which say nothing that we need */
		return line.len ? CODEC_MORE : done(response);
	}
}

void http1_response_recall(struct http1_response *response, struct http1_memo *memo)
{
	if (!response->to_head_request) /* which decides, too, what follows the head */
		response->memo = memo;
}

/* The first bytes of a response are a head that is known: goes to behind it. */
static bool recall(struct http1_response *response, const uint8_t *data, size_t len)
{
	const struct http1_memo *memo = response->memo;

	if (!memo->len || len < memo->len || memcmp(data, memo->head, memo->len) != 0)
		return false;
	response->status = memo->status;
	response->reusable = memo->reusable;
	response->state = memo->state;
	response->left = memo->left;
	response->head.bytes = memo->len;
	if (memo->state == RESPONSE_BODY_CHUNKED)
		http1_chunked_begin(&response->chunked);
	return true;
}

/* The head has been read, and came in one piece. */
static void remember(const struct http1_response *response, const uint8_t *head, size_t len)
{
	struct http1_memo *memo = response->memo;

	if (len > HTTP1_MEMO_MAX)
		return;
	memo->len = (uint16_t)len;
	memo->status = response->status;
	memo->reusable = response->reusable;
	memo->state = response->state;
	memo->left = response->left;
	memcpy(memo->head, head, len);
}

static bool in_head(const struct http1_response *response)
{
	return response->state == RESPONSE_STATUS_LINE || response->state == RESPONSE_FIELDS;
}

enum codec_result http1_response_feed(
    struct http1_response *response, const uint8_t *data, size_t len, size_t *used)
{
	enum codec_result rc = CODEC_MORE;
	bool whole_head = response->memo && !response->begun; /* so far */
	size_t n;

	*used = 0;
	if (whole_head && recall(response, data, len)) {
		*used = response->memo->len;
		whole_head = false;
		if (response->state == RESPONSE_DONE)
			rc = CODEC_DONE;
	}
	response->begun |= len > 0;
	while (*used < len && rc == CODEC_MORE) {
		switch (response->state) {
		case RESPONSE_STATUS_LINE:
		case RESPONSE_FIELDS:
		case RESPONSE_TRAILERS:
			rc = feed_head(response, data, len, used);
			if (whole_head && rc != CODEC_BAD && !in_head(response)) {
				remember(response, data, *used);
				whole_head = false;
			}
			break;
		case RESPONSE_BODY_LENGTH:
			n = len - *used < response->left ? len - *used : (size_t)response->left;
			body_feed(&response->body, data + *used, n);
			*used += n;
			response->left -= n;
			if (!response->left)
				rc = done(response);
			break;
		case RESPONSE_BODY_CHUNKED:
			rc = http1_chunked_feed(
			    &response->chunked, &response->head, &response->body, data, len, used);
			if (rc == CODEC_DONE) {
				response->state = RESPONSE_TRAILERS;
				rc = CODEC_MORE;
			}
			break;
		case RESPONSE_BODY_UNTIL_CLOSE:
			body_feed(&response->body, data + *used, len - *used);
			*used = len;
			break;
		case RESPONSE_DONE:
			return CODEC_DONE;
		}
	}
	return rc;
}

enum codec_result http1_response_eof(struct http1_response *response)
{
	if (response->state == RESPONSE_BODY_UNTIL_CLOSE)
		return done(response);
	return http1_head_bad(&response->head,
	    response->begun ? "closed in the middle of a response" : "closed without a response");
}
