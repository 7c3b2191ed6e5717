// SPDX-License-Identifier: GPL-3.0-or-later
/* The search for a rate that keeps an objective, on servers whose answer is known. */
#include "analysis/slo.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/checks.h"
#include "base/unittest.h"
#include "sample/hist.h"

enum { TRIALS = 200 };

/* drand48's, of our own state: the tests are the same every time. */
static double random_of(unsigned short state[3])
{
	return erand48(state);
}

/*
 * A queue with one server, Poisson arrivals, and service times of that mean, exponential (M/M/1) or all alike (M/D/1), by
 * Lindley's recursion: what a step of `seconds` at that rate would say.
 */
static void simulate(double rate, double service_s, bool exponential, double seconds, unsigned short state[3],
    struct step *step)
{
	struct hist *h = malloc(sizeof(*h));
	double now_s = 0, free_s = 0;

	assert_non_null(h);
	hist_init(h);
	for (;;) {
		double service = exponential ? -service_s * log1p(-random_of(state)) : service_s;

		now_s -= log1p(-random_of(state)) / rate;
		if (now_s > seconds)
			break;
		free_s = fmax(free_s, now_s) + service;
		hist_record(h, (uint64_t)((free_s - now_s) * 1e9));
	}
	*step = (struct step){
	    .duration_s = seconds,
	    .clients = 64,
	    .rounds = 1,
	    .throughput_rps = (double)h->count / seconds,
	    .counts = {.started = h->count, .completed = h->count},
	    .open = {.rate = (uint64_t)rate,
		.arrival = "poisson",
		.achieved_rps = (double)h->count / seconds},
	    .latency = {.mean = hist_mean_ns(h) / 1e3,
		.p50 = hist_quantile_ns(h, 0.5) / 1e3,
		.p90 = hist_quantile_ns(h, 0.9) / 1e3,
		.p99 = hist_quantile_ns(h, 0.99) / 1e3,
		.p999 = hist_quantile_ns(h, 0.999) / 1e3,
		.max = hist_quantile_ns(h, 1) / 1e3},
	};
	check_step(step, &(struct check_context){.clients_connected = 64});
	free(h);
}

struct outcome {
	uint64_t lo, hi;
	size_t n;
};

static struct outcome search(
    const char *text, double service_s, bool exponential, double seconds, unsigned short seed)
{
	struct slo_search s = {
	    .first = (uint64_t)(1 / service_s), .rate_min = 1, .rate_max = 1000000, .width = 0.05};
	struct slo_trial trials[TRIALS];
	unsigned short state[3] = {seed, 1, 2};
	struct outcome o = {0};
	struct slo slo;
	struct step step;

	assert_int_equal(slo_parse(text, &slo, NULL), 0);
	for (uint64_t rate = slo_next(&s, NULL, 0); rate; rate = slo_next(&s, trials, o.n)) {
		assert_true(o.n < TRIALS);
		simulate((double)rate, service_s, exponential, seconds, state, &step);
		trials[o.n++] = slo_judge(&slo, &step);
	}
	slo_bounds(trials, o.n, &o.lo, &o.hi);
	return o;
}

/* The time in an M/M/1 system is exponential with mean 1 / (mu - lambda): its quantile q is -ln(1 - q) times that. */
static void finds_the_rate_of_mm1(void **state)
{
	static const struct {
		const char *slo;
		double service_s, limit_s, q, seconds;
	} cases[] = {
	    {"p99=20ms", 0.001, 0.020, 0.99, 20},
	    {"p99=2ms", 0.0001, 0.002, 0.99, 5},
	    {"p90=5ms", 0.001, 0.005, 0.90, 20},
	    {"p999=50ms", 0.001, 0.050, 0.999, 60},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double truth = 1 / cases[i].service_s + log(1 - cases[i].q) / cases[i].limit_s, error = 0;
		int inside = 0, n = 20;

		for (int seed = 1; seed <= n; seed++) {
			struct outcome o = search(
			    cases[i].slo, cases[i].service_s, true, cases[i].seconds, (unsigned short)seed);

			assert_true(o.lo && o.lo < o.hi && (double)o.hi <= 1.051 * (double)o.lo);
			/* a trial that is short sees less of the tail than there is: a few percent around the truth */
			assert_true((double)o.lo > 0.85 * truth && (double)o.hi < 1.15 * truth);
			assert_true(o.n <= 60);
			inside += (double)o.lo <= 1.03 * truth && (double)o.hi >= 0.97 * truth;
			error += (sqrt((double)o.lo * (double)o.hi) / truth - 1) / n;
		}
		if (getenv("MAXQ_ACCURACY"))
			fprintf(stderr,
			    "accuracy: rate that keeps %s, M/M/1 of %.0f/s, mean of %d searches | %.1f | %.1f | %+.1f%% | 5%%\n",
			    cases[i].slo, 1 / cases[i].service_s, n, truth, truth * (1 + error), 100 * error);
		assert_true(fabs(error) < 0.05);
		assert_true(inside >= n * 3 / 4);
	}
}

