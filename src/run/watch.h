// SPDX-License-Identifier: GPL-3.0-or-later
/* The observer's half of a step, on a machine that generates no load: the windows of others, and what the server did in them. */
#ifndef MAXQ_RUN_WATCH_H
#define MAXQ_RUN_WATCH_H

#include "run/step.h"

/* Told after each window: true when the load that is watched has ended. */
struct watch_end {
	bool (*ended)(struct watch_end *end);
};

/*
 * Waits at the target's gate, then watches the target's server, window by window, for as long as the step lasts, or until `end` says
 * so. Fills the initialised sample with windows in which nothing is counted: 0, -EINTR with what there was, or another failure
 * with a message.
 */
int run_watch(const struct target *target, const struct step_spec *spec, struct watch_end *end,
    struct step_sample *sample, struct err *err);

#endif
