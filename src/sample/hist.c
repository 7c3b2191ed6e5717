// SPDX-License-Identifier: GPL-3.0-or-later
#include "sample/hist.h"

#include <math.h>
#include <string.h>

void hist_init(struct hist *hist)
{
	memset(hist, 0, sizeof(*hist));
	hist->min_ns = UINT64_MAX;
}

void hist_reset(struct hist *hist)
{
	if (hist->count) {
		unsigned first = hist_index(hist->min_ns), last = hist_index(hist->max_ns);

		memset(&hist->bucket[first], 0, (last - first + 1) * sizeof(hist->bucket[0]));
	}
	hist->count = hist->sum_ns = hist->max_ns = 0;
	hist->min_ns = UINT64_MAX;
}

void hist_merge(struct hist *into, const struct hist *from)
{
	if (!from->count)
		return;
	for (unsigned i = hist_index(from->min_ns), last = hist_index(from->max_ns); i <= last; i++)
		into->bucket[i] += from->bucket[i];
	into->count += from->count;
	into->sum_ns += from->sum_ns;
	if (from->min_ns < into->min_ns)
		into->min_ns = from->min_ns;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
}

/* The middle of the values that share the bucket; the inverse of hist_index. */
static double bucket_middle_ns(unsigned index)
{
	unsigned shift;
	uint64_t lowest;

	if (index < (2U << HIST_SUB_BITS))
		return index;
	shift = (index >> HIST_SUB_BITS) - 1;
	lowest = (uint64_t)(index - (shift << HIST_SUB_BITS)) << shift;
	/* values lowest .. lowest + 2^shift - 1 */
	return (double)lowest + (double)((UINT64_C(1) << shift) - 1) / 2;
}

double hist_quantile_ns(const struct hist *hist, double q)
{
	uint64_t rank, seen = 0;

	if (!hist->count)
		return NAN;
	/* the small slack keeps 0.07 * 100 at rank 7, which in doubles is 7.000000000000001 */
	rank = (uint64_t)ceil(q * (double)hist->count - 1e-9);
	if (rank < 1)
		rank = 1;
	if (rank >= hist->count)
		return (double)hist->max_ns;
	for (unsigned i = hist_index(hist->min_ns), last = hist_index(hist->max_ns); i <= last; i++) {
		seen += hist->bucket[i];
		if (seen >= rank) {
			double middle = bucket_middle_ns(i);

			return fmin(fmax(middle, (double)hist->min_ns), (double)hist->max_ns);
		}
	}
	return (double)hist->max_ns;
}

double hist_mean_ns(const struct hist *hist)
{
	return hist->count ? (double)hist->sum_ns / (double)hist->count : NAN;
}
