// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Of 1,000 simulated comparisons of two equals on a machine that drifts and whose noise depends on what was before, at most 5 %
 * may call them different, beyond what chance makes of 5 %; and what differs is found.
 */
#include "analysis/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/random_testing.h"

enum { RUNS = 1000, ROUNDS_MAX = 40 };

static void near(double value, double expected, double by)
{
	if (!(fabs(value - expected) <= by))
		fail_msg("%g is not %g", value, expected);
}

/* A machine: what it does to everything that is measured, one load after the other. */
struct machine {
	double drift;  /* a load, of the logarithm */
	double memory; /* of its noise: the share that is still there at the next load */
	double noise;  /* standard deviation, of the logarithm */
	double jump;   /* how likely it is to become slower or faster by 10 % with a load */
};

struct pair {
	double a[ROUNDS_MAX], b[ROUNDS_MAX];
};

/* Rounds in blocks A B B A or B A A B, drawn anew for each block. */
static void measure(struct pair *pair, size_t n_rounds, const struct machine *m, double effect)
{
	double noise = gsl_ran_gaussian(rng, m->noise), level = 0;
	bool b_first = false;

	for (size_t i = 0; i < n_rounds; i++) {
		b_first = i % 2 ? !b_first : gsl_rng_uniform(rng) < 0.5;
		for (int k = 0; k < 2; k++) {
			bool is_b = (k == 0) == b_first;
			double own = gsl_ran_gaussian(rng, m->noise / 2);

			noise = m->memory * noise +
			    sqrt(1 - m->memory * m->memory) * gsl_ran_gaussian(rng, m->noise);
			level += m->drift;
			if (gsl_rng_uniform(rng) < m->jump)
				level += gsl_rng_uniform(rng) < 0.5 ? 0.1 : -0.1;
			*(is_b ? &pair->b[i] : &pair->a[i]) =
			    1000 * exp(level + noise + own) * (is_b ? 1 + effect : 1);
		}
	}
}

static const struct machine machines[] = {
    {0, 0, 0.01, 0},
    {0.002, 0, 0.01, 0},
    {0, 0.5, 0.02, 0},
    {0, 0.9, 0.03, 0},
    {-0.005, 0.8, 0.05, 0},
    {0.001, 0.95, 0.05, 0.05},
};

/* 5 % and what is likely by chance of 1,000: 50 + 2.33 * sqrt(1000 * 0.05 * 0.95), one-sided 99 %. */
enum { CALLED_AT_MOST = 66 };

static void test_equals_by_rounds(void **state)
{
	static const size_t lengths[] = {6, 12, 40};

	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(machines); m++) {
		for (size_t l = 0; l < ARRAY_SIZE(lengths); l++) {
			unsigned called = 0;

			for (int run = 0; run < RUNS; run++) {
				struct pair pair;

				measure(&pair, lengths[l], &machines[m], 0);
				called += change_of_rounds(pair.a, pair.b, lengths[l]).p < 0.05;
			}
			printf("# machine %zu, %2zu rounds: %u of %d equals differ\n", m, lengths[l], called,
			    RUNS);
			assert_true(called <= CALLED_AT_MOST);
		}
	}
}

/* Intervals that contain the truth in 95 % of runs do so of any truth. */
static void test_effect_by_rounds(void **state)
{
	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(machines); m++) {
		unsigned contained = 0, found = 0;

		for (int run = 0; run < RUNS; run++) {
			struct change change;
			struct pair pair;

			measure(&pair, 24, &machines[m], 0.2);
			change = change_of_rounds(pair.a, pair.b, 24);
			contained += change.ci95.lo <= 0.2 && 0.2 <= change.ci95.hi;
			found += change.p < 0.05 && change.change > 0;
		}
		printf("# machine %zu: %u of %d intervals contain the effect, %u show it\n", m, contained,
		    RUNS, found);
		assert_true(contained >= RUNS - CALLED_AT_MOST);
		assert_true(found >= 900);
	}
}

/* The whole of it: two results with throughput and the cost of two components, each with noise of its own. */
static void fill(struct result *r, const char *name, const double *rps, const double *cost, size_t n)
{
	struct step *step;

	memset(r, 0, sizeof(*r));
	r->name = strdup(name);
	r->n_rounds = n;
	r->rounds_rps = calloc(n, sizeof(double));
	r->rounds_completed = calloc(n, sizeof(uint64_t));
	r->rounds_number = calloc(n, sizeof(unsigned));
	r->n_components = 2;
	r->components = calloc(2, sizeof(*r->components));
	r->n_steps = 1;
	r->steps = step = calloc(1, sizeof(*step));
	step->n_processes = 2;
	step->processes = calloc(2, sizeof(*step->processes));
	step->rounds = (unsigned)n;
	step->throughput_rps = rps[0];
	step->independent_windows = (double)n;
	step->clients = 8;
	step->latency = (struct latency_us){NAN, NAN, NAN, NAN, NAN, NAN};
	for (int c = 0; c < 2; c++) {
		snprintf(r->components[c].component, COMPONENT_NAME_MAX, "part-%d", c);
		snprintf(step->processes[c].facts.component, COMPONENT_NAME_MAX, "part-%d", c);
		r->components[c].n = n;
		r->components[c].rounds = calloc(n, sizeof(struct cost_us));
	}
	for (size_t i = 0; i < n; i++) {
		r->rounds_rps[i] = rps[i];
		r->rounds_number[i] = (unsigned)i + 1;
		r->rounds_completed[i] = (uint64_t)rps[i];
		r->components[0].rounds[i] = (struct cost_us){cost[i], 0.3 * cost[i]};
		r->components[1].rounds[i] =
		    (struct cost_us){2 * cost[i] * exp(gsl_ran_gaussian(rng, 0.01)), 0.1 * cost[i]};
	}
}

