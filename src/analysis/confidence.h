// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How far a figure of a step can be off: 95 % intervals from its windows, which depend on each other.
 *
 * All figures are ratios, sum of amounts / sum of lengths: responses / seconds, CPU time / responses, responses up to a
 * latency / responses. The error of a ratio is the sum of its residuals, amount - ratio x length, over the sum of lengths
 * (Cochran, Sampling Techniques, 6.4). What that sum varies by is the long-run variance of the residuals, which is their
 * spectrum at frequency 0. It is estimated
 * - from the first few cosine transforms of the series, the slow ones, each of which is as good as one independent value
 *   (equal-weighted cosines: Lazarus, Lewis, Stock and Watson, HAR inference: recommendations for practice, JBES 36, 2018);
 * - after the dependence of neighbours has been taken out by an autoregression of order 1, to be multiplied in again
 *   (prewhitening: Andrews and Monahan, Econometrica 60, 1992), as it would else be lost in short series. Its coefficient is
 *   corrected for its bias (Marriott and Pope, Biometrika 41, 1954), and raised by half of its standard error, since
 *   taking it too low costs more than taking it too high;
 * - with Student's t for as many degrees of freedom as both estimates leave (Satterthwaite, Biometrics 2, 1946).
 * docs/method.md says how often such intervals contain the truth; confidence_test.c measures it.
 */
#ifndef MAXQ_ANALYSIS_CONFIDENCE_H
#define MAXQ_ANALYSIS_CONFIDENCE_H

#include "analysis/result.h"

enum {
	WINDOWS_FEW = 20,       /* with fewer, dependence cannot be seen, and they are taken as independent */
	INDEPENDENT_ENOUGH = 15 /* with less, the interval is a guess */
};

/* The highest dependence of neighbours that is ever assumed. */
#define DEPENDENCE_MAX 0.97

struct series_ratio {
	double value; /* NAN: the lengths are 0 */
	struct interval ci95;
	double
	    independent; /* so many independent windows would say as much; NAN with fewer than WINDOWS_FEW */
};

struct series_ratio series_ratio(const double *amounts, const double *lengths, size_t n);

/* The same for windows that do not depend on each other, such as rounds. `independent` is n. */
struct series_ratio rounds_ratio(const double *amounts, const double *lengths, size_t n);

/* The long-run variance of a series whose mean is 0: n times the variance of its mean. */
struct long_run {
	double variance;
	double df;         /* of the estimate */
	double dependence; /* of neighbours: 0 to dependence_max */
};

/* n is 3 at least. */
struct long_run long_run(const double *values, size_t n, double dependence_max);

/*
 * The same if all dependence is that of neighbours: then all frequencies tell the variance. For what is not to hide in the slow
 * ones, such as a drift or a jump.
 */
struct long_run long_run_of_neighbours(const double *values, size_t n, double dependence_max);

/*
 * The interval of the latency of which a share `q` of the responses is not above it, whatever its distribution. Windows are
 * clusters of responses: by how much the share of responses up to that latency varies from window to window says how many
 * independent responses they are worth (Korn and Graubard, Survey Methodology 24, 1998), and the score interval for so many
 * (Wilson, JASA 22, 1927) has the ranks of both bounds (Woodruff, JASA 47, 1952). `total` has all of the series. A bound is NAN
 * where it is not unlikely that all of so many responses are on one side of it. -ENOMEM.
 */
int quantile_interval(const struct hist_series *series, const struct hist *total, double q,
    bool independent_windows, struct interval *ci95_ns);

#endif
