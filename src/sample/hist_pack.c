// SPDX-License-Identifier: GPL-3.0-or-later
#include "sample/hist_pack.h"

#include <errno.h>

enum { VERSION = 1, NUMBER_MAX = 10 };

static void put(struct buf *into, uint64_t value)
{
	uint8_t bytes[NUMBER_MAX];
	size_t n = 0;

	do {
		bytes[n++] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		value >>= 7;
	} while (value);
	buf_append(into, bytes, n);
}

int hist_pack(const struct hist *hist, struct buf *into)
{
	unsigned empty = 0;

	put(into, VERSION);
	put(into, HIST_SUB_BITS);
	put(into, HIST_TOP_BIT);
	put(into, hist->count);
	put(into, hist->sum_ns);
	put(into, hist->min_ns);
	put(into, hist->max_ns);
	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		if (!hist->bucket[i]) {
			empty++;
			continue;
		}
		put(into, empty);
		put(into, hist->bucket[i]);
		empty = 0;
	}
	return into->failed ? -ENOMEM : 0;
}

/* What is left to be read; `bad` once anything was wrong. */
struct bytes {
	const uint8_t *at, *end;
	bool bad;
};

static uint64_t take(struct bytes *b)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < NUMBER_MAX && b->at < b->end; i++) {
		uint8_t byte = *b->at++;

		/* the tenth byte has room for one bit */
		if (i == NUMBER_MAX - 1 && byte > 1)
			break;
		value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (!(byte & 0x80))
			return value;
	}
	b->bad = true;
	return 0;
}

static int take_buckets(struct bytes *b, struct hist *hist)
{
	uint64_t next = 0, sum = 0;

	while (!b->bad && b->at < b->end) {
		uint64_t empty = take(b), count = take(b);

		if (b->bad || !count || empty >= HIST_BUCKETS || next + empty >= HIST_BUCKETS ||
		    count > hist->count - sum)
			return -EPROTO;
		next += empty;
		hist->bucket[next++] = count;
		sum += count;
	}
	return b->bad || sum != hist->count ? -EPROTO : 0;
}

/* Outside of these two there is nothing, as everything that reads a histogram takes for granted. */
static int check_ends(const struct hist *hist)
{
	if (!hist->count)
		return hist->sum_ns || hist->max_ns || hist->min_ns != UINT64_MAX ? -EPROTO : 0;
	if (hist->min_ns > hist->max_ns || !hist->bucket[hist_index(hist->min_ns)] ||
	    !hist->bucket[hist_index(hist->max_ns)])
		return -EPROTO;
	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		if (hist->bucket[i] && (i < hist_index(hist->min_ns) || i > hist_index(hist->max_ns)))
			return -EPROTO;
	return 0;
}

int hist_unpack(const void *data, size_t len, struct hist *hist)
{
	struct bytes b = {.at = data, .end = (const uint8_t *)data + len};
	uint64_t version = take(&b), sub_bits = take(&b), top_bit = take(&b);
	int rc;

	hist_init(hist);
	if (version != VERSION || sub_bits != HIST_SUB_BITS || top_bit != HIST_TOP_BIT)
		return -EPROTO;
	hist->count = take(&b);
	hist->sum_ns = take(&b);
	hist->min_ns = take(&b);
	hist->max_ns = take(&b);
	rc = b.bad ? -EPROTO : take_buckets(&b, hist);
	if (!rc)
		rc = check_ends(hist);
	if (rc)
		hist_init(hist);
	return rc;
}