/* The mean time in an M/D/1 system is s + rho s / (2 (1 - rho)) (Pollaczek and Khinchine). */
static void finds_the_rate_of_md1(void **state)
{
	struct outcome o = search("mean=3ms", 0.001, false, 30, 7);
	double rho = 0.8; /* 1 + 0.8 / 0.4 = 3 */

	(void)state;
	assert_true((double)o.lo > 0.93 * 1000 * rho && (double)o.hi < 1.07 * 1000 * rho);
}

static void an_objective_that_cannot_be_kept(void **state)
{
	struct outcome o = search("p50=100us", 0.001, false, 1, 3);

	(void)state;
	assert_int_equal(o.lo, 0);
	assert_true(o.hi > 0 && o.hi <= 2);
	assert_true(o.n < 40);
}

/* What the server could take is more than the search may ask for. */
static void the_highest_rate_is_enough(void **state)
{
	struct slo_search s = {.first = 1000, .rate_min = 1, .rate_max = 3000, .width = 0.05};
	struct slo_trial trials[8];
	uint64_t lo, hi, rate;
	size_t n = 0;

	(void)state;
	for (rate = slo_next(&s, NULL, 0); rate; rate = slo_next(&s, trials, n))
		trials[n++] = (struct slo_trial){.rate = rate, .kept = true};
	slo_bounds(trials, n, &lo, &hi);
	assert_int_equal(lo, 3000);
	assert_int_equal(hi, 0);
	assert_int_equal(n, 4); /* 1000, 2000, 3000, 3000 */
}

static void two_more_decide(void **state)
{
	struct slo_trial t[8];

	(void)state;
	for (int i = 0; i < 8; i++)
		t[i] = (struct slo_trial){.rate = 5, .kept = i % 2 == 0};
	assert_int_equal(slo_status(t, 0, 5), SLO_LEANS_BROKEN);
	assert_int_equal(slo_status(t, 1, 5), SLO_LEANS_KEPT);
	assert_int_equal(slo_status(t, 2, 5), SLO_LEANS_BROKEN);
	assert_int_equal(slo_status(t, 6, 5), SLO_LEANS_BROKEN);
	assert_int_equal(slo_status(t, 7, 5), SLO_REFUTED); /* it cannot be relied on */
	t[1].kept = true;
	assert_int_equal(slo_status(t, 2, 5), SLO_CONFIRMED);
	t[0].kept = t[1].kept = false;
	assert_int_equal(slo_status(t, 2, 5), SLO_REFUTED);
	assert_int_equal(slo_status(t, 2, 6), SLO_LEANS_BROKEN); /* nothing is known of it */
}

/* What was disturbed does not count, unless it always is. */
static void disturbed_trials_prove_nothing(void **state)
{
	struct slo_trial t[8];

	(void)state;
	for (int i = 0; i < 8; i++)
		t[i] = (struct slo_trial){.rate = 5, .disturbed = true};
	assert_int_equal(slo_status(t, 3, 5), SLO_LEANS_BROKEN);
	assert_int_equal(slo_status(t, 4, 5), SLO_LEANS_BROKEN);
	assert_int_equal(slo_status(t, 5, 5), SLO_REFUTED);
	t[1] = t[3] = (struct slo_trial){.rate = 5, .kept = true};
	assert_int_equal(slo_status(t, 3, 5), SLO_LEANS_KEPT);
	assert_int_equal(slo_status(t, 4, 5), SLO_CONFIRMED);
	assert_int_equal(slo_status(t, 5, 5), SLO_CONFIRMED);
}

