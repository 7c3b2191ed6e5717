// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Who measures in this process's place: several machines, as its sinks and its search see them. A plan without them is carried out
 * here, by sample_step of run/step.c; one with them by these functions, and all else is the same.
 */
#ifndef MAXQ_RUN_MACHINES_H
#define MAXQ_RUN_MACHINES_H

#include "run/step.h"

struct machines {
	/*
	 * Opens the target on all of them, and notes in `target` what is to be known here: the CPUs of its server. The target's
	 * own request is encoded already; it is not connected to from here.
	 */
	int (*open)(struct machines *machines, struct target *target, struct err *err);

	/*
	 * Holds one load, divided over all of them, and fills the initialised sample with what all of it comes to: 0, -EINTR with the
	 * sample of what there was, or another failure with a message.
	 */
	int (*sample)(struct machines *machines, const struct target *target, const struct step_spec *spec,
	    struct sink *sink, struct progress *progress, struct step_sample *sample, struct err *err);

	/* Looks on each whether it is fit, into the report. */
	int (*examine)(struct machines *machines, struct sink *sink, struct report *report, struct err *err);
};

#endif
