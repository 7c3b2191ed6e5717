// SPDX-License-Identifier: GPL-3.0-or-later
/* Warm-up, drift and the end of a step, on series whose truth is known. */
#include "analysis/steady.h"

#include <stdio.h>
#include <stdlib.h>

#include "analysis/random_testing.h"
#include "base/clock.h"

enum { N = 200, RUNS = 1000 };

/* Around 1, with a standard deviation of 2 %, of which neighbours share `phi`. */
static void make_noise(double *rates, size_t n, double phi)
{
	make_autoregressive(rates, n, phi);
	for (size_t i = 0; i < n; i++)
		rates[i] = 1 + 0.02 * rates[i];
}

/* The same without chance. */
static void make_waves(double *rates, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rates[i] = 1 + 0.02 * sin(2.1 * (double)i);
}

/* A server that is compiled as it runs: it begins at half of its throughput, and half of the rest is lost in 5 windows. */
static void a_warmup_is_found(void **state)
{
	double rates[N];
	int exact = 0;

	(void)state;
	for (int run = 0; run < 100; run++) {
		size_t cut;

		make_noise(rates, 100, 0.3);
		for (int i = 0; i < 100; i++)
			rates[i] *= 1 - 0.5 * exp2(-i / 5.0);
		cut = find_warmup(rates, 100, 0);
		/* 0.5 x 2^-(cut / 5) is left there: from 4 halvings on within the noise */
		assert_in_range(cut, 15, 50);
		assert_in_range(find_warmup(rates, 100, 50), 50, 75);
	}
	/* a second at half speed, then at once at full speed: never cut too short, and seldom a window too long */
	for (int run = 0; run < 100; run++) {
		make_noise(rates, 100, 0);
		for (int i = 0; i < 10; i++)
			rates[i] /= 2;
		assert_true(find_warmup(rates, 100, 0) >= 10);
		exact += find_warmup(rates, 100, 0) == 10;
	}
	assert_true(exact > 50);
	assert_int_equal(find_warmup(rates, 21, 10), 10);
	assert_int_equal(find_warmup(rates, 0, 0), 0);
}

/* The share of runs of steady noise of which something is said that is not so. */
static void steady_is_not_doubted(void **state)
{
	static const double phis[] = {0, 0.3, 0.6, 0.8};
	static const size_t lengths[] = {10, 40, 100};
	double rates[N];

	(void)state;
	for (size_t p = 0; p < ARRAY_SIZE(phis); p++) {
		for (size_t l = 0; l < ARRAY_SIZE(lengths); l++) {
			int cut = 0, drifting = 0, wide = 0;

			for (int run = 0; run < RUNS; run++) {
				struct drift drift;
				size_t warmup;

				make_noise(rates, lengths[l], phis[p]);
				warmup = find_warmup(rates, lengths[l], 0);
				drift = find_drift(rates + warmup, lengths[l] - warmup);
				cut += warmup > 0;
				drifting += drift.share > drift.bound;
				/* as it would be if any drift mattered */
				for (size_t i = 0; i < lengths[l]; i++)
					rates[i] = 1 + 20 * (rates[i] - 1);
				drift = find_drift(rates, lengths[l]);
				wide += drift.share > drift.bound;
			}
			printf(
			    "# of %d steady runs of %zu windows, AR(1) %.1f: %d are cut, %d drift, of 40 %% noise %d\n",
			    RUNS, lengths[l], phis[p], cut, drifting, wide);
			assert_true(cut <= 40 && drifting <= 30 && wide <= 60);
		}
	}
}

/* Of 10 s: 1 % a window, or a jump by a third at 70 %, are no steady state. */
static void a_drift_is_seen(void **state)
{
	double rates[N];
	int slow = 0, jumps = 0;

	(void)state;
	for (int run = 0; run < 100; run++) {
		struct drift drift;
		size_t warmup;

		make_noise(rates, 100, 0.3);
		for (int i = 0; i < 100; i++)
			rates[i] *= 1 - 0.002 * i;
		warmup = find_warmup(rates, 100, 0);
		drift = find_drift(rates + warmup, 100 - warmup);
		slow += drift.share > drift.bound;
		make_noise(rates, 100, 0.3);
		for (int i = 70; i < 100; i++)
			rates[i] *= 1.33;
		warmup = find_warmup(rates, 100, 0);
		drift = find_drift(rates + warmup, 100 - warmup);
		jumps += drift.share > drift.bound;
	}
	printf("# seen: of 100 slow drifts %d, of 100 late jumps %d\n", slow, jumps);
	assert_true(slow >= 95 && jumps >= 95);
	for (int i = 0; i < 5; i++)
		rates[i] = 0;
	assert_true(isnan(find_drift(rates, 5).share) && isnan(find_drift(rates, 4).share));
}

