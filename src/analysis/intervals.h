// SPDX-License-Identifier: GPL-3.0-or-later
/* From the windows of a step, or its rounds, to the intervals of all its figures: what analysis/confidence.h is applied to. */
#ifndef MAXQ_ANALYSIS_INTERVALS_H
#define MAXQ_ANALYSIS_INTERVALS_H

#include "analysis/result.h"

/*
 * Sets the throughput of the step, and the intervals of throughput, cost and percentiles, and how much throughput drifts. Of
 * a step that was measured in rounds these are the units, in the place of windows: what lies between them makes them
 * independent. The step's processes are those of the sample. -ENOMEM.
 */
int find_intervals(const struct step_sample *sample, struct step *step);

/* Half of an interval as a share of its value, by its longer side, as the other may be cut off at 0; NAN: unknown. */
double relative_half_width(double value, struct interval ci95);

/* The intervals of the step are guesses: too few of its windows are independent, or there are too few to tell. */
bool is_guess(const struct step *step);

/* What the step reached is the precision that was asked for, and it was measured for long enough to tell. */
bool is_precise(const struct step *step);

#endif