/* One trial went wrong by chance: it is measured again, and does not end the search. */
static void an_accident_is_mended(void **state)
{
	struct slo_search s = {.first = 1000, .rate_min = 1, .rate_max = 10000, .width = 0.05};

	(void)state;
	for (size_t accident = 0; accident < 8; accident++) {
		struct slo_trial trials[TRIALS];
		uint64_t lo, hi, rate;
		size_t n = 0;

		for (rate = slo_next(&s, NULL, 0); rate; rate = slo_next(&s, trials, n)) {
			bool kept = rate <= 777;

			assert_true(n < 40);
			trials[n] = (struct slo_trial){.rate = rate, .kept = n == accident ? !kept : kept};
			n++;
		}
		slo_bounds(trials, n, &lo, &hi);
		assert_true(lo <= 777 && hi > 777 && (double)hi <= 1.051 * (double)lo);
	}
}

static void what_keeps_it(void **state)
{
	struct step step = {.duration_s = 10,
	    .clients = 1,
	    .rounds = 1,
	    .counts = {.started = 10000, .completed = 10000},
	    .open = {.rate = 1000, .arrival = "constant", .achieved_rps = 1000},
	    .latency = {.mean = 1000, .p50 = 1000, .p90 = 2000, .p99 = 5000, .p999 = 9000, .max = 10000}};
	struct check_context context = {0};
	struct slo slo;

	(void)state;
	assert_int_equal(slo_parse("p99=5ms,p999=9ms", &slo, NULL), 0);
	check_step(&step, &context);
	assert_true(slo_judge(&slo, &step).kept);
	step.latency.p999 = 9001;
	assert_false(slo_judge(&slo, &step).kept);
	assert_false(slo_judge(&slo, &step).disturbed);
	step.latency.p999 = 9000;
	step.counts.errors[FAILURE_STATUS] = 20;
	assert_false(slo_judge(&slo, &step).kept);
	assert_int_equal(slo_parse("p99=5ms,errors=1%", &slo, NULL), 0);
	assert_true(slo_judge(&slo, &step).kept);
	/* fast answers, but fewer of them than were asked for */
	step.open.achieved_rps = 950;
	check_step(&step, &context);
	assert_false(slo_judge(&slo, &step).kept);
	step.open.achieved_rps = 1000;
	step.open.late_sends = 100;
	check_step(&step, &context);
	assert_true(slo_judge(&slo, &step).kept); /* for late sends are in the latencies */
	step.latency.p99 = 6000;
	assert_true(slo_judge(&slo, &step).disturbed);
}

static void objectives_as_people_write_them(void **state)
{
	static const char *const bad[] = {"", "p99", "p99=", "p99=x", "p99=0", "p98=1ms", "errors=1",
	    "errors=0.1%", "p99=1ms,p99=2ms", "p99=1ms,", "P99=1ms"};
	struct slo slo = {.n = 77};
	char text[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err err = {""};

		assert_int_equal(slo_parse(bad[i], &slo, &err), -EINVAL);
		assert_string_not_equal(err.msg, "");
		assert_int_equal(slo.n, 77);
	}
	assert_int_equal(slo_parse("p99=10ms,max=1s,errors=0.5%", &slo, NULL), 0);
	assert_int_equal(slo.n, 3);
	slo_format(&slo.list[0], "<=", text, sizeof(text));
	assert_string_equal(text, "p99 <= 10.0 ms");
	slo_format(&slo.list[2], "<=", text, sizeof(text));
	assert_string_equal(text, "errors <= 0.5 %");
	assert_int_equal((int)slo_arrivals_wanted(&slo), 500);
	assert_int_equal(slo_parse("mean=10ms", &slo, NULL), 0);
	assert_int_equal(slo.n, 2); /* and errors */
	assert_int_equal(slo.list[1].metric, SLO_ERRORS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_the_rate_of_mm1),
	    cmocka_unit_test(finds_the_rate_of_md1),
	    cmocka_unit_test(an_objective_that_cannot_be_kept),
	    cmocka_unit_test(the_highest_rate_is_enough),
	    cmocka_unit_test(two_more_decide),
	    cmocka_unit_test(disturbed_trials_prove_nothing),
	    cmocka_unit_test(an_accident_is_mended),
	    cmocka_unit_test(what_keeps_it),
	    cmocka_unit_test(objectives_as_people_write_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
