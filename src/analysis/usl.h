// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The Universal Scalability Law (Gunther, Guerrilla Capacity Planning, 2007, chapter 4), fitted to throughput by load:
 *
 *	X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1))
 *
 * lambda is the throughput of one client, sigma the share of the work that has to queue for something shared (contention),
 * kappa what keeping the rest consistent costs each pair of clients (coherency). Neither of the latter is negative.
 */
#ifndef MAXQ_ANALYSIS_USL_H
#define MAXQ_ANALYSIS_USL_H

#include "analysis/curve.h"

/*
 * Nonlinear least squares, each point weighted by its interval (all alike where one has none): of the fits with both
 * coefficients free, with one of them 0, and with both, the closest in which none is negative. The intervals are Student's
 * t over what the points scatter around the law; that of a coefficient which is held at 0 is unknown. Points that failed
 * are left out. 0, -EINVAL with fewer than four points, -ENOMEM, or -EDOM when nothing converges.
 */
int usl_fit(const struct points *points, struct usl *usl);

/* The law's throughput at that load. */
double usl_rps(const struct usl *usl, double load);

#endif
