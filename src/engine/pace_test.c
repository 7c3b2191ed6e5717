// SPDX-License-Identifier: GPL-3.0-or-later
/* The times at which requests arrive, without a clock. */
#include "engine/pace.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/unittest.h"

static struct pace begin(uint64_t rate, enum arrival arrival, uint64_t seed, unsigned worker,
    unsigned n_workers, uint64_t arrivals)
{
	struct pace_spec spec = {.rate = rate,
	    .arrival = arrival,
	    .seed = seed,
	    .worker = worker,
	    .n_workers = n_workers,
	    .arrivals = arrivals};
	struct pace pace;

	pace_init_open(&pace, &spec);
	assert_true(pace.next_ns == CLOCK_NEVER); /* not before it has begun */
	pace_begin(&pace, 1000 * NS_PER_S);
	return pace;
}

/* The nth arrival is where n / rate is, also after a day of them, at any rate. */
static void a_constant_rate_does_not_drift(void **state)
{
	static const uint64_t rates[] = {1, 3, 7, 999, 30000, 999983, PACE_RATE_MAX};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		struct pace pace = begin(rates[i], ARRIVAL_CONSTANT, 0, 0, 1, UINT64_MAX);
		int64_t last_ns = 0;

		assert_true(pace.next_ns == 1000 * NS_PER_S);
		for (uint64_t n = 0; n < 100000; n++) {
			assert_true(pace.next_ns > last_ns);
			last_ns = pace.next_ns;
			pace_advance(&pace);
		}
		/* as if so many had been taken */
		pace.taken = 86400 * rates[i] - 1;
		pace_advance(&pace);
		assert_true(pace.next_ns == (1000 + 86400) * NS_PER_S);
		if (getenv("MAXQ_ACCURACY") && rates[i] == 999983)
			fprintf(stderr,
			    "accuracy: time of the last of a day's arrivals at %llu/s | 86400 s | %.9f s | 0 | 0\n",
			    (unsigned long long)rates[i], (double)(pace.next_ns - 1000 * NS_PER_S) / 1e9);
	}
}

