// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/steady.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/intervals.h"
#include "base/clock.h"

enum {
	BATCH = 5,    /* windows that MSER-5 adds up */
	ASK_EVERY = 5 /* windows, at first */
};

/* One in a hundred, on both sides. */
#define P_NOISE 0.995
/*
 * Of a drift or a jump that nobody took out, neighbours look dependent beyond all bounds: noise is not believed to be
 * more so than what the intervals are made for.
 */
#define NOISE_DEPENDENCE_MAX 0.8

static double mean_of(const double *values, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += values[i];
	return sum / (double)n;
}

/* The rise of the line of least squares through the values, from one to the next. */
static double slope_of(const double *values, size_t n, double mean)
{
	double products = 0, squares = 0, middle = (double)(n - 1) / 2;

	for (size_t i = 0; i < n; i++) {
		products += ((double)i - middle) * (values[i] - mean);
		squares += ((double)i - middle) * ((double)i - middle);
	}
	return products / squares;
}

struct drift find_drift(const double *rates, size_t n)
{
	double *left = n >= BATCH ? calloc(n, sizeof(*left)) : NULL;
	double mean, slope, k = (double)n, middle = (k - 1) / 2, error;
	struct long_run l;

	if (!left)
		return (struct drift){NAN, NAN};
	mean = mean_of(rates, n);
	slope = slope_of(rates, n, mean);
	for (size_t i = 0; i < n; i++)
		left[i] = rates[i] - mean - slope * ((double)i - middle);
	l = long_run_of_neighbours(left, n, NOISE_DEPENDENCE_MAX);
	free(left);
	if (!(mean > 0))
		return (struct drift){NAN, NAN};
	/* what is assumed has no error of its own */
	if (l.dependence >= NOISE_DEPENDENCE_MAX)
		l.df = k - 2;
	/* the variance of a slope is that of a value over n (n^2 - 1) / 12 */
	error = sqrt(12 * l.variance / (k * (k * k - 1)));
	return (struct drift){
	    .share = fabs(slope) * (k - 1) / mean,
	    .bound = fmax(DRIFT_MAX, gsl_cdf_tdist_Pinv(P_NOISE, l.df) * error * (k - 1) / mean),
	};
}

/* The number of whole batches to leave out, of n windows. */
static size_t mser(const double *rates, size_t n)
{
	size_t batches = n / BATCH, best = 0;
	double sum = 0, squares = 0, least = INFINITY;

	/* from the last batch to the first, so that sums of all that follow a cut are at hand */
	for (size_t cut = batches; cut-- > 0;) {
		double batch = mean_of(rates + cut * BATCH, BATCH), k = (double)(batches - cut), error;

		sum += batch;
		squares += batch * batch;
		error = (squares - sum * sum / k) / (k * k);
		if (cut <= batches / 2 && error <= least) {
			least = error;
			best = cut;
		}
	}
	return best;
}

/* Do the first `cut` windows differ from the others by more than noise does? */
static bool differs(const double *rates, size_t n, size_t cut)
{
	const double *rest = rates + cut;
	size_t n_rest = n - cut;
	double *residuals = calloc(n_rest, sizeof(*residuals));
	double mean = mean_of(rest, n_rest), error;
	struct long_run l;

	if (!residuals)
		return false;
	for (size_t i = 0; i < n_rest; i++)
		residuals[i] = rest[i] - mean;
	l = long_run(residuals, n_rest, NOISE_DEPENDENCE_MAX);
	free(residuals);
	error = sqrt(l.variance * (1 / (double)cut + 1 / (double)n_rest));
	return fabs(mean_of(rates, cut) - mean) > gsl_cdf_tdist_Pinv(P_NOISE, l.df) * error;
}

size_t find_warmup(const double *rates, size_t n, size_t first)
{
	size_t cut;

	if (n < first + WINDOWS_FEW)
		return first;
	cut = BATCH * mser(rates + first, n - first);
	return cut && differs(rates + first, n - first, cut) ? first + cut : first;
}

/* The windows of a sample as two series, in one piece of memory. */
struct series {
	double *amounts, *lengths_s, *rates;
};

static int series_of(const struct step_sample *sample, struct series *series)
{
	size_t n = sample->n_windows;

	series->amounts = calloc(3 * n + 1, sizeof(*series->amounts));
	if (!series->amounts)
		return -ENOMEM;
	series->lengths_s = series->amounts + n;
	series->rates = series->lengths_s + n;
	for (size_t w = 0; w < n; w++) {
		const struct window *window = &sample->windows[w];

		series->amounts[w] = (double)window->counts.completed;
		series->lengths_s[w] = (double)(window->end_ns - window->start_ns) / (double)NS_PER_S;
		series->rates[w] = series->lengths_s[w] > 0 ? series->amounts[w] / series->lengths_s[w] : 0;
	}
	return 0;
}

static bool reaches(const struct series *s, size_t from, size_t n, size_t least, double precision)
{
	struct series_ratio r;

	if (!(precision > 0) || n - from < least)
		return false;
	r = series_ratio(s->amounts + from, s->lengths_s + from, n - from);
	return r.independent >= INDEPENDENT_ENOUGH && relative_half_width(r.value, r.ci95) <= precision;
}

/* A late window covers the time of several; one that ends behind the warm-up is measured. */
static size_t warmup_asked(const struct step_sample *sample, int64_t warmup_ns)
{
	size_t n = 0;

	while (n < sample->n_windows && sample->windows[n].end_ns - sample->windows[0].start_ns <= warmup_ns)
		n++;
	return n;
}

/* The longer it is, the less does a window change: twenty looks from one doubling to the next. */
static size_t ask_every(size_t n)
{
	size_t every = ASK_EVERY;

	while (n >= 40 * every)
		every *= 2;
	return every;
}

int find_stop(const struct stopping *stopping, const struct step_sample *sample, struct stop *stop)
{
	size_t first = warmup_asked(sample, stopping->warmup_ns), n = sample->n_windows;
	struct series s;
	struct drift drift;
	int64_t measured_ns;
	bool settles;

	*stop = (struct stop){.warmup_windows = first};
	if (n == first)
		return 0;
	measured_ns = sample->windows[n - 1].end_ns - sample->windows[first].start_ns;
	if (measured_ns < stopping->measure_ns && (n - first) % ask_every(n - first))
		return 0;
	if (series_of(sample, &s))
		return -ENOMEM;
	/* what answers nothing any more has not warmed up, and will not settle */
	settles = stopping->settles && s.amounts[n - 1] > 0;
	if (settles)
		stop->warmup_windows = find_warmup(s.rates, n, first);
	measured_ns = sample->windows[n - 1].end_ns - sample->windows[stop->warmup_windows].start_ns;
	stop->enough = measured_ns >= stopping->measure_ns ||
	    reaches(&s, stop->warmup_windows, n,
		stop->warmup_windows > first ? WINDOWS_AFTER_CUT : WINDOWS_PRECISE, stopping->precision);
	if (stop->enough && settles) {
		drift = find_drift(s.rates + stop->warmup_windows, n - stop->warmup_windows);
		stop->enough = !(drift.share > drift.bound);
	}
	free(s.amounts);
	return 0;
}
