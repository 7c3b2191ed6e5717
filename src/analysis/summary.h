// SPDX-License-Identifier: GPL-3.0-or-later
/* From the windows of a step to its figures. */
#ifndef MAXQ_ANALYSIS_SUMMARY_H
#define MAXQ_ANALYSIS_SUMMARY_H

#include "analysis/result.h"

/*
 * The mean of a series and its 95 % confidence interval by batch means (Law and Kelton, Simulation Modeling and Analysis,
 * 9.5.3): neighbouring values depend on each other, so they are averaged in at least 10 batches, whose means nearly do
 * not, and Student's t with batches - 1 degrees of freedom gives the half-width. NAN bounds with fewer than 2 values.
 */
double batch_means(const double *values, size_t n, struct interval *ci95);

/*
 * Fills all of `step` but its checks. The processes' costs are allocated and become the caller's: 0, or -ENOMEM. Costs
 * are per completed response; they are NAN when there was none.
 */
int summarize(const struct step_sample *sample, struct step *step);

#endif