/* How many figures of two equals are called different, by one comparison of all. */
static unsigned count_shown(const struct machine *m, double effect, size_t n, enum shown *cost_shown)
{
	struct report report = {0};
	struct comparison c;
	struct pair rps, cost;
	unsigned shown = 0;

	measure(&rps, n, m, 0);
	measure(&cost, n, m, effect);
	report.n_results = 2;
	report.results = calloc(2, sizeof(*report.results));
	fill(&report.results[0], "A", rps.a, cost.a, n);
	fill(&report.results[1], "B", rps.b, cost.b, n);
	assert_int_equal(compare_rows(&report, &c), 0);
	assert_int_equal(c.n_rows, 1);
	for (size_t i = 0; i < c.rows[0].n; i++) {
		const struct difference *d = &c.rows[0].differences[i];

		shown += d->shown == SHOWN_LESS || d->shown == SHOWN_MORE;
		if (d->figure == FIGURE_COST)
			*cost_shown = d->shown;
	}
	comparison_release(&c);
	report_release(&report);
	return shown;
}

static void test_equals_by_all_figures(void **state)
{
	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(machines); m++) {
		unsigned called = 0;
		enum shown cost;

		for (int run = 0; run < RUNS; run++)
			called += count_shown(&machines[m], 0, 16, &cost) > 0;
		printf(
		    "# machine %zu: %u of %d comparisons of equals call them different\n", m, called, RUNS);
		assert_true(called <= CALLED_AT_MOST);
	}
}

static void test_effect_by_all_figures(void **state)
{
	unsigned found = 0;

	(void)state;
	for (int run = 0; run < RUNS; run++) {
		enum shown cost = SHOWN_UNKNOWN;

		count_shown(&machines[1], 0.05, 16, &cost);
		found += cost == SHOWN_MORE;
	}
	printf("# 5 %% more cost with 1 %% of noise: found in %u of %d\n", found, RUNS);
	assert_true(found > 950);
}

/* Two runs by their own intervals, which contain their truth: of normal figures these are +- 1.96 standard deviations. */
static void test_equals_by_intervals(void **state)
{
	unsigned called = 0, contained = 0;

	(void)state;
	for (int run = 0; run < RUNS; run++) {
		double a = 100 + gsl_ran_gaussian(rng, 2), b = 120 + gsl_ran_gaussian(rng, 3);
		double equal = 100 + gsl_ran_gaussian(rng, 2);
		struct interval ca = {a - 3.92, a + 3.92}, cb = {b - 5.88, b + 5.88};
		struct interval ce = {equal - 3.92, equal + 3.92};
		struct change change = change_of_intervals(a, ca, b, cb, NAN);

		contained += change.ci95.lo <= 0.2 && 0.2 <= change.ci95.hi;
		called += change_of_intervals(a, ca, equal, ce, NAN).p < 0.05;
	}
	printf("# %u of %d equals differ; %u intervals contain the change\n", called, RUNS, contained);
	assert_true(called <= CALLED_AT_MOST);
	assert_true(contained >= RUNS - CALLED_AT_MOST);
}

static void test_interval_of_ratio(void **state)
{
	struct change c =
	    change_of_intervals(100, (struct interval){98, 102}, 110, (struct interval){110, 110}, NAN);

	(void)state;
	/* one of them is exact: the other's bounds are those of the ratio */
	near(c.change, 0.1, 1e-12);
	near(c.ci95.lo, 110.0 / 102 - 1, 1e-12);
	near(c.ci95.hi, 110.0 / 98 - 1, 1e-12);
	assert_true(c.p < 1e-6);
	/* an interval that just touches no change is 5 % likely, whatever the degrees of freedom */
	c = change_of_intervals(100, (struct interval){90, 110}, 110, (struct interval){110, 110}, 7);
	near(c.ci95.lo, 0, 1e-12);
	near(c.p, 0.05, 1e-9);
	/* a bound that is not known says nothing about that side */
	c = change_of_intervals(100, (struct interval){99, NAN}, 110, (struct interval){109, 111}, NAN);
	assert_true(isnan(c.ci95.lo) && isfinite(c.ci95.hi) && isnan(c.p));
	assert_true(
	    isnan(change_of_intervals(0, (struct interval){0, 0}, 1, (struct interval){1, 1}, NAN).change));
	c = change_of_intervals(100, (struct interval){-5, 205}, 110, (struct interval){109, 111}, NAN);
	assert_true(isinf(c.ci95.hi) && c.ci95.lo < 0);
}

