// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The ladder of a chain: other chains, its rungs, each of which differs from another one by one thing, so that differences
 * of what they cost are what that thing adds.
 *
 * The last server of the chain, with its link, is replaced by tails that do less: the skeleton in C (which leaves the link
 * alone), the server with the skeleton application, with the component that the application names as its `bare`, and the
 * application itself. These stand alone, asked by the load generator over the same link, and behind all that is in front of
 * them. For nginx,uwsgi@uwsgi+unix,django:
 *
 *     skeleton-c@uwsgi+unix        nginx
 *     uwsgi@uwsgi+unix,skeleton    nginx,skeleton-c@uwsgi+unix
 *     uwsgi@uwsgi+unix,django-bare nginx,uwsgi@uwsgi+unix,skeleton
 *     uwsgi@uwsgi+unix,django      nginx,uwsgi@uwsgi+unix,django-bare
 *                                  nginx,uwsgi@uwsgi+unix,django
 */
#ifndef MAXQ_STACK_LADDER_H
#define MAXQ_STACK_LADDER_H

#include "stack/chain.h"

enum { LADDER_TAILS_MAX = 4, LADDER_RUNGS_MAX = 2 * LADDER_TAILS_MAX + CHAIN_MAX, LADDER_STEPS_MAX = 32 };

/* From one rung to the next. */
struct ladder_step {
	const char *flight; /* static text: behind, direct or front */
	int from;           /* a rung, by index; -1: the first of its flight, which adds all of itself */
	int to;
	char *adds;
};

/*
 * Three flights of steps lead up: "behind" begins with the front alone and goes through the tails behind it; "direct" begins
 * with the tails and ends with what is put in front of the whole; "front" puts all of that in front of each tail. Each of the
 * first two adds up to the whole.
 */
struct ladder {
	unsigned n_rungs;
	/* Chains, with all links written out but that of a front by http over TCP. */
	char *rungs[LADDER_RUNGS_MAX];
	int whole;         /* the rung that is the chain itself */
	int skeleton;      /* the same with a skeleton as its application; -1: it is one */
	int direct;        /* the same with nothing in front; -1: there is nothing */
	unsigned n_fronts; /* elements of the chain before its last server */
	unsigned n_steps;
	struct ladder_step steps[LADDER_STEPS_MAX];
};

/*
 * Of a chain of that catalog. Skeletons that this catalog does not have, or that cannot be reached by that link, are left
 * out; a `bare` that cannot be used is an error.
 */
int ladder_make(struct ladder *ladder, const struct chain *chain, const char *catalog, struct err *err);

/* Also of a ladder that is zero. */
void ladder_release(struct ladder *ladder);

#endif
