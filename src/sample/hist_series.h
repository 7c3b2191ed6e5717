// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The histograms of a series of windows, kept apart: what percentiles are made of when the first windows are left out
 * afterwards, and what says how much they vary from one window to the next. Only buckets that were used are stored. When
 * there are HIST_SERIES_MAX, neighbours are added up in pairs, so the memory has a bound however long the series is.
 * Invariant: entry i covers the windows [i * stride, (i + 1) * stride), the last one maybe fewer.
 */
#ifndef MAXQ_SAMPLE_HIST_SERIES_H
#define MAXQ_SAMPLE_HIST_SERIES_H

#include "sample/hist.h"

enum { HIST_SERIES_MAX = 256 };

struct hist_bucket {
	uint32_t index, count;
};

/* A histogram by the buckets that were used, in rising order. */
struct hist_brief {
	uint64_t count, sum_ns, min_ns, max_ns;
	size_t n;
	struct hist_bucket *buckets;
};

struct hist_series {
	size_t stride;  /* windows in each entry but the last */
	size_t n_added; /* windows */
	size_t n;
	struct hist_brief *entries; /* room for HIST_SERIES_MAX, once there is one */
};

void hist_series_init(struct hist_series *series);
void hist_series_release(struct hist_series *series);

/* Appends the histogram of the next window. -ENOMEM leaves the series as it was. */
int hist_series_add(struct hist_series *series, const struct hist *hist);

/*
 * Forgets the first n windows, or a few more where an entry covers more than one: says how many.
 */
size_t hist_series_drop(struct hist_series *series, size_t n);

/* Makes one entry of all that there are, with a stride of one. -ENOMEM leaves the series as it was. */
int hist_series_collapse(struct hist_series *series);

/* Adds all entries to `into`. */
void hist_series_total(const struct hist_series *series, struct hist *into);

/* How many values of the entry are not above that bucket of a hist. */
uint64_t hist_brief_upto(const struct hist_brief *brief, unsigned index);

#endif
