// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Of 1,000 simulated runs whose truth is known, how many 95 % intervals contain it? At least 930 must. Windows depend on
 * each other as those of servers do, and as strongly as is claimed in docs/method.md.
 */
#include <gsl/gsl_cdf.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/random_testing.h"
#include "analysis/steady.h"
#include "base/clock.h"

enum { RUNS = 1000, CONTAIN_AT_LEAST = 930, N_MAX = 1000 };

/* A process with mean 0 and standard deviation 1. */
struct process {
	const char *name;
	void (*make)(double *values, size_t n, double parameter);
	double parameter;
	/* Claimed for so many windows, for percentiles up to p99, and for steps that end early; else it is only told. */
	size_t claimed_from;
	bool p99_claimed, early_claimed;
};

/* A server which is slow for 30 % of the time, some windows on end, with a little noise: two states, as by Markov. */
static void two_states(double *values, size_t n, double memory)
{
	bool slow = gsl_rng_uniform(rng) < 0.3;

	for (size_t i = 0; i < n; i++) {
		values[i] = ((slow ? -0.7 : 0.3) + gsl_ran_gaussian(rng, 0.1)) / sqrt(0.21 + 0.01);
		if (gsl_rng_uniform(rng) < (1 - memory) * (slow ? 0.7 : 0.3))
			slow = !slow;
	}
}

/* A stall of two windows (a garbage collection), again and again, from anywhere. */
static void stalls(double *values, size_t n, double period)
{
	double phase = gsl_rng_uniform(rng) * period, share = 2 / period;

	for (size_t i = 0; i < n; i++) {
		double stalled = 0, begins = phase + floor(((double)i - phase) / period) * period;

		for (int k = 0; k < 2; k++, begins += period)
			stalled += fmax(0, fmin(begins + 2, (double)i + 1) - fmax(begins, (double)i));
		values[i] = (share - stalled + gsl_ran_gaussian(rng, 0.1)) / sqrt(share * (1 - share));
	}
}

static const struct process processes[] = {
    {"AR(1) 0", make_autoregressive, 0, 40, true, true},
    {"AR(1) 0.3", make_autoregressive, 0.3, 40, true, true},
    {"AR(1) 0.6", make_autoregressive, 0.6, 40, true, true},
    /* a response in a hundred is too few for the dependence to be seen */
    {"AR(1) 0.8", make_autoregressive, 0.8, 40, false, true},
    {"two states 0.3", two_states, 0.3, 40, false, true},
    /* 40 windows are worth 10 independent ones, which is said to be too few; and some seconds can be without a slow one */
    {"two states 0.6", two_states, 0.6, 60, false, false},
    {"stalls", stalls, 13.7, 40, false, true},
};

static void tell(const char *what, const struct process *process, size_t n, bool claimed, int hits)
{
	char name[96];

	snprintf(
	    name, sizeof(name), "%s, %s, %s%zu windows", what, process->name, n < N_MAX ? "" : "at most ", n);
	printf("# coverage %s truth 95 %% measured %.1f %%\n", name, 100. * hits / RUNS);
	if (getenv("MAXQ_ACCURACY"))
		printf("accuracy: coverage of %s | 95 %% | %.1f %% | %+.1f points | %s %.0f %%\n", name,
		    100. * hits / RUNS, 100. * hits / RUNS - 95,
		    claimed ? ">=" : "not claimed to be >=", 100. * CONTAIN_AT_LEAST / RUNS);
	if (claimed)
		assert_true(hits >= CONTAIN_AT_LEAST);
}

static bool contains(struct interval ci, double truth)
{
	return ci.lo <= truth && truth <= ci.hi;
}

/* Throughput: 1000 responses a window, give or take 5 %. */
static void throughput_is_covered(void **state)
{
	static const size_t lengths[] = {40, 60, 100, 300};
	double values[N_MAX], ones[N_MAX];

	(void)state;
	for (size_t i = 0; i < N_MAX; i++)
		ones[i] = 1;
	for (size_t p = 0; p < ARRAY_SIZE(processes); p++) {
		gsl_rng_set(rng, 1 + p);
		for (size_t l = 0; l < ARRAY_SIZE(lengths); l++) {
			int hits = 0;

			for (int run = 0; run < RUNS; run++) {
				processes[p].make(values, lengths[l], processes[p].parameter);
				for (size_t i = 0; i < lengths[l]; i++)
					values[i] = 1000 + 50 * values[i];
				hits += contains(series_ratio(values, ones, lengths[l]).ci95, 1000);
			}
			tell("throughput", &processes[p], lengths[l], lengths[l] >= processes[p].claimed_from,
			    hits);
		}
	}
}

