// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where a run tells what happens, as it happens. A sink is a struct of functions, any of which may be NULL, at the head of
 * the implementation's own struct. A sink only shows: it changes nothing of what it is given.
 */
#ifndef MAXQ_REPORT_SINK_H
#define MAXQ_REPORT_SINK_H

#include "analysis/result.h"

struct procs;

/* Where a run stands. */
struct progress {
	const char *name;   /* of the row */
	size_t row, n_rows; /* from 0 */
	unsigned round;     /* of a bench, from 1; 0: its search, or none */
	int64_t left_ns;    /* until the run ends, at most; 0: unknown */
	/* Of a load of a profile that belongs to no step: who watched it, or "none"; static text. NULL: of all others. */
	const char *tracer;
	unsigned clients;
	int64_t elapsed_ns, step_ns; /* of the step, and how long it will last; 0: unknown */
	bool warming_up;
	const struct procs *procs; /* of the server; NULL: none is known */
};

struct sink {
	/* The run begins: all of the report but its results is known. */
	void (*begin)(struct sink *sink, const struct report *report);
	/* Something about the machine may spoil what is to be measured. */
	void (*warn)(struct sink *sink, const struct finding *finding);
	/* What doctor found. */
	void (*findings)(struct sink *sink, const struct findings *findings);
	/* And on one of several machines. */
	void (*examined)(struct sink *sink, const struct examined *examined);
	/* A row begins: a target, or a stack of a bench; or something of note is done for it ("launching"). */
	void (*row)(struct sink *sink, const struct progress *progress, const char *doing);
	/* `seen` is of the window: of its processes the nth is the nth of `progress->procs`. */
	void (*window)(struct sink *sink, const struct progress *progress, const struct window *window,
	    const struct observed *seen);
	/* A load is over, be it a step or a round of one: all that was sampled. What it comes to is told by `step`. */
	void (*sample)(struct sink *sink, const struct progress *progress, const struct step_sample *sample);
	/* A step of a sweep is measured. */
	void (*step)(struct sink *sink, const struct progress *progress, const struct step *step);
	/* The search of a row of a bench is over: this step is the one to measure anew. */
	void (*searched)(struct sink *sink, const struct progress *progress, const struct step *step);
	/* A row is complete. */
	void (*result)(struct sink *sink, const struct result *result);
	/* The run has ended, in whatever way. */
	void (*end)(struct sink *sink, const struct report *report);
};

#endif
