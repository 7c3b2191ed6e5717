// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/fastcgi.h"

#include <string.h>

void fastcgi_record_begin(struct fastcgi_record *record)
{
	record->head_len = 0;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Takes what there is of the head; when it is whole, its fields are known. */
static void take_head(struct fastcgi_record *record, const uint8_t *data, size_t len, size_t *used)
{
	size_t n = smaller(len - *used, (size_t)(FASTCGI_HEAD_LEN - record->head_len));
	const uint8_t *head = record->head;

	if (n)
		memcpy(record->head + record->head_len, data + *used, n);
	*used += n;
	record->head_len = (uint8_t)(record->head_len + n);
	if (record->head_len < FASTCGI_HEAD_LEN)
		return;
	record->type = head[1];
	record->id = (uint16_t)(head[2] << 8 | head[3]);
	record->length = (uint16_t)(head[4] << 8 | head[5]);
	record->left = record->length;
	record->padding_left = head[6];
}

enum codec_result fastcgi_record_next(
    struct fastcgi_record *record, const uint8_t *data, size_t len, size_t *used, struct fastcgi_piece *piece)
{
	size_t n;

	if (record->head_len < FASTCGI_HEAD_LEN) {
		take_head(record, data, len, used);
		if (record->head_len && record->head[0] != FASTCGI_VERSION)
			return CODEC_BAD;
		if (record->head_len < FASTCGI_HEAD_LEN)
			return CODEC_MORE;
	}
	n = smaller(len - *used, record->left);
	if (n) {
		*piece = (struct fastcgi_piece){.data = data + *used, .len = n};
		*used += n;
		record->left = (uint16_t)(record->left - n);
		return CODEC_DONE;
	}
	if (record->left)
		return CODEC_MORE;
	n = smaller(len - *used, record->padding_left);
	*used += n;
	record->padding_left = (uint8_t)(record->padding_left - n);
	if (record->padding_left)
		return CODEC_MORE;
	*piece = (struct fastcgi_piece){.end = true};
	fastcgi_record_begin(record);
	return CODEC_DONE;
}

void fastcgi_put_head(uint8_t *head, enum fastcgi_type type, uint16_t id, size_t length)
{
	head[0] = FASTCGI_VERSION;
	head[1] = (uint8_t)type;
	head[2] = (uint8_t)(id >> 8);
	head[3] = (uint8_t)id;
	head[4] = (uint8_t)(length >> 8);
	head[5] = (uint8_t)length;
	head[6] = 0;
	head[7] = 0;
}
