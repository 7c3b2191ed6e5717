// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The contract of all decoders. A decoder is a struct in the caller's storage; it is fed bytes as they come, keeps what it
 * needs of them itself, and makes no system call and no allocation. However the same bytes are split over calls, the
 * result is the same.
 */
#ifndef MAXQ_CODEC_CODEC_H
#define MAXQ_CODEC_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum codec_result {
	CODEC_MORE, /* all bytes consumed, the message goes on */
	CODEC_DONE, /* the message is whole; bytes after it were not consumed */
	CODEC_BAD,  /* not a message of this protocol; the decoder says why and must be begun anew */
};

/* What to do with a body, shared by many messages. */
struct body_spec {
	const uint8_t *expect; /* the body must be these bytes; NULL: any body will do */
	size_t expect_len;
	uint8_t *copy; /* the first copy_size bytes go here; NULL: nowhere */
	size_t copy_size;
};

/* One message's body as it comes by. */
struct body {
	const struct body_spec *spec;
	uint64_t bytes; /* seen so far */
	bool differs;   /* from what was expected, in what was seen so far */
};

void body_begin(struct body *body, const struct body_spec *spec);
void body_feed(struct body *body, const uint8_t *data, size_t len);
/*
 * For a body of known length, of which `*left` bytes are still to come: takes them from data[*used..len), and advances both.
 * CODEC_DONE with the last one.
 */
enum codec_result body_feed_left(
    struct body *body, uint64_t *left, const uint8_t *data, size_t len, size_t *used);
/* At the end of the message: true when it was the expected body, or none was expected. */
bool body_matches(const struct body *body);

#endif
