// SPDX-License-Identifier: GPL-3.0-or-later
#include "sample/hist_series.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void hist_series_init(struct hist_series *series)
{
	*series = (struct hist_series){.stride = 1};
}

void hist_series_release(struct hist_series *series)
{
	for (size_t i = 0; i < series->n; i++)
		free(series->entries[i].buckets);
	free(series->entries);
	hist_series_init(series);
}

static int brief_of(const struct hist *hist, struct hist_brief *brief)
{
	unsigned first = hist->count ? hist_index(hist->min_ns) : 1;
	unsigned last = hist->count ? hist_index(hist->max_ns) : 0;
	size_t n = 0;

	for (unsigned i = first; i <= last; i++)
		n += hist->bucket[i] != 0;
	*brief = (struct hist_brief){.count = hist->count,
	    .sum_ns = hist->sum_ns,
	    .min_ns = hist->min_ns,
	    .max_ns = hist->max_ns,
	    .buckets = calloc(n + 1, sizeof(*brief->buckets))};
	if (!brief->buckets)
		return -ENOMEM;
	for (unsigned i = first; i <= last; i++)
		if (hist->bucket[i])
			brief->buckets[brief->n++] =
			    (struct hist_bucket){.index = i, .count = (uint32_t)hist->bucket[i]};
	return 0;
}

/* a + b into *sum, which is neither. */
static int add_briefs(const struct hist_brief *a, const struct hist_brief *b, struct hist_brief *sum)
{
	size_t i = 0, j = 0;

	*sum = (struct hist_brief){.count = a->count + b->count,
	    .sum_ns = a->sum_ns + b->sum_ns,
	    .min_ns = a->min_ns < b->min_ns ? a->min_ns : b->min_ns,
	    .max_ns = a->max_ns > b->max_ns ? a->max_ns : b->max_ns,
	    .buckets = calloc(a->n + b->n + 1, sizeof(*sum->buckets))};
	if (!sum->buckets)
		return -ENOMEM;
	while (i < a->n || j < b->n) {
		uint32_t of_a = i < a->n ? a->buckets[i].index : UINT32_MAX;
		uint32_t of_b = j < b->n ? b->buckets[j].index : UINT32_MAX;
		struct hist_bucket *next = &sum->buckets[sum->n++];

		next->index = of_a < of_b ? of_a : of_b;
		if (of_a <= of_b)
			next->count += a->buckets[i++].count;
		if (of_b <= of_a)
			next->count += b->buckets[j++].count;
	}
	return 0;
}

/* Adds up entries 2i and 2i + 1, each pair in the place of entry i. An odd last one stays by itself. */
static int halve(struct hist_series *series)
{
	struct hist_brief *sums = calloc(HIST_SERIES_MAX, sizeof(*sums));
	size_t pairs = series->n / 2, n = 0;
	int rc = sums ? 0 : -ENOMEM;

	while (!rc && n < pairs) {
		rc = add_briefs(&series->entries[2 * n], &series->entries[2 * n + 1], &sums[n]);
		n += !rc;
	}
	if (rc) {
		for (size_t i = 0; i < n; i++)
			free(sums[i].buckets);
		free(sums);
		return rc;
	}
	for (size_t i = 0; i < 2 * pairs; i++)
		free(series->entries[i].buckets);
	if (series->n % 2)
		sums[n++] = series->entries[series->n - 1];
	free(series->entries);
	series->entries = sums;
	series->n = n;
	series->stride *= 2;
	return 0;
}

int hist_series_add(struct hist_series *series, const struct hist *hist)
{
	size_t last = series->n - 1;
	struct hist_brief brief, sum;
	int rc;

	if (!series->entries)
		series->entries = calloc(HIST_SERIES_MAX, sizeof(*series->entries));
	if (!series->entries)
		return -ENOMEM;
	if (series->n == HIST_SERIES_MAX && series->n_added == series->n * series->stride && halve(series))
		return -ENOMEM;
	rc = brief_of(hist, &brief);
	if (rc)
		return rc;
	if (series->n_added < series->n * series->stride) {
		rc = add_briefs(&series->entries[last], &brief, &sum);
		free(brief.buckets);
		if (rc)
			return rc;
		free(series->entries[last].buckets);
		series->entries[last] = sum;
	} else {
		series->entries[series->n++] = brief;
	}
	series->n_added++;
	return 0;
}

size_t hist_series_drop(struct hist_series *series, size_t n)
{
	size_t entries = (n + series->stride - 1) / series->stride, dropped;

	if (entries > series->n)
		entries = series->n;
	dropped = entries * series->stride < series->n_added ? entries * series->stride : series->n_added;
	for (size_t i = 0; i < entries; i++)
		free(series->entries[i].buckets);
	if (entries)
		memmove(series->entries, series->entries + entries,
		    (series->n - entries) * sizeof(*series->entries));
	series->n -= entries;
	series->n_added -= dropped;
	return dropped;
}

int hist_series_collapse(struct hist_series *series)
{
	while (series->n > 1)
		if (halve(series))
			return -ENOMEM;
	series->stride = 1;
	series->n_added = series->n;
	return 0;
}

void hist_series_total(const struct hist_series *series, struct hist *into)
{
	for (size_t i = 0; i < series->n; i++) {
		const struct hist_brief *brief = &series->entries[i];

		for (size_t j = 0; j < brief->n; j++)
			into->bucket[brief->buckets[j].index] += brief->buckets[j].count;
		into->count += brief->count;
		into->sum_ns += brief->sum_ns;
		if (brief->min_ns < into->min_ns)
			into->min_ns = brief->min_ns;
		if (brief->max_ns > into->max_ns)
			into->max_ns = brief->max_ns;
	}
}

uint64_t hist_brief_upto(const struct hist_brief *brief, unsigned index)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < brief->n && brief->buckets[i].index <= index; i++)
		sum += brief->buckets[i].count;
	return sum;
}
