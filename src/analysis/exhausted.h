// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Whether what is neither CPU nor a queue of connections ran out in a step: memory, open files, the network. Each fills the
 * limit with what it knows and returns true, or leaves it and returns false.
 */
#ifndef MAXQ_ANALYSIS_EXHAUSTED_H
#define MAXQ_ANALYSIS_EXHAUSTED_H

#include "analysis/result.h"

/*
 * The kernel ended a process of the server for want of memory; or some of its processes waited for memory for a tenth of the
 * time (pressure stall information). What only the whole machine is known to have waited for is the server's where its
 * group was at its limit meanwhile, or where it read pages back from disk or swap. A group at its limit that has to read
 * pages again for every second request is short of memory, too.
 */
bool memory_exhausted(const struct step *step, struct limit *limit);

/* A process of the server could open no other file for a quarter of the time, and meanwhile requests failed or waited. */
bool files_exhausted(const struct step *step, struct limit *limit);

/*
 * For half of the time an interface that carried the load had bytes waiting before it, or carried what its speed allows. To be
 * asked when no CPU is exhausted.
 */
bool link_exhausted(const struct step *step, struct limit *limit);

#endif
