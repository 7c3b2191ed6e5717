// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * FastCGI 1.0: its records, in. A record is a head of 8 bytes, its content of at most 65535 bytes, and up to 255 bytes of
 * padding. Contents are given on as they come and never kept.
 */
#ifndef MAXQ_CODEC_FASTCGI_H
#define MAXQ_CODEC_FASTCGI_H

#include "codec/codec.h"

enum fastcgi_type {
	FASTCGI_BEGIN_REQUEST = 1,
	FASTCGI_ABORT_REQUEST = 2,
	FASTCGI_END_REQUEST = 3,
	FASTCGI_PARAMS = 4,
	FASTCGI_STDIN = 5,
	FASTCGI_STDOUT = 6,
	FASTCGI_STDERR = 7,
};

enum fastcgi_protocol_status {
	FASTCGI_REQUEST_COMPLETE = 0,
	FASTCGI_CANT_MPX_CONN = 1,
	FASTCGI_OVERLOADED = 2,
	FASTCGI_UNKNOWN_ROLE = 3,
};

enum {
	FASTCGI_VERSION = 1,
	FASTCGI_HEAD_LEN = 8,
	FASTCGI_BODY_LEN = 8, /* of BEGIN_REQUEST and END_REQUEST */
	FASTCGI_CONTENT_MAX = 65535,
	FASTCGI_RESPONDER = 1,  /* the only role that we play, or ask for */
	FASTCGI_KEEP_CONN = 1,  /* flag of BEGIN_REQUEST */
	FASTCGI_REQUEST_ID = 1, /* of all our requests: one at a time on a connection */
};

/* The record in hand. */
struct fastcgi_record {
	uint8_t type; /* these three are known once the head is whole, that is, with every piece */
	uint16_t id;
	uint16_t length; /* of its content */

	uint8_t head_len; /* bytes of the head so far */
	uint8_t padding_left;
	uint16_t left; /* of the content */
	uint8_t head[FASTCGI_HEAD_LEN];
};

/* A part of a record's content, in the input; or, when it is the end, that the record is over, padding included. */
struct fastcgi_piece {
	const uint8_t *data;
	size_t len;
	bool end;
};

/* Before the first record of a connection. */
void fastcgi_record_begin(struct fastcgi_record *record);

/*
 * Takes the next piece from data[*used..len), and moves *used: CODEC_DONE with it; CODEC_MORE when all is consumed;
 * CODEC_BAD when it is not a record of version 1. To be called until it is not CODEC_DONE, as an end needs no byte.
 */
enum codec_result fastcgi_record_next(struct fastcgi_record *record, const uint8_t *data, size_t len,
    size_t *used, struct fastcgi_piece *piece);

/* Writes the head of a record without padding. */
void fastcgi_put_head(uint8_t *head, enum fastcgi_type type, uint16_t id, size_t length);

#endif
