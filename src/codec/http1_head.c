// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/http1_head.h"

#include <string.h>
#include <strings.h>

void http1_head_begin(struct http1_head *head)
{
	/* not all of it: line[] is large and needs no clearing */
	head->bytes = 0;
	head->line_len = 0;
	head->last_was_cr = false;
	http1_head_forget_fields(head);
}

void http1_head_forget_fields(struct http1_head *head)
{
	head->why_bad = NULL;
	head->length = 0;
	head->length_seen = head->length_bad = false;
	head->coded = head->chunked = false;
	head->close = head->keep_alive = false;
	head->foldable = false;
}

enum codec_result http1_head_bad(struct http1_head *head, const char *why)
{
	head->why_bad = why;
	return CODEC_BAD;
}

/* Keeps the bytes of an unfinished line, as many as will ever be looked at. */
static void keep_partial(struct http1_head *head, const uint8_t *data, size_t len)
{
	if (head->line_len < HTTP1_LINE_MAX) {
		size_t room = HTTP1_LINE_MAX - head->line_len;

		memcpy(head->line + head->line_len, data, len < room ? len : room);
	}
	head->line_len += (uint32_t)len;
	head->last_was_cr = data[len - 1] == '\r';
}

enum codec_result http1_head_line(
    struct http1_head *head, const uint8_t *data, size_t len, size_t *used, struct http1_line *line)
{
	const uint8_t *from = data + *used;
	size_t left = len - *used;
	const uint8_t *lf = left ? memchr(from, '\n', left) : NULL;
	size_t taken = lf ? (size_t)(lf - from) : left;
	size_t whole;

	if (taken + 1 > HTTP1_HEAD_MAX - head->bytes)
		return http1_head_bad(head, "head is too long");
	head->bytes += (uint32_t)(taken + (lf != NULL));
	*used += taken + (lf != NULL);
	if (!lf) {
		if (taken)
			keep_partial(head, from, taken);
		return CODEC_MORE;
	}
	if (!head->line_len) { /* the common case: the line lies in the input as a whole */
		whole = taken && from[taken - 1] == '\r' ? taken - 1 : taken;
		line->text = (const char *)from;
	} else {
		if (taken)
			keep_partial(head, from, taken);
		whole = head->line_len - head->last_was_cr;
		line->text = head->line;
		head->line_len = 0;
		head->last_was_cr = false;
	}
	line->cut = whole > HTTP1_LINE_MAX;
	line->len = line->cut ? HTTP1_LINE_MAX : whole;
	return CODEC_DONE;
}

/* The characters of a token (RFC 9110 5.6.2), as a table of bits. */
static bool is_token_char(unsigned char c)
{
	static const uint32_t bits[8] = {0, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff, 0, 0, 0, 0};

	return bits[c >> 5] >> (c & 31) & 1;
}

/* One member of a comma-separated list, without white space around it. Returns false at the end of the list. */
static bool next_member(const char **at, const char *end, const char **member, size_t *len)
{
	const char *stop;

	if (!*at)
		return false;
	stop = memchr(*at, ',', (size_t)(end - *at));
	*member = *at;
	*at = stop ? stop + 1 : NULL;
	if (!stop)
		stop = end;
	while (*member < stop && (**member == ' ' || **member == '\t'))
		(*member)++;
	while (stop > *member && (stop[-1] == ' ' || stop[-1] == '\t'))
		stop--;
	*len = (size_t)(stop - *member);
	return true;
}

static bool member_is(const char *member, size_t len, const char *word)
{
	return len == strlen(word) && !strncasecmp(member, word, len);
}

/* RFC 9110 8.6: digits; several identical values, in one field or many, are one value; all else is invalid. */
static void read_content_length(struct http1_head *head, const char *at, const char *end)
{
	const char *member;
	size_t len;

	while (next_member(&at, end, &member, &len)) {
		uint64_t value = 0;

		if (!len)
			head->length_bad = true;
		for (size_t i = 0; i < len && !head->length_bad; i++) {
			head->length_bad =
			    member[i] < '0' || member[i] > '9' || value > (UINT64_MAX - 9) / 10;
			value = value * 10 + (uint64_t)(member[i] - '0');
		}
		if (head->length_seen && value != head->length)
			head->length_bad = true;
		head->length_seen = true;
		head->length = value;
	}
}

static void read_transfer_encoding(struct http1_head *head, const char *at, const char *end)
{
	const char *member;
	size_t len;

	head->coded = true;
	while (next_member(&at, end, &member, &len))
		if (len) /* empty members of a list count for nothing (RFC 9110 5.6.1) */
			head->chunked = member_is(member, len, "chunked");
}

static void read_connection(struct http1_head *head, const char *at, const char *end)
{
	const char *member;
	size_t len;

	while (next_member(&at, end, &member, &len)) {
		if (member_is(member, len, "close"))
			head->close = true;
		else if (member_is(member, len, "keep-alive"))
			head->keep_alive = true;
	}
}

enum codec_result http1_head_field(struct http1_head *head, const struct http1_line *line)
{
	const char *colon = memchr(line->text, ':', line->len);
	const char *end = line->text + line->len;
	void (*read)(struct http1_head *, const char *, const char *) = NULL;
	size_t name_len;

	if (line->text[0] == ' ' || line->text[0] == '\t') /* obsolete folding (RFC 9112 5.2) */
		return head->foldable ? CODEC_MORE
				      : http1_head_bad(head, "folded line where framing is decided");
	if (!colon)
		return http1_head_bad(head, "field line without a colon");
	name_len = (size_t)(colon - line->text);
	if (!name_len)
		return http1_head_bad(head, "field without a name");
	for (size_t i = 0; i < name_len; i++)
		if (!is_token_char((unsigned char)line->text[i]))
			return http1_head_bad(head, "bad character in a field name");
	if (name_len == 10 && !strncasecmp(line->text, "connection", 10))
		read = read_connection;
	else if (name_len == 14 && !strncasecmp(line->text, "content-length", 14))
		read = read_content_length;
	else if (name_len == 17 && !strncasecmp(line->text, "transfer-encoding", 17))
		read = read_transfer_encoding;
	head->foldable = !read;
	if (read && line->cut)
		return http1_head_bad(head, "framing field is too long");
	if (read)
		read(head, colon + 1, end);
	return CODEC_MORE;
}

int http1_minor_version(const char *text)
{
	if (memcmp(text, "HTTP/1.", 7) || text[7] < '0' || text[7] > '9')
		return -1;
	return text[7] - '0';
}
