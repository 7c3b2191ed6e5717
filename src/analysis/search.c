// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/search.h"

#include <math.h>

/* Of the best: what the least load among equals may give away. The rest of the goal is for what is not certain. */
#define EQUAL 0.005
/* Two loads are next to each other when one is at most so many times the other. */
#define NEXT_TO 1.2
/* What is worth a look is no proof: half of an interval, which is one standard deviation. */
#define LIKELY 0.5
/* So many times the load of the knee must have been measured: two doublings. */
#define BEYOND_KNEE 3.99

/* Whether more load was shown to give no more. */
static bool is_capped(const struct points *points)
{
	const struct point *knee = curve_knee(points), *top = &points->at[points->n - 1];

	return !knee || top->load >= BEYOND_KNEE * knee->load || curve_fallen(top, curve_best(points));
}

/*
 * Upwards from the largest load, unless throughput has fallen there, which a single step does not prove. When the server is
 * known to be saturated, only as far as what it would still have to do when such a step ends is done within another one.
 */
static bool grow(const struct search *search, const struct points *points, struct ask *ask)
{
	const struct point *top = &points->at[points->n - 1], *best = curve_best(points);
	double next;

	*ask = (struct ask){top->load, EFFORT_ROUGH};
	if (top->failed || !best)
		return false;
	if (curve_fallen(top, best))
		return top->steps < 2;
	next = 2 * top->load;
	if (is_capped(points)) {
		next = 4 * top->load;
		if (next > search->step_s[EFFORT_ROUGH] * best->rps)
			return false;
	}
	ask->load = next;
	return next <= search->load_max;
}

/* The load in the middle between two, by their ratio. */
static bool between(
    const struct search *search, const struct point *l, const struct point *r, struct ask *ask)
{
	*ask = (struct ask){.load = sqrt(l->load * r->load), .effort = EFFORT_ROUGH};
	if (search->whole)
		ask->load = round(ask->load);
	return r->load > NEXT_TO * l->load && ask->load > l->load && ask->load < r->load;
}

/* Throughput at `b` is above that at `a`: by more than the goal, and more than so many intervals. */
static bool is_step_up(const struct point *a, const struct point *b, double intervals)
{
	return b->rps - a->rps > fmax(CURVE_GOAL * b->rps, intervals * curve_half_between(a, b));
}

/* The point at that index is below the best; below the first there is nothing, and what is above the last is unknown. */
static bool is_lower(const struct points *points, long i, const struct point *best)
{
	return i < 0 || (i < (long)points->n && is_step_up(&points->at[i], best, LIKELY));
}

/*
 * The knee is between a load that is below it and the next one that is not. And next to the best load a higher peak can be
 * where throughput rises before it and falls after it, be it that the other end of that gap is about as high.
 */
static bool refine(const struct search *search, const struct points *points, struct ask *ask)
{
	const struct point *knee = curve_knee(points), *best = curve_best(points);

	if (!best)
		return false;
	if (knee > points->at && is_step_up(knee - 1, knee, LIKELY) && between(search, knee - 1, knee, ask))
		return true;
	for (long i = best - points->at - 1; i <= best - points->at; i++) {
		bool rises = is_lower(points, i - 1, best) || is_lower(points, i, best);
		bool falls = is_lower(points, i + 1, best) || is_lower(points, i + 2, best);

		if (i >= 0 && rises && falls && between(search, &points->at[i], &points->at[i + 1], ask))
			return true;
	}
	return false;
}

/* A neighbour of the best that only one short step has ruled out: something else may have held that up. */
static bool recheck(const struct points *points, struct ask *ask)
{
	const struct point *best = curve_best(points);

	for (const struct point *p = points->at; best && p < points->at + points->n; p++) {
		*ask = (struct ask){p->load, EFFORT_ROUGH};
		if (p + 1 >= best && p <= best + 1 && p->steps < 2 && !p->failed)
			return true;
	}
	return false;
}

/* The one of which less is known. */
static bool less_certain(const struct point *a, const struct point *b, struct ask *ask)
{
	*ask = (struct ask){a->half_rps >= b->half_rps ? a->load : b->load, EFFORT_FINE};
	return true;
}

/* Is another load better than the best? The strongest of them is the one that can be the best by most. */
static bool decide(const struct points *points, struct ask *ask)
{
	const struct point *best = curve_best(points), *other = NULL;
	double most = 0;

	for (size_t i = 0; i < points->n && best; i++) {
		const struct point *p = &points->at[i];
		double gain = p->rps - best->rps + curve_half_between(p, best);

		if (p != best && !p->failed && (!other || gain > most)) {
			other = p;
			most = gain;
		}
	}
	return other && most > (CURVE_GOAL - EQUAL) * best->rps && less_certain(best, other, ask);
}

/* A knee that only short steps have made, and that may be none, is looked at again. */
static bool confirm(const struct search *search, const struct points *points, struct ask *ask)
{
	const struct point *knee = curve_knee(points), *best = curve_best(points);

	if (!best || knee == best || knee->longest_s > search->step_s[EFFORT_ROUGH])
		return false;
	*ask = (struct ask){knee->load, EFFORT_FINE};
	return knee->rps - (1 - CURVE_GOAL) * best->rps < curve_half_between(knee, best);
}

/* A fall was seen in a row, early: the machine may have been slow just then. One more look at the end tells. */
static bool confirm_fall(const struct points *points, struct ask *ask)
{
	const struct point *best = curve_best(points), *p = best;

	while (p && p < points->at + points->n && !curve_fallen(p, best))
		p++;
	if (!p || p == points->at + points->n || p->steps > 2)
		return false;
	*ask = (struct ask){p->load, EFFORT_ROUGH};
	return true;
}

static double took_s(const struct step *steps, size_t n)
{
	double sum_s = 0;

	for (size_t i = 0; i < n; i++)
		sum_s += steps[i].warmup_s + steps[i].duration_s;
	return sum_s;
}

bool search_next(const struct search *search, const struct step *steps, size_t n, struct ask *ask)
{
	struct points points;

	if (search->list) {
		*ask = (struct ask){n < search->n_list ? search->list[n] : 0, EFFORT_FINE};
		return n < search->n_list;
	}
	*ask = (struct ask){search->load_min, EFFORT_ROUGH};
	if (!n)
		return true;
	curve_points(steps, n, search->axis, &points);
	if (grow(search, &points, ask))
		return true;
	if (points.n < CURVE_POINTS_MAX &&
	    (refine(search, &points, ask) || recheck(&points, ask) || decide(&points, ask) ||
		confirm(search, &points, ask)) &&
	    fmax(took_s(steps, n), search->elapsed_s) + search->step_s[ask->effort] <= search->budget_s)
		return true;
	return confirm_fall(&points, ask);
}

double search_best(const struct search *search, const struct step *steps, size_t n)
{
	struct points points;
	const struct point *best, *p = points.at;

	curve_points(steps, n, search->axis, &points);
	best = curve_best(&points);
	if (!best)
		return 0;
	while (p->rps < (1 - EQUAL) * best->rps)
		p++;
	return p->load;
}

double search_better(const struct search *search, const struct step *steps, size_t n)
{
	struct points before, anew;
	const struct point *best;

	curve_points(steps, n - 1, search->axis, &before);
	curve_points(&steps[n - 1], 1, search->axis, &anew);
	best = curve_best(&before);
	return best && best->load != anew.at[0].load && is_step_up(&anew.at[0], best, 1) ? best->load : 0;
}
