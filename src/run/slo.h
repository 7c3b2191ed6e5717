// SPDX-License-Identifier: GPL-3.0-or-later
/* The way to the highest rate that keeps an objective: sweep --slo. */
#ifndef MAXQ_RUN_SLO_H
#define MAXQ_RUN_SLO_H

#include "run/step.h"

/*
 * Measures first what clients reach in a closed loop, searches below and above that by trials in an open one, and measures
 * what it found anew, in rounds. All steps go into the result. Fails only when no step was measured.
 */
int run_slo(const struct target *target, struct sink *sink, struct progress *progress, struct result *result,
    bool *interrupted, struct err *err);

#endif
