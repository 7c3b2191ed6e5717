// SPDX-License-Identifier: GPL-3.0-or-later
/* One step of any run: one load held on a target, while the observers watch. */
#ifndef MAXQ_RUN_STEP_H
#define MAXQ_RUN_STEP_H

#include "report/sink.h"
#include "run/target.h"

struct step_spec {
	unsigned clients;
	uint64_t requests;   /* stop after so many; 0: no limit */
	int64_t warmup_ns;   /* rounded up to whole windows */
	int64_t duration_ns; /* of the measured part; 0: none but `requests` */
};

/*
 * Measures it and sums it up, with its checks. 0 also when interrupted: then *interrupted is set and the step holds what
 * there was. The step's `processes` become the caller's.
 */
int run_step(const struct target *target, const struct step_spec *spec, struct sink *sink,
    struct progress *progress, struct step *step, bool *interrupted, struct err *err);

#endif
