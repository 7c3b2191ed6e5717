// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/confidence.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#define P_TWO_SIDED 0.975
/* An estimate from less says nothing of its own error. */
#define DF_MIN 2

/* What is left of value i once the dependence on the one before is taken out. */
static double whitened(const double *values, size_t i, double dependence)
{
	return values[i] - dependence * values[i - 1];
}

static double whitened_mean(const double *values, size_t n, double dependence)
{
	double sum = 0;

	for (size_t i = 1; i < n; i++)
		sum += whitened(values, i, dependence);
	return sum / (double)(n - 1);
}

/* The mean square of the n - 1 whitened values: that of all their cosine transforms. */
static double power(const double *values, size_t n, double dependence)
{
	double mean = whitened_mean(values, n, dependence), squares = 0;

	for (size_t i = 1; i < n; i++) {
		double value = whitened(values, i, dependence) - mean;

		squares += value * value;
	}
	return squares / (double)(n - 2);
}

/* The mean square of the first `n_cosines` of them. */
static double slow_power(const double *values, size_t n, double dependence, unsigned n_cosines)
{
	double mean = whitened_mean(values, n, dependence), power = 0, m = (double)(n - 1);

	for (unsigned j = 1; j <= n_cosines; j++) {
		double angle = M_PI * j / m, twice = 2 * cos(angle);
		double now = cos(angle / 2), before = now, sum = 0;

		/* cos((i + 1/2) angle), by cos(x + angle) = 2 cos(angle) cos(x) - cos(x - angle) */
		for (size_t i = 1; i < n; i++) {
			double next = twice * now - before;

			sum += (whitened(values, i, dependence) - mean) * now;
			before = now;
			now = next;
		}
		power += 2 / m * sum * sum;
	}
	return power / n_cosines;
}

static double lag_one(const double *values, size_t n)
{
	double squares = 0, products = 0;

	for (size_t i = 0; i < n; i++) {
		squares += values[i] * values[i];
		if (i)
			products += values[i] * values[i - 1];
	}
	return squares > 0 ? products / squares : 0;
}

/* Neighbours' dependence: the estimate from n values is too low by (1 + 3 x dependence) / n. */
static double unbiased_dependence(const double *values, size_t n)
{
	double k = (double)n;

	return n > 3 ? (lag_one(values, n) + 1 / k) / (1 - 3 / k) : 0;
}

static double limit_to(double value, double max)
{
	return fmin(fmax(value, 0), max);
}

/* From the power of what was whitened, of which `df` values are known. */
static struct long_run colour(double power, double df, double dependence, size_t n)
{
	/* relative variances of both factors: 2 / df of a mean square, and that of (1 - dependence)^-2 */
	double inverse = 1 / df;

	if (dependence > 0)
		inverse += 2 * (1 + dependence) / ((double)n * (1 - dependence));
	return (struct long_run){
	    .variance = power / ((1 - dependence) * (1 - dependence)),
	    .df = fmax(1 / inverse, DF_MIN),
	    .dependence = dependence,
	};
}

/* The one to whiten with. */
static double cautious_dependence(const double *values, size_t n, double max)
{
	double k = (double)n, dependence = unbiased_dependence(values, n);

	dependence += 0.5 * sqrt(fmax(1 - dependence * dependence, 0) / k);
	return limit_to(dependence, fmin(max, 1 - 2 / k));
}

struct long_run long_run(const double *values, size_t n, double dependence_max)
{
	double dependence = cautious_dependence(values, n, dependence_max);
	unsigned n_cosines = (unsigned)(0.4 * pow((double)(n - 1), 2. / 3));

	if (n_cosines < 2)
		n_cosines = 2;
	return colour(slow_power(values, n, dependence, n_cosines), n_cosines, dependence, n);
}

struct long_run long_run_of_neighbours(const double *values, size_t n, double dependence_max)
{
	double dependence = cautious_dependence(values, n, dependence_max);

	return colour(power(values, n, dependence), (double)(n - 2), dependence, n);
}

/* Sum of amounts / sum of lengths, the latter also for itself. */
static double plain_ratio(const double *amounts, const double *lengths, size_t n, double *length)
{
	double amount = 0;

	*length = 0;
	for (size_t i = 0; i < n; i++) {
		amount += amounts[i];
		*length += lengths[i];
	}
	return *length > 0 ? amount / *length : NAN;
}

