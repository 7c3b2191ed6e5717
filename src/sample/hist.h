// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A histogram of latencies in ns, from 1 ns to minutes, that merges exactly and never allocates.
 *
 * Log-linear buckets, the idea of HdrHistogram (Gil Tene): values below 2048 have a bucket each, and so are exact.
 * Above, each octave [2^k, 2^(k+1)) is cut into 1024 buckets of width 2^(k-10). A bucket reports its middle, which is at
 * most half a width away from any value in it, so
 *
 *     relative error <= (2^(k-10) / 2) / 2^k = 2^-11 < 0.05 %.
 *
 * Octaves end at 2^38 ns (275 s); what is larger is counted in the last bucket, while `max_ns` stays exact.
 * Invariant: count == sum of all buckets; buckets outside [index(min_ns), index(max_ns)] are zero.
 */
#ifndef MAXQ_SAMPLE_HIST_H
#define MAXQ_SAMPLE_HIST_H

#include <stddef.h>
#include <stdint.h>

enum {
	HIST_SUB_BITS = 10,
	HIST_TOP_BIT = 38,
	HIST_BUCKETS = (HIST_TOP_BIT - HIST_SUB_BITS + 1) << HIST_SUB_BITS,
};

struct hist {
	uint64_t count;
	uint64_t sum_ns;
	uint64_t min_ns, max_ns; /* exact; UINT64_MAX and 0 while empty */
	uint64_t bucket[HIST_BUCKETS];
};

/* For a struct that is not known to be zero or a hist. */
void hist_init(struct hist *hist);

/* Empties it, at the cost of the buckets that were used. */
void hist_reset(struct hist *hist);

/* Adds all of `from`, as if each of its values had been recorded here. */
void hist_merge(struct hist *into, const struct hist *from);

/*
 * The value at quantile `q` (0 to 1) by nearest rank: the smallest recorded value that at least q * count values do not
 * exceed, within the error above. NAN when empty. q = 1 gives the exact maximum.
 */
double hist_quantile_ns(const struct hist *hist, double q);

/* Exact; NAN when empty. */
double hist_mean_ns(const struct hist *hist);

static inline unsigned hist_index(uint64_t value_ns)
{
	unsigned octave, shift;

	if (value_ns < (UINT64_C(2) << HIST_SUB_BITS))
		return (unsigned)value_ns;
	octave = 63U - (unsigned)__builtin_clzll(value_ns);
	if (octave >= HIST_TOP_BIT)
		return HIST_BUCKETS - 1;
	shift = octave - HIST_SUB_BITS;
	return (shift << HIST_SUB_BITS) + (unsigned)(value_ns >> shift);
}

static inline void hist_record(struct hist *hist, uint64_t value_ns)
{
	hist->bucket[hist_index(value_ns)]++;
	hist->count++;
	hist->sum_ns += value_ns;
	if (value_ns < hist->min_ns)
		hist->min_ns = value_ns;
	if (value_ns > hist->max_ns)
		hist->max_ns = value_ns;
}

#endif
