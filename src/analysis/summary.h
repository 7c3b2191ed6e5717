// SPDX-License-Identifier: GPL-3.0-or-later
/* From the windows of a step to its figures. */
#ifndef MAXQ_ANALYSIS_SUMMARY_H
#define MAXQ_ANALYSIS_SUMMARY_H

#include "analysis/result.h"

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