struct series_ratio rounds_ratio(const double *amounts, const double *lengths, size_t n)
{
	double length, squares = 0, k = (double)n, half;
	struct series_ratio r = {
	    .value = plain_ratio(amounts, lengths, n, &length), .ci95 = {NAN, NAN}, .independent = k};

	if (n < 2 || !(length > 0))
		return r;
	for (size_t i = 0; i < n; i++) {
		double residual = amounts[i] - r.value * lengths[i];

		squares += residual * residual;
	}
	half = gsl_cdf_tdist_Pinv(P_TWO_SIDED, k - 1) * sqrt(squares * k / (k - 1)) / length;
	r.ci95 = (struct interval){r.value - half, r.value + half};
	return r;
}

/* Half of the interval of the sum of n residuals. */
static double half_of_sum(const struct long_run *l, size_t n)
{
	return gsl_cdf_tdist_Pinv(P_TWO_SIDED, l->df) * sqrt(l->variance * (double)n);
}

struct series_ratio series_ratio(const double *amounts, const double *lengths, size_t n)
{
	struct series_ratio r = rounds_ratio(amounts, lengths, n);
	double *residuals, length, half, dependence;
	struct long_run slow, neighbours;

	r.independent = NAN;
	if (n < WINDOWS_FEW || isnan(r.value))
		return r;
	residuals = calloc(n, sizeof(*residuals));
	if (!residuals)
		return (struct series_ratio){r.value, {NAN, NAN}, NAN};
	plain_ratio(amounts, lengths, n, &length);
	for (size_t i = 0; i < n; i++)
		residuals[i] = amounts[i] - r.value * lengths[i];
	slow = long_run(residuals, n, DEPENDENCE_MAX);
	neighbours = long_run_of_neighbours(residuals, n, DEPENDENCE_MAX);
	dependence = limit_to(unbiased_dependence(residuals, n), DEPENDENCE_MAX);
	half = fmax(half_of_sum(&slow, n), half_of_sum(&neighbours, n)) / length;
	r.ci95 = (struct interval){r.value - half, r.value + half};
	r.independent = (double)n * (1 - dependence) / (1 + dependence);
	free(residuals);
	return r;
}

/* How many independent responses the series is worth, for the share of them up to a bucket. -ENOMEM. */
static int worth(const struct hist_series *series, const struct hist *total, unsigned index,
    bool independent_windows, double *responses)
{
	size_t n = series->n;
	double *upto = calloc(n + 1, sizeof(*upto)), *counts = calloc(n + 1, sizeof(*counts));
	double count = (double)total->count, half, variance;
	struct series_ratio r;

	*responses = count;
	if (!upto || !counts) {
		free(upto);
		free(counts);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		upto[i] = (double)hist_brief_upto(&series->entries[i], index);
		counts[i] = (double)series->entries[i].count;
	}
	r = independent_windows ? rounds_ratio(upto, counts, n) : series_ratio(upto, counts, n);
	free(upto);
	free(counts);
	/* as many as the interval allows for: so it contains what Student's t adds */
	half = (r.ci95.hi - r.ci95.lo) / 2 / gsl_cdf_ugaussian_Pinv(P_TWO_SIDED);
	variance = half * half;
	if (variance > 0 && r.value > 0 && r.value < 1)
		*responses = fmin(count, r.value * (1 - r.value) / variance);
	return 0;
}

int quantile_interval(const struct hist_series *series, const struct hist *total, double q,
    bool independent_windows, struct interval *ci95_ns)
{
	double responses, middle, half, z = gsl_cdf_ugaussian_Pinv(P_TWO_SIDED);
	double value_ns = hist_quantile_ns(total, q), beyond = 1 - P_TWO_SIDED;

	*ci95_ns = (struct interval){NAN, NAN};
	if (series->n < 2 || isnan(value_ns))
		return 0;
	if (worth(series, total, hist_index((uint64_t)value_ns), independent_windows, &responses))
		return -ENOMEM;
	middle = (q + z * z / 2 / responses) / (1 + z * z / responses);
	half =
	    z * sqrt(q * (1 - q) / responses + z * z / 4 / responses / responses) / (1 + z * z / responses);
	/* that all of so many are on one side of it must be unlikely */
	if (pow(1 - q, responses) <= beyond)
		ci95_ns->lo = hist_quantile_ns(total, middle - half);
	if (pow(q, responses) <= beyond)
		ci95_ns->hi = hist_quantile_ns(total, middle + half);
	return 0;
}