/* Together they make up the one sequence. */
static void workers_take_turns(void **state)
{
	struct pace all = begin(1000, ARRIVAL_CONSTANT, 0, 0, 1, 10), each[3];
	static const uint64_t shares[] = {4, 3, 3};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		each[i] = begin(1000, ARRIVAL_CONSTANT, 0, i, 3, shares[i]);
	for (unsigned n = 0; n < 10; n++) {
		assert_true(each[n % 3].next_ns == all.next_ns);
		pace_advance(&each[n % 3]);
		pace_advance(&all);
	}
	assert_true(all.next_ns == CLOCK_NEVER);
	for (unsigned i = 0; i < 3; i++)
		assert_true(each[i].next_ns == CLOCK_NEVER);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Largest distance between the distribution of the gaps and the exponential one (Kolmogorov and Smirnov). */
static double distance(double *gaps, size_t n, double mean)
{
	double most = 0;

	qsort(gaps, n, sizeof(*gaps), by_size);
	for (size_t i = 0; i < n; i++) {
		double p = -expm1(-gaps[i] / mean);

		most = fmax(most, fmax(p - (double)i / (double)n, (double)(i + 1) / (double)n - p));
	}
	return most;
}

/* Gaps of one worker, and of three whose arrivals are put in one order, as a server sees them. */
static void poisson_gaps_are_exponential(void **state)
{
	enum { N = 100000 };
	double *gaps = malloc(N * sizeof(*gaps));
	double bound = 1.63 / sqrt(N); /* exceeded once in a hundred seeds */

	(void)state;
	assert_non_null(gaps);
	for (unsigned n_workers = 1; n_workers <= 3; n_workers += 2) {
		struct pace each[3];
		int64_t last_ns = 1000 * NS_PER_S;
		double d, rate;

		for (unsigned i = 0; i < n_workers; i++)
			each[i] = begin(20000, ARRIVAL_POISSON, 42, i, n_workers, UINT64_MAX);
		for (size_t n = 0; n < N; n++) {
			struct pace *first = &each[0];

			for (unsigned i = 1; i < n_workers; i++)
				if (each[i].next_ns < first->next_ns)
					first = &each[i];
			gaps[n] = (double)(first->next_ns - last_ns);
			last_ns = first->next_ns;
			pace_advance(first);
		}
		d = distance(gaps, N, (double)NS_PER_S / 20000);
		rate = N / ((double)(last_ns - 1000 * NS_PER_S) / 1e9);
		if (getenv("MAXQ_ACCURACY")) {
			fprintf(stderr,
			    "accuracy: Poisson gaps of %u threads, distance from exponential | 0 | %.5f | %.5f | %.5f\n",
			    n_workers, d, d, bound);
			fprintf(stderr,
			    "accuracy: Poisson rate of %u threads | 20000 | %.1f | %+.2f%% | 1%%\n",
			    n_workers, rate, 100 * (rate / 20000 - 1));
		}
		assert_true(d < bound);
		/* three standard deviations of 100,000 arrivals */
		assert_true(fabs(rate / 20000 - 1) < 3 / sqrt(N));
	}
	free(gaps);
}

/* The same gaps by the same seed, others by another, and others for each worker. */
static void seeds_tell_gaps_apart(void **state)
{
	struct pace a = begin(1000, ARRIVAL_POISSON, 1, 0, 2, UINT64_MAX);
	struct pace same = begin(1000, ARRIVAL_POISSON, 1, 0, 2, UINT64_MAX);
	struct pace seed = begin(1000, ARRIVAL_POISSON, 2, 0, 2, UINT64_MAX);
	struct pace worker = begin(1000, ARRIVAL_POISSON, 1, 1, 2, UINT64_MAX);

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_true(a.next_ns == same.next_ns);
		assert_true(a.next_ns != seed.next_ns && a.next_ns != worker.next_ns);
		pace_advance(&a);
		pace_advance(&same);
		pace_advance(&seed);
		pace_advance(&worker);
	}
}

static void the_end_counts_what_is_left(void **state)
{
	struct pace pace = begin(100, ARRIVAL_CONSTANT, 0, 0, 1, UINT64_MAX);

	(void)state;
	for (int i = 0; i < 10; i++)
		pace_advance(&pace);
	/* those at 0.10 to 0.99 s */
	assert_int_equal(pace_end(&pace, 1001 * NS_PER_S), 90);
	assert_true(pace.next_ns == CLOCK_NEVER);
	assert_int_equal(pace_end(&pace, 2000 * NS_PER_S), 0);
	/* no more than there were to be */
	pace = begin(100, ARRIVAL_CONSTANT, 0, 0, 1, 20);
	assert_int_equal(pace_end(&pace, 2000 * NS_PER_S), 20);
}

static void a_closed_loop_has_no_arrivals(void **state)
{
	struct pace pace = {.left = 2, .next_ns = CLOCK_NEVER};

	(void)state;
	assert_false(pace_is_open(&pace));
	assert_true(pace_take(&pace) && pace_take(&pace));
	assert_false(pace_take(&pace));
	assert_int_equal(arrival_parse("poisson"), ARRIVAL_POISSON);
	assert_int_equal(arrival_parse("constant"), ARRIVAL_CONSTANT);
	assert_int_equal(arrival_parse("bursts"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_constant_rate_does_not_drift),
	    cmocka_unit_test(workers_take_turns),
	    cmocka_unit_test(poisson_gaps_are_exponential),
	    cmocka_unit_test(seeds_tell_gaps_apart),
	    cmocka_unit_test(the_end_counts_what_is_left),
	    cmocka_unit_test(a_closed_loop_has_no_arrivals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