/* Cost: throughput and what a response costs vary, each by itself. */
static void cost_is_covered(void **state)
{
	static const size_t lengths[] = {40, 60, 100};
	double used[N_MAX], responses[N_MAX];

	(void)state;
	for (size_t p = 0; p < ARRAY_SIZE(processes); p++) {
		gsl_rng_set(rng, 1 + p);
		for (size_t l = 0; l < ARRAY_SIZE(lengths); l++) {
			int hits = 0;

			for (int run = 0; run < RUNS; run++) {
				processes[p].make(responses, lengths[l], processes[p].parameter);
				processes[p].make(used, lengths[l], processes[p].parameter);
				for (size_t i = 0; i < lengths[l]; i++) {
					responses[i] = 1000 + 100 * responses[i];
					used[i] = responses[i] * (80 + 3 * used[i]);
				}
				hits += contains(series_ratio(used, responses, lengths[l]).ci95, 80);
			}
			tell(
			    "cost", &processes[p], lengths[l], lengths[l] >= processes[p].claimed_from, hits);
		}
	}
}

/* Latencies are log-normal, and in a window all are shifted by as much. */
static void make_latencies(
    const double *shifts, size_t n, struct hist *window, struct hist *total, struct hist_series *series)
{
	hist_reset(total);
	for (size_t i = 0; i < n; i++) {
		hist_reset(window);
		for (int k = 0; k < 100; k++)
			hist_record(window,
			    (uint64_t)round(
				exp(6 + 0.1 * shifts[i] + 0.4 * gsl_ran_gaussian_ziggurat(rng, 1))));
		assert_int_equal(hist_series_add(series, window), 0);
	}
	hist_series_total(series, total);
}

static void percentiles_are_covered(void **state)
{
	static const double shares[] = {0.5, 0.99};
	static const char *const names[] = {"p50", "p99"};
	const size_t n = 100;
	struct hist *window = malloc(sizeof(*window)), *total = malloc(sizeof(*total));
	double shifts[N_MAX];

	(void)state;
	hist_init(window);
	hist_init(total);
	/* the shifts of the others are not normal, so that of the mixture the truth is not known in closed form */
	for (size_t p = 0; p < 4; p++) {
		gsl_rng_set(rng, 1 + p);
		int hits[2] = {0, 0};

		for (int run = 0; run < RUNS; run++) {
			struct hist_series series;

			hist_series_init(&series);
			processes[p].make(shifts, n, processes[p].parameter);
			make_latencies(shifts, n, window, total, &series);
			for (size_t s = 0; s < 2; s++) {
				double truth = exp(6 + sqrt(0.01 + 0.16) * gsl_cdf_ugaussian_Pinv(shares[s]));
				struct interval ci;

				assert_int_equal(quantile_interval(&series, total, shares[s], false, &ci), 0);
				hits[s] += contains(ci, truth);
			}
			hist_series_release(&series);
		}
		for (size_t s = 0; s < 2; s++)
			tell(names[s], &processes[p], n, !s || processes[p].p99_claimed, hits[s]);
	}
	free(window);
	free(total);
}

/* Ends as soon as the interval is within 1 %, and is looked at again and again for that, as a step is. */
static void stopping_early_is_covered(void **state)
{
	static const struct stopping stopping = {
	    .settles = true, .measure_ns = N_MAX * 100 * NS_PER_MS, .precision = 0.01};
	double values[N_MAX], lengths[N_MAX];

	(void)state;
	for (size_t i = 0; i < N_MAX; i++)
		lengths[i] = 1;
	for (size_t p = 0; p < ARRAY_SIZE(processes); p++) {
		gsl_rng_set(rng, 1 + p);
		int hits = 0;
		size_t taken = 0;

		for (int run = 0; run < RUNS; run++) {
			struct window windows[N_MAX];
			struct step_sample sample = {.windows = windows};
			struct stop stop = {.enough = false};

			processes[p].make(values, N_MAX, processes[p].parameter);
			while (!stop.enough && sample.n_windows < N_MAX) {
				size_t i = sample.n_windows++;

				values[i] = round(1000 + 40 * values[i]);
				windows[i] = (struct window){.start_ns = (int64_t)i * 100 * NS_PER_MS,
				    .end_ns = (int64_t)(i + 1) * 100 * NS_PER_MS,
				    .counts = {.completed = (uint64_t)values[i]}};
				assert_int_equal(find_stop(&stopping, &sample, &stop), 0);
			}
			hits += contains(series_ratio(values + stop.warmup_windows, lengths,
					     sample.n_windows - stop.warmup_windows)
					     .ci95,
			    1000);
			taken += sample.n_windows;
		}
		printf("# on average of %zu windows\n", taken / RUNS);
		tell("throughput until 1 %", &processes[p], N_MAX, processes[p].early_claimed, hits);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(throughput_is_covered),
	    cmocka_unit_test(cost_is_covered),
	    cmocka_unit_test(percentiles_are_covered),
	    cmocka_unit_test(stopping_early_is_covered),
	};

	return cmocka_run_group_tests(tests, make_random, free_random);
}
