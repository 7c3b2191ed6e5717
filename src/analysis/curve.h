// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Throughput by load, as all steps so far say together, and the shape of it. A load is a point on one axis, by which a
 * search goes: a number of clients, or a rate.
 *
 * Steps of the same load are one point: their mean, weighted by their intervals, as shares. What changes between two steps
 * is not in the interval of either, so half a percent is added to each; and where steps of the same load differ by more than their
 * intervals say, all intervals are widened by how much more (the Birge ratio; Birge, Physical Review 40, 1932, over all
 * loads together).
 */
#ifndef MAXQ_ANALYSIS_CURVE_H
#define MAXQ_ANALYSIS_CURVE_H

#include "analysis/result.h"

/* Differences of throughput below this, as a share of the best, do not matter. */
#define CURVE_GOAL 0.02
/* More of a fall than that is a collapse. */
#define CURVE_FALL 0.05

enum { CURVE_POINTS_MAX = 128 };

/* Which load a step held: what its axis is. */
typedef double curve_axis(const struct step *step);

struct point {
	double load;
	double rps, half_rps; /* throughput and half of its 95 % interval */
	double longest_s;     /* of its steps: how long the longest was measured */
	unsigned steps;
	bool failed; /* in one of its steps nothing came, or more than 1 % of the requests failed */
};

/* By rising load; those beyond CURVE_POINTS_MAX are left out. */
struct points {
	size_t n;
	struct point at[CURVE_POINTS_MAX];
};

/* The axis of a closed loop: clients. */
double curve_clients(const struct step *step);

/* Sums up the steps by load. Steps without a throughput count as none. */
void curve_points(const struct step *steps, size_t n, curve_axis *axis, struct points *points);

/* The point with the highest throughput; NULL when none had any. */
const struct point *curve_best(const struct points *points);

/* The least load whose throughput is within CURVE_GOAL of the best; NULL when none had any. */
const struct point *curve_knee(const struct points *points);

/* Half of the 95 % interval of the difference of two. */
double curve_half_between(const struct point *a, const struct point *b);

/* Throughput at this point is below that of `best` by more than CURVE_FALL, beyond doubt. */
bool curve_fallen(const struct point *point, const struct point *best);

/* Of several loads: false when there are fewer than two, or none had any throughput. */
bool curve_shape(const struct points *points, struct curve *curve);

#endif
