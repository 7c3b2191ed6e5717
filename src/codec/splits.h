// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * For the tests of decoders: the same input in every split, each piece ending at a page that must not be touched.
 */
#ifndef MAXQ_CODEC_SPLITS_H
#define MAXQ_CODEC_SPLITS_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "codec/codec.h"

enum { GUARDED_MAX = 1 << 20, GUARD_PAGE = 4096 };

/* A copy of the bytes (at most GUARDED_MAX) in static storage of the mapping, right before an unreadable page. */
static inline const uint8_t *guarded(uint8_t *area, const uint8_t *data, size_t len)
{
	uint8_t *at = area + GUARDED_MAX - len;

	memcpy(at, data, len);
	return at;
}

static inline uint8_t *guarded_new(void)
{
	uint8_t *area =
	    mmap(NULL, GUARDED_MAX + GUARD_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED || mprotect(area + GUARDED_MAX, GUARD_PAGE, PROT_NONE))
		abort();
	return area;
}

static inline void guarded_free(uint8_t *area)
{
	munmap(area, GUARDED_MAX + GUARD_PAGE);
}

/*
 * Calls `feed` for the pieces of one split after the other, in order; `begin` before each split, and `end` after it with
 * the total consumed. Splits: whole, byte by byte, every one cut, and every two cuts where the input is short.
 */
struct split_test {
	void *context;
	void (*begin)(void *context);
	enum codec_result (*feed)(void *context, const uint8_t *data, size_t len, size_t *used);
	void (*end)(void *context, enum codec_result result, size_t used);
};

static inline void split_run(const struct split_test *test, uint8_t *area, const uint8_t *data, size_t len,
    const size_t *cuts, size_t n_cuts)
{
	enum codec_result rc = CODEC_MORE;
	size_t from = 0, total = 0;

	test->begin(test->context);
	for (size_t i = 0; i <= n_cuts && rc == CODEC_MORE; i++) {
		size_t to = i < n_cuts ? cuts[i] : len;
		size_t used = 0;

		rc = test->feed(test->context, guarded(area, data + from, to - from), to - from, &used);
		total += used;
		from = to;
	}
	test->end(test->context, rc, total);
}

static inline void split_every_way(const struct split_test *test, const uint8_t *data, size_t len)
{
	uint8_t *area = guarded_new();
	size_t *all = calloc(len + 1, sizeof(*all));

	for (size_t i = 0; i < len; i++)
		all[i] = i;
	split_run(test, area, data, len, NULL, 0);
	split_run(test, area, data, len, all, len);
	for (size_t i = 0; i <= len && len < 5000; i++) {
		split_run(test, area, data, len, &i, 1);
		for (size_t j = i; j <= len && len <= 160; j++)
			split_run(test, area, data, len, (size_t[]){i, j}, 2);
	}
	free(all);
	guarded_free(area);
}

#endif
