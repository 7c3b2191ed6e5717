// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/http1_head.h"

/* 15 hex digits: sizes below 2^60, so that sums cannot overflow. */
enum { SIZE_DIGITS_MAX = 15, EXTENSION_MAX = 4096 };

void http1_chunked_begin(struct http1_chunked *chunked)
{
	*chunked = (struct http1_chunked){.state = CHUNK_SIZE};
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte of the size line: CODEC_MORE, or CODEC_BAD with why. Changes the state where the byte does. */
static enum codec_result size_byte(struct http1_chunked *chunked, struct http1_head *head, uint8_t c)
{
	int digit = hex_digit(c);

	if (digit >= 0) {
		if (++chunked->digits > SIZE_DIGITS_MAX)
			return http1_head_bad(head, "chunk size is too long");
		chunked->left = chunked->left << 4 | (unsigned)digit;
		return CODEC_MORE;
	}
	if (!chunked->digits)
		return http1_head_bad(head, "chunk without a size");
	if (c == '\r')
		chunked->state = CHUNK_SIZE_LF;
	else if (c == ';' || c == ' ' || c == '\t')
		chunked->state = CHUNK_EXTENSION;
	else
		return http1_head_bad(head, "bad character in a chunk size");
	return CODEC_MORE;
}

static enum codec_result extension_byte(struct http1_chunked *chunked, struct http1_head *head, uint8_t c)
{
	if (c == '\r')
		chunked->state = CHUNK_SIZE_LF;
	else if (c == '\n' || ++chunked->extension > EXTENSION_MAX)
		return http1_head_bad(
		    head, c == '\n' ? "bare LF in a chunk extension" : "chunk extension is too long");
	return CODEC_MORE;
}

enum codec_result http1_chunked_feed(struct http1_chunked *chunked, struct http1_head *head,
    struct body *body, const uint8_t *data, size_t len, size_t *used)
{
	enum codec_result rc = CODEC_MORE;

	while (*used < len && rc == CODEC_MORE) {
		uint8_t c = data[*used];

		switch (chunked->state) {
		case CHUNK_SIZE:
			rc = size_byte(chunked, head, c);
			++*used;
			break;
		case CHUNK_EXTENSION:
			rc = extension_byte(chunked, head, c);
			++*used;
			break;
		case CHUNK_SIZE_LF:
			if (c != '\n')
				return http1_head_bad(head, "CR without LF after a chunk size");
			++*used;
			if (!chunked->left)
				return CODEC_DONE;
			chunked->state = CHUNK_DATA;
			break;
		case CHUNK_DATA: {
			size_t n = len - *used < chunked->left ? len - *used : chunked->left;

			body_feed(body, data + *used, n);
			*used += n;
			chunked->left -= n;
			if (!chunked->left)
				chunked->state = CHUNK_DATA_CR;
			break;
		}
		case CHUNK_DATA_CR:
		case CHUNK_DATA_LF:
			if (c != (chunked->state == CHUNK_DATA_CR ? '\r' : '\n'))
				return http1_head_bad(head, "chunk data without CRLF at its end");
			++*used;
			if (chunked->state == CHUNK_DATA_CR)
				chunked->state = CHUNK_DATA_LF;
			else
				http1_chunked_begin(chunked);
			break;
		}
	}
	return rc;
}
