// SPDX-License-Identifier: GPL-3.0-or-later
/* What the skeleton server answers with, by each protocol. */
#ifndef MAXQ_SKELETON_MESSAGE_H
#define MAXQ_SKELETON_MESSAGE_H

#include "codec/request.h"
#include "skeleton/answer.h"

/* Bytes of any message with a body of at most ANSWER_MAX. */
enum { MESSAGE_MAX = ANSWER_MAX + 512 };

struct message {
	unsigned status;
	const char *type; /* the media type */
	const uint8_t *body;
	size_t body_len;
	bool cut; /* end in the middle of the body, or, without one, of the head */
};

/* Writes the answer to the request at `out`, which has room for MESSAGE_MAX bytes: its length. */
size_t message_compose(uint8_t *out, const struct request *request, const struct message *message);

/* The same for what is not a request, by the decoder's word: 0 when nothing can be said. */
size_t message_refuse(uint8_t *out, const struct request *request);

#endif
