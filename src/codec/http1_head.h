// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What heads of HTTP/1.1 requests and responses share (RFC 9112 sections 2 to 6): lines, and the fields that decide
 * framing and reuse of the connection. All other fields are passed over.
 *
 * Only the first HTTP1_LINE_MAX bytes of a line are ever looked at or kept; a longer line is harmless unless it is one of
 * the fields above, which is then an error.
 */
#ifndef MAXQ_CODEC_HTTP1_HEAD_H
#define MAXQ_CODEC_HTTP1_HEAD_H

#include "codec/codec.h"

enum {
	HTTP1_LINE_MAX = 256,
	HTTP1_HEAD_MAX = 64 * 1024, /* bytes of a head, all 1xx before it and the trailers included */
};

struct http1_head {
	const char *why_bad; /* set by the call that returns CODEC_BAD */
	uint64_t length;     /* of Content-Length, if length_seen and not length_bad */
	bool length_seen, length_bad;
	bool coded;   /* a Transfer-Encoding was seen */
	bool chunked; /* and its last coding is chunked */
	bool close, keep_alive;

	/* assembly of lines */
	bool foldable;     /* a line that begins with white space continues a field that does not matter */
	bool last_was_cr;  /* of the line so far */
	uint32_t bytes;    /* of the head so far */
	uint32_t line_len; /* so far, of which the first HTTP1_LINE_MAX are in line[] */
	char line[HTTP1_LINE_MAX];
};

/* A view of a whole line without its ending, into the input or into head->line: valid until the next call. */
struct http1_line {
	const char *text;
	size_t len;
	bool cut; /* the line was longer than HTTP1_LINE_MAX */
};

void http1_head_begin(struct http1_head *head);

/* Forgets the fields but not how many bytes have come: before the head that follows a 1xx, or trailers. */
void http1_head_forget_fields(struct http1_head *head);

/*
 * Takes one line, ended by LF or CRLF (RFC 9112 2.2), from data[*used..len) and moves *used: CODEC_DONE with the line,
 * CODEC_MORE when its end is not there yet, CODEC_BAD beyond HTTP1_HEAD_MAX.
 */
enum codec_result http1_head_line(
    struct http1_head *head, const uint8_t *data, size_t len, size_t *used, struct http1_line *line);

/* Reads one field line (not the empty one that ends the head): CODEC_MORE or CODEC_BAD. */
enum codec_result http1_head_field(struct http1_head *head, const struct http1_line *line);

/* Sets why_bad and returns CODEC_BAD. */
enum codec_result http1_head_bad(struct http1_head *head, const char *why);

/* Reads "HTTP/1.x": the digit x, or -1. */
int http1_minor_version(const char *text);

/* The chunked coding (RFC 9112 section 7.1), up to and including the last chunk; trailers follow it. */
struct http1_chunked {
	enum http1_chunk_state {
		CHUNK_SIZE,      /* in the hex digits */
		CHUNK_EXTENSION, /* in what follows them, which is ignored */
		CHUNK_SIZE_LF,   /* after the CR that ends the size line */
		CHUNK_DATA,
		CHUNK_DATA_CR, /* after the data */
		CHUNK_DATA_LF,
	} state;
	uint64_t left;      /* of the chunk's data */
	uint32_t digits;    /* seen of this size */
	uint32_t extension; /* bytes seen of this extension */
};

void http1_chunked_begin(struct http1_chunked *chunked);
/* CODEC_DONE after the last chunk's size line, with *used just behind it; why_bad is set in `head`. */
enum codec_result http1_chunked_feed(struct http1_chunked *chunked, struct http1_head *head,
    struct body *body, const uint8_t *data, size_t len, size_t *used);

#endif
