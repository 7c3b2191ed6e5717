// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What several machines sampled at the same time becomes the sample of one load. Pure functions: no clock, no messages.
 *
 * Each machine has a clock of its own, but all began at the same moment: a window is known by how long after its machine's
 * start it ended. Machines that were late have windows which cover several usual ones; a merged window ends where all have
 * one that ends there. So every response counts once, in the window in which it was completed.
 */
#ifndef MAXQ_CLUSTER_MERGE_H
#define MAXQ_CLUSTER_MERGE_H

#include "sample/step.h"

/* What one machine sampled. */
struct merge_part {
	const struct step_sample *sample;
	bool is_observer; /* of the server: it has `observed`, but no load */
};

/*
 * Adds the merged windows to `into`, an empty sample, with counts summed up, what the observer saw (nothing without one), and the
 * generator's figures of the busiest generator. `window_ns` is the usual window. Merged windows are in the time of the
 * busiest generator, and have no latencies: these are added up by a reduction. -ENOMEM.
 */
int merge_windows(struct step_sample *into, const struct merge_part *parts, size_t n, int64_t window_ns);

#endif
