// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/curve.h"

#include <math.h>
#include <string.h>

#include "analysis/checks.h"
#include "analysis/intervals.h"

/* What may change between two steps of the same load, as a share: no step's interval contains it. */
#define BETWEEN 0.005
/* More failures than that, and more load will not help. */
#define FAILED 0.01

double curve_clients(const struct step *step)
{
	return step->clients;
}

/*
 * Half of the step's interval as a share of its throughput, with what may change between steps; where it is unknown, all
 * of it. As a share, for a step that was slower by chance has the narrower interval in q/s, and is no better for that.
 */
static double half_share(const struct step *step)
{
	double half = relative_half_width(step->throughput_rps, step->throughput_ci95_rps);

	return hypot(isfinite(half) ? half : 1, BETWEEN);
}

/* Sums, before they become a point: `rps` is the weighted sum, `half_rps` the sum of weights. */
static void add_step(struct point *sum, const struct step *step)
{
	double weight = isfinite(step->throughput_rps) ? pow(half_share(step), -2) : 0;

	sum->steps++;
	sum->failed |= error_share(step) > FAILED || !step->counts.completed;
	sum->longest_s = fmax(sum->longest_s, step->duration_s);
	if (weight > 0) {
		sum->rps += weight * step->throughput_rps;
		sum->half_rps += weight;
	}
}

/* The place of that load among the points, which is made where there is none; NULL: they are full. */
static struct point *place_of(struct points *points, double load)
{
	size_t i = 0;

	while (i < points->n && points->at[i].load < load)
		i++;
	if (i < points->n && points->at[i].load == load)
		return &points->at[i];
	if (points->n == CURVE_POINTS_MAX)
		return NULL;
	memmove(&points->at[i + 1], &points->at[i], (points->n - i) * sizeof(points->at[0]));
	points->n++;
	points->at[i] = (struct point){.load = load};
	return &points->at[i];
}

/*
 * How many times wider the intervals are than they claim: the square root of chi squared over its degrees of freedom, at
 * least 1, of the steps that share their load with others. Half of a 95 % interval is two standard deviations.
 */
static double birge(const struct step *steps, size_t n, curve_axis *axis, struct points *points)
{
	double squares = 0, freedom = 0;

	for (size_t i = 0; i < n; i++) {
		const struct point *point = place_of(points, axis(&steps[i]));
		double half = point ? half_share(&steps[i]) * point->rps : 0;

		if (!(half > 0) || point->steps < 2 || !isfinite(steps[i].throughput_rps))
			continue;
		squares += pow((steps[i].throughput_rps - point->rps) / (half / 2), 2);
		freedom += 1 - 1.0 / point->steps;
	}
	return freedom > 0 ? fmax(1, sqrt(squares / freedom)) : 1;
}

void curve_points(const struct step *steps, size_t n, curve_axis *axis, struct points *points)
{
	double scale;

	points->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct point *sum = place_of(points, axis(&steps[i]));

		if (sum)
			add_step(sum, &steps[i]);
	}
	for (size_t i = 0; i < points->n; i++) {
		struct point *point = &points->at[i];
		double weight = point->half_rps;

		point->rps = weight > 0 ? point->rps / weight : 0;
		point->half_rps = weight > 0 ? point->rps / sqrt(weight) : 0;
	}
	scale = birge(steps, n, axis, points);
	for (size_t i = 0; i < points->n; i++)
		points->at[i].half_rps *= scale;
}

const struct point *curve_best(const struct points *points)
{
	const struct point *best = NULL;

	for (size_t i = 0; i < points->n; i++)
		if (points->at[i].rps > 0 && (!best || points->at[i].rps > best->rps))
			best = &points->at[i];
	return best;
}

const struct point *curve_knee(const struct points *points)
{
	const struct point *best = curve_best(points), *knee = points->at;

	if (!best)
		return NULL;
	while (knee->rps < (1 - CURVE_GOAL) * best->rps)
		knee++;
	return knee;
}

double curve_half_between(const struct point *a, const struct point *b)
{
	return hypot(a->half_rps, b->half_rps);
}

bool curve_fallen(const struct point *point, const struct point *best)
{
	return best->rps - point->rps - curve_half_between(point, best) > CURVE_FALL * best->rps;
}

bool curve_shape(const struct points *points, struct curve *curve)
{
	const struct point *best = curve_best(points), *knee = curve_knee(points);
	const struct point *end = points->at + points->n;

	if (!best || points->n < 2)
		return false;
	*curve = (struct curve){.knee = knee->load, .plateau_hi = best->load};
	for (const struct point *p = knee + 1; p < end && !curve->collapses; p++) {
		/* not shown to be lower */
		if (p->rps + p->half_rps >= (1 - CURVE_GOAL) * best->rps)
			curve->plateau_hi = fmax(p->load, best->load);
		if (p < best || !curve_fallen(p, best))
			continue;
		curve->collapses = true;
		curve->collapse.load = p->load;
		curve->collapse.throughput_rps = p->rps;
		curve->collapse.share = 1 - p->rps / best->rps;
	}
	/* up to twice the knee nothing was gained, or with two loads more */
	curve->is_capped = curve->collapses || end - knee > 2 || end[-1].load >= 2 * knee->load;
	return true;
}
