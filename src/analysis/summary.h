// SPDX-License-Identifier: GPL-3.0-or-later
/* From the windows of a step to its figures. */
#ifndef MAXQ_ANALYSIS_SUMMARY_H
#define MAXQ_ANALYSIS_SUMMARY_H

#include "analysis/result.h"

/*
 * The rate of a series of windows, sum of amounts / sum of lengths, and its 95 % confidence interval: the ratio estimator
 * (Law and Kelton, Simulation Modeling and Analysis, 9.5.3; Cochran, Sampling Techniques, 6.4) on batches. Neighbouring
 * windows depend on each other, so they are added up in at least 10 batches, whose amounts nearly do not; the residuals
 * amount - rate x length of the batches and Student's t with batches - 1 degrees of freedom give the half-width. With
 * windows of one length that is the method of batch means. NAN bounds with fewer than 2 windows.
 */
double batch_ratio(const double *amounts, const double *lengths, size_t n, struct interval *ci95);

/* The same for windows that do not depend on each other, such as rounds: each is its own batch. */
double ratio(const double *amounts, const double *lengths, size_t n, struct interval *ci95);

/*
 * Fills all of `step` but its checks. The processes' costs are allocated and become the caller's: 0, or -ENOMEM. Costs
 * are per completed response; they are NAN when there was none.
 */
int summarize(const struct step_sample *sample, struct step *step);

/* What an open loop adds; all zero for a closed one. */
struct open_loop summarize_open(const struct step_sample *sample);

/* Responses in the measured windows. */
uint64_t sample_completed(const struct step_sample *sample);

/* CPU time per completed response of all processes of that component, in the measured windows; NAN when there was none. */
struct cost_us component_cost(const struct step_sample *sample, const char *component);

#endif
