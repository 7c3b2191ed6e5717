// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Something that watches the server's processes through whole loads of a profile, and that may slow them down. A profile makes
 * its tracers anew for each row. Each has loads of its own, between loads which nobody watches, so that what it costs is
 * known: begin and end around each of them, then tell once.
 */
#ifndef MAXQ_RUN_TRACER_H
#define MAXQ_RUN_TRACER_H

#include "analysis/result.h"
#include "observe/procs.h"
#include "sample/step.h"

/* The head of the implementation's own struct. */
struct tracer {
	const char *name; /* static text */
	/* Begins to watch all processes of `procs`, before any load: 0, or negative errno with a message. */
	int (*begin)(struct tracer *tracer, struct procs *procs, struct err *err);
	/* The load is over, and `sample` says what it was; in `sample->counts` are all of its requests. */
	int (*end)(
	    struct tracer *tracer, struct procs *procs, const struct step_sample *sample, struct err *err);
	/*
	 * Puts what was seen in all loads into the result. `untraced` is what its processes cost in the loads that nobody
	 * watched, `traced` in those that this tracer did.
	 */
	int (*tell)(struct tracer *tracer, const struct step *untraced, const struct step *traced,
	    struct result *result, struct err *err);
	void (*free)(struct tracer *tracer);
};

#endif
