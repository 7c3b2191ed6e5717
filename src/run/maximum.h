// SPDX-License-Identifier: GPL-3.0-or-later
/* The way to a maximum, which sweep and bench share: search the clients at which throughput plateaus, and judge it. */
#ifndef MAXQ_RUN_MAXIMUM_H
#define MAXQ_RUN_MAXIMUM_H

#include "analysis/limit.h"
#include "analysis/search.h"
#include "run/step.h"

/* What a search found. */
struct found {
	int best; /* the index of a step of the load to measure anew, -1: no step had a correct response */
	enum growth growth;
	bool interrupted;
	bool out_of_time; /* the search was ended by the pace's deadline */
};

/* How long the steps of a search are, and how long it may take. */
struct search_pace {
	int64_t duration_ns[EFFORT_COUNT], warmup_ns[EFFORT_COUNT];
	int64_t budget_ns;   /* of all steps, as far as analysis/search.h keeps to it */
	int64_t final_ns;    /* of what follows the search, for the time left; 0: somebody else tells it */
	int64_t deadline_ns; /* no step of the search ends later, as far as can be known before; 0: none */
	bool settles; /* fine steps go on warming up until they are steady, for twice their time at most */
};

/*
 * Measures a step for each number of clients of the plan (or of a search), into the result. Where no response came within a
 * step, or too few, it is measured again for longer, and so are all that follow like it: `pace` says then how long. Fails
 * with a message when a step could not be measured, unless it was one beyond the plateau; `found` is valid all the same if
 * the result has steps.
 */
int run_search(const struct target *target, struct search_pace *pace, struct sink *sink,
    struct progress *progress, struct result *result, struct found *found, struct err *err);

/*
 * Measures the maximum that was found anew, with the clients of that step, as `spec` says; and when these turn out to be
 * worse than others by what the search knows of them, those, too. `found` then names the better one of the two. The
 * curve remains that of the search, whose steps took turns: what is measured later, and longer, would bend it where the
 * machine has changed since.
 */
int run_final(const struct target *target, struct step_spec *spec, struct sink *sink,
    struct progress *progress, struct result *result, struct found *found, struct err *err);

/* Adds a step that was measured to the result, and shows it; its memory is the result's, also on failure. */
int run_add_step(
    struct step *step, struct sink *sink, struct progress *progress, struct result *result, struct err *err);

/* The step of that index is the maximum: sets it, its limit, and why it is not valid. */
void run_set_maximum(const struct target *target, size_t index, enum growth growth, struct result *result);

/* No step had a correct response: the last one says why. */
void run_set_hopeless(const struct target *target, struct result *result);

#endif
