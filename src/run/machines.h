// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Who measures in this process's place: several machines, as its sinks and its search see them. A plan without them is carried out
 * here, by sample_step of run/step.c; one with them by these functions, and all else is the same.
 */
#ifndef MAXQ_RUN_MACHINES_H
#define MAXQ_RUN_MACHINES_H

#include "run/step.h"
#include "stack/expected.h"

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

	/*
	 * Of a bench: launches the ith stack on the server's machine, where it runs until the end, and notes the versions of its
	 * components in the report. By that machine's catalog.
	 */
	int (*launch)(struct machines *machines, const struct plan *plan, size_t i, const char *chain,
	    struct report *report, struct err *err);
	/* As stack_ask of stack/stack.h. */
	int (*ask)(struct machines *machines, size_t i, const char *workload, struct url *url,
	    struct expected *expected, struct err *err);
	/* As stack_alive of the target's stack; and what its processes have used so far, where it could be asked. */
	int (*look)(struct machines *machines, const struct target *target, int64_t *cpu_ns, struct err *err);

	/* Looks on each whether it is fit, into the report. */
	int (*examine)(struct machines *machines, struct sink *sink, struct report *report, struct err *err);
};

#endif
