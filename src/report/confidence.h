// SPDX-License-Identifier: GPL-3.0-or-later
/* How well a step is known, as text. */
#ifndef MAXQ_REPORT_CONFIDENCE_H
#define MAXQ_REPORT_CONFIDENCE_H

#include <stdio.h>

#include "analysis/result.h"

/*
 * Ends a line that has the throughput with what is to be said of its interval: that it is too short to tell; and adds a line on
 * the precision where one was asked for, and one on the warm-up where there was any.
 */
void confidence_print(const struct step *step, FILE *out);

/* A line with the intervals of the percentiles; none when they are not known. */
void confidence_print_latency(const struct step *step, FILE *out);

#endif
