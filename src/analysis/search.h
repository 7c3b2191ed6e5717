// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which load to measure next, and for how long, so that the maximum is found in little time: rough where nothing is near,
 * precise where it matters. Pure functions on the steps so far.
 *
 * A search goes through four stages, and back to an earlier one whenever what was measured since asks for it:
 *   1. grow    the load is doubled until it is four times that of the knee and throughput has gained nothing, or has fallen
 *   2. look on beyond the plateau by fours, for a collapse
 *   3. refine  between two loads of the knee, or around a peak, where throughput changes by more than the goal
 *      the best load and its neighbours are measured twice, before a short step rules out anything
 *   4. decide  whether any load is better than the best so far by more than the goal: as long as their intervals leave that
 *              open, both are measured again, the less certain one first. That is the rule of LUCB (Kalyanakrishnan, Tewari,
 *              Auer and Stone, PAC Subset Selection in Stochastic Multi-armed Bandits, ICML 2012) for the best one; that a
 *              load is settled by trials that add up, short ones first, is also how MLRsearch goes about it
 *              (draft-ietf-bmwg-mlrsearch).
 * The last two end when the time is used up; the first two are bounded by the largest load. At the end a fall is looked at
 * once more.
 *
 * The axis of loads is clients, or another such as an offered rate: `axis` tells the load of a step, and `whole` whether
 * loads are whole numbers. A list of loads is measured as it is given, without any of this.
 */
#ifndef MAXQ_ANALYSIS_SEARCH_H
#define MAXQ_ANALYSIS_SEARCH_H

#include "analysis/curve.h"

enum effort {
	EFFORT_ROUGH, /* a short step */
	EFFORT_FINE,  /* a long one */
	EFFORT_COUNT,
};

/* A step that is asked for. */
struct ask {
	double load;
	enum effort effort;
};

struct search {
	const double *list; /* of loads to measure, all of them, finely; NULL: search */
	size_t n_list;
	curve_axis *axis;
	bool whole; /* loads are whole numbers */
	double load_min, load_max;
	double step_s[EFFORT_COUNT]; /* how long a step takes, warm-up included */
	double budget_s;             /* of all steps together; the first two stages do not ask for it */
	double
	    elapsed_s; /* since the search began, where that is more than the steps say; 0: it is not known */
};

/* The step that is to follow these (in the order in which they were measured); false when there is none. */
bool search_next(const struct search *search, const struct step *steps, size_t n, struct ask *ask);

/*
 * The load to measure anew as the maximum: of those whose throughput is within half a percent of the best the least, as more
 * clients only wait longer. 0 when no step had any throughput.
 */
double search_best(const struct search *search, const struct step *steps, size_t n);

/*
 * The last of these steps measured the maximum anew. The load that the steps before show to be better than that, by more
 * than the goal and their intervals; 0 when there is none.
 */
double search_better(const struct search *search, const struct step *steps, size_t n);

#endif