static void add_window(struct step_sample *sample, double rate)
{
	int64_t start_ns = (int64_t)sample->n_windows * 100 * NS_PER_MS;
	struct window window = {.start_ns = start_ns,
	    .end_ns = start_ns + 100 * NS_PER_MS,
	    .counts = {.completed = (uint64_t)(1000 * rate)}};
	struct observed seen = {.elapsed_ns = 100 * NS_PER_MS};

	assert_int_equal(step_sample_add(sample, &window, &seen, NULL), 0);
}

/* How many windows it takes, and how many of them are warm-up. */
static struct stop windows_taken(
    const struct stopping *stopping, const double *rates, size_t max, size_t *taken)
{
	struct step_sample sample;
	struct stop stop = {.enough = false};

	assert_int_equal(step_sample_init(&sample), 0);
	while (!stop.enough && sample.n_windows < max) {
		add_window(&sample, rates[sample.n_windows]);
		assert_int_equal(find_stop(stopping, &sample, &stop), 0);
	}
	*taken = sample.n_windows;
	step_sample_release(&sample);
	return stop;
}

static void a_step_ends_when_it_is_enough(void **state)
{
	struct stopping fixed = {.warmup_ns = 300 * NS_PER_MS, .measure_ns = 1200 * NS_PER_MS};
	struct stopping settling = {.settles = true, .measure_ns = 4 * NS_PER_S};
	struct stopping precise = {.settles = true, .measure_ns = 20 * NS_PER_S, .precision = 0.01};
	double rates[N];
	struct stop stop;
	size_t taken;

	(void)state;
	make_waves(rates, N);
	stop = windows_taken(&fixed, rates, N, &taken);
	assert_true(stop.enough && stop.warmup_windows == 3 && taken == 15);
	stop = windows_taken(&settling, rates, N, &taken);
	assert_true(stop.enough && stop.warmup_windows == 0 && taken == 40);
	/* as soon as it may */
	stop = windows_taken(&precise, rates, N, &taken);
	assert_true(stop.enough && taken == WINDOWS_PRECISE);
	precise.precision = 0.00001;
	stop = windows_taken(&precise, rates, N, &taken);
	assert_true(stop.enough && taken == N);
	/* half as fast for the first second: that is not counted, and made up for */
	for (int i = 0; i < 10; i++)
		rates[i] /= 2;
	stop = windows_taken(&fixed, rates, N, &taken);
	assert_true(stop.enough && stop.warmup_windows == 3 && taken == 15);
	stop = windows_taken(&settling, rates, N, &taken);
	assert_true(stop.enough && stop.warmup_windows == 10 && taken == 50);
	/* a server that dies is not one that has warmed up until then, nor waited for */
	make_waves(rates, N);
	for (int i = 20; i < N; i++)
		rates[i] = 0;
	stop = windows_taken(&settling, rates, N, &taken);
	assert_true(stop.enough && stop.warmup_windows == 0 && taken == 40);
	/* never steady */
	for (int i = 0; i < N; i++)
		rates[i] = 1 + 0.01 * i;
	stop = windows_taken(&settling, rates, N, &taken);
	assert_true(!stop.enough && taken == N);
	precise.precision = 0.01;
	stop = windows_taken(&precise, rates, N, &taken);
	assert_true(!stop.enough && taken == N);
}

static int set_up(void **state)
{
	int rc = make_random(state);

	if (!rc)
		gsl_rng_set(rng, 5);
	return rc;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_warmup_is_found),
	    cmocka_unit_test(steady_is_not_doubted),
	    cmocka_unit_test(a_drift_is_seen),
	    cmocka_unit_test(a_step_ends_when_it_is_enough),
	};

	return cmocka_run_group_tests(tests, set_up, free_random);
}
