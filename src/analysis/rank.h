// SPDX-License-Identifier: GPL-3.0-or-later
/* Which result is the best, and which ones cannot be told apart. */
#ifndef MAXQ_ANALYSIS_RANK_H
#define MAXQ_ANALYSIS_RANK_H

#include "analysis/result.h"

/*
 * Orders the results that have a maximum by it, the largest first. A result shares the rank of those above it when
 * its confidence interval overlaps that of the first of them. Ratios are to the results named `nginx` and `skeleton` (NULL: none). Allocates
 * report->ranking: 0 or -ENOMEM.
 */
int rank_results(struct report *report, const char *nginx, const char *skeleton);

#endif