static void test_rounds_exactly(void **state)
{
	const double a[] = {100, 100, 100, 100, 7}, b[] = {110, 110, 90, 90, 1000};
	struct change c = change_of_rounds(a, b, 5);

	(void)state;
	/* two blocks, the fifth round is half of a third: the middle is that of logarithms */
	near(c.change, sqrt(1.1 * 0.9) - 1, 1e-12);
	/* two values: 12.706 times half of their distance */
	near(log(1 + c.ci95.hi) - log(1 + c.change), 12.7062 * log(1.1 / 0.9) / 2, 1e-4);
	assert_true(isnan(change_of_rounds(a, b, 3).ci95.lo));
	assert_true(isnan(change_of_rounds(a, b, 1).change));
	/* a round in which nothing was seen is no end, a block of such is */
	assert_true(isfinite(change_of_rounds((const double[]){0, 2, 1, 1}, a, 4).ci95.hi));
	assert_true(isnan(change_of_rounds((const double[]){0, 0, 1, 1}, a, 4).change));
	/* equal to the last digit: no difference, and none beyond doubt */
	assert_true(change_of_rounds(a, a, 4).p == 1);
}

/* Both lack the third round: two by two, what is left would be blocks of halves. */
static void test_a_missing_round(void **state)
{
	struct report report = {.n_results = 2, .results = calloc(2, sizeof(*report.results))};
	struct pair rps, cost;
	double by_blocks;
	struct comparison c;

	(void)state;
	assert_non_null(report.results);
	measure(&rps, 8, &machines[0], 0.2);
	measure(&cost, 8, &machines[0], 0);
	fill(&report.results[0], "A", rps.a, cost.a, 8);
	fill(&report.results[1], "B", rps.b, cost.b, 8);
	by_blocks = change_of_rounds(rps.a, rps.b, 8).change;
	assert_int_equal(compare_rows(&report, &c), 0);
	near(c.rows[0].differences[0].change.change, by_blocks, 1e-12);
	comparison_release(&c);
	for (size_t i = 2; i < 8; i++)
		for (size_t r = 0; r < 2; r++)
			report.results[r].rounds_number[i]++;
	assert_int_equal(compare_rows(&report, &c), 0);
	assert_int_equal(c.rows[0].differences[0].figure, FIGURE_THROUGHPUT);
	near(c.rows[0].differences[0].change.change, rps.b[0] / rps.a[0] - 1, 1e-12);
	comparison_release(&c);
	report_release(&report);
}

static void test_share_interval(void **state)
{
	struct interval none = share_interval(0, 1000), all = share_interval(1000, 1000),
			some = share_interval(5, 1000);

	(void)state;
	/* the rule of three, at 97.5 %: -ln(0.025) / n */
	assert_true(none.lo == 0);
	near(none.hi, 0.00368, 1e-5);
	assert_true(all.hi == 1);
	near(some.lo, 0.001625, 1e-5);
	near(some.hi, 0.011631, 1e-5);
	assert_true(isnan(share_interval(0, 0).lo));
}

/* As often the one as the other, the same for the same seed, and one block says nothing about the next. */
static void test_order_of_blocks(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 5; seed++) {
		unsigned b_first = 0, changes = 0;

		for (unsigned k = 0; k < 10000; k++) {
			b_first += block_begins_with_b(seed, k);
			changes += block_begins_with_b(seed, k) != block_begins_with_b(seed, k + 1);
		}
		assert_in_range(b_first, 4800, 5200);
		assert_in_range(changes, 4800, 5200);
	}
	assert_true(block_begins_with_b(7, 0) == block_begins_with_b(7, 0));
}

static int set_up(void **state)
{
	(void)state;
	return make_random_of(gsl_rng_mt19937);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_equals_by_rounds),
	    cmocka_unit_test(test_effect_by_rounds),
	    cmocka_unit_test(test_equals_by_all_figures),
	    cmocka_unit_test(test_effect_by_all_figures),
	    cmocka_unit_test(test_equals_by_intervals),
	    cmocka_unit_test(test_interval_of_ratio),
	    cmocka_unit_test(test_rounds_exactly),
	    cmocka_unit_test(test_a_missing_round),
	    cmocka_unit_test(test_share_interval),
	    cmocka_unit_test(test_order_of_blocks),
	};

	return cmocka_run_group_tests(tests, set_up, free_random);
}
