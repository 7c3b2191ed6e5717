// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * All observers of a run together: the machine and the server's processes, read at the end of every window.
 */
#ifndef MAXQ_OBSERVE_OBSERVER_H
#define MAXQ_OBSERVE_OBSERVER_H

#include "base/err.h"
#include "observe/procs.h"
#include "sample/step.h"

struct observer;

/*
 * `procs` says which processes to read (none: only the machine); it is the caller's and outlives the observer. `used` are the
 * CPUs that generator and server may use.
 */
int observer_new(struct observer **observer, struct procs *procs, const cpu_set_t *used, struct err *err);
void observer_free(struct observer *observer);

/* Reads where everything stands: differences count from here. */
void observer_begin(struct observer *observer);

/* The differences since the last call. What `seen->processes` points to is the observer's, valid until the next call. */
void observer_read(struct observer *observer, struct observed *seen);

/* Warm-up is over: what observer_conclude says of threads is of the time from here. */
void observer_mark(struct observer *observer);

/*
 * Who else used the CPUs since observer_new, into the sample; and the busiest threads since the mark, into the facts of the
 * processes. For when the load is over: it takes some ms.
 */
void observer_conclude(struct observer *observer, struct step_sample *sample);

#endif
