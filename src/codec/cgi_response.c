// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/cgi_response.h"

#include <string.h>
#include <strings.h>

void cgi_response_begin(struct cgi_response *response, bool to_head_request, const struct body_spec *spec)
{
	response->status = 200;
	response->bodyless = to_head_request;
	response->begun = false;
	response->field_seen = response->status_seen = response->location_seen = false;
	response->state = CGI_FIELDS;
	body_begin(&response->body, spec);
	http1_head_begin(&response->head);
}

/* Status = "Status:" status-code SP reason-phrase; the phrase is often left out. */
static enum codec_result read_status(struct cgi_response *response, const struct http1_line *line)
{
	const char *at = line->text + strlen("Status:"), *end = line->text + line->len;
	unsigned status = 0;
	int digits = 0;

	if (response->status_seen)
		return http1_head_bad(&response->head, "more than one Status");
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	for (; at < end && *at >= '0' && *at <= '9' && digits < 4; digits++)
		status = status * 10 + (unsigned)(*at++ - '0');
	if (digits != 3 || (at < end && *at != ' ' && *at != '\t'))
		return http1_head_bad(&response->head, "Status is not a number of three digits");
	/* no interim responses here: nothing could follow them */
	if (status < 200 || status > 599)
		return http1_head_bad(&response->head, "status is not between 200 and 599");
	response->status = (uint16_t)status;
	response->status_seen = true;
	return CODEC_MORE;
}

static bool is_field(const struct http1_line *line, const char *name, size_t name_len)
{
	return line->len > name_len && line->text[name_len] == ':' &&
	    !strncasecmp(line->text, name, name_len);
}

static enum codec_result read_field(struct cgi_response *response, const struct http1_line *line)
{
	enum codec_result rc = http1_head_field(&response->head, line);

	if (rc != CODEC_MORE)
		return rc;
	response->field_seen = true;
	if (is_field(line, "status", 6))
		return read_status(response, line);
	response->location_seen |= is_field(line, "location", 8);
	return CODEC_MORE;
}

static enum codec_result end_of_head(struct cgi_response *response)
{
	const struct http1_head *head = &response->head;

	if (!response->field_seen) /* RFC 3875 6.3: at least one */
		return http1_head_bad(&response->head, "head without a field");
	if (response->location_seen && !response->status_seen)
		response->status = 302; /* RFC 3875 6.2.3 */
	response->bodyless |= response->status == 204 || response->status == 304;
	response->state = CGI_BODY_UNTIL_END;
	if (response->bodyless)
		return CODEC_MORE;
	if (head->length_bad)
		return http1_head_bad(&response->head, "invalid or conflicting Content-Length");
	if (!head->length_seen)
		return CODEC_MORE;
	response->left = head->length;
	response->state = response->left ? CGI_BODY_LENGTH : CGI_DONE;
	return response->left ? CODEC_MORE : CODEC_DONE;
}

static enum codec_result feed_head(
    struct cgi_response *response, const uint8_t *data, size_t len, size_t *used)
{
	struct http1_line line;
	enum codec_result rc = http1_head_line(&response->head, data, len, used, &line);

	if (rc != CODEC_DONE)
		return rc;
	return line.len ? read_field(response, &line) : end_of_head(response);
}

enum codec_result cgi_response_feed(
    struct cgi_response *response, const uint8_t *data, size_t len, size_t *used)
{
	enum codec_result rc = CODEC_MORE;

	*used = 0;
	response->begun |= len > 0;
	while (*used < len && rc == CODEC_MORE) {
		switch (response->state) {
		case CGI_FIELDS:
			rc = feed_head(response, data, len, used);
			break;
		case CGI_BODY_LENGTH:
			rc = body_feed_left(&response->body, &response->left, data, len, used);
			if (rc == CODEC_DONE)
				response->state = CGI_DONE;
			break;
		case CGI_BODY_UNTIL_END:
			if (!response->bodyless)
				body_feed(&response->body, data + *used, len - *used);
			*used = len;
			break;
		case CGI_DONE:
			return CODEC_DONE;
		}
	}
	return rc;
}

enum codec_result cgi_response_end(struct cgi_response *response)
{
	switch (response->state) {
	case CGI_BODY_UNTIL_END:
	case CGI_DONE:
		response->state = CGI_DONE;
		return CODEC_DONE;
	case CGI_BODY_LENGTH:
		return http1_head_bad(&response->head, "body ends before its Content-Length");
	default:
		return http1_head_bad(&response->head,
		    response->begun ? "ends in the middle of a head" : "closed without a response");
	}
}
