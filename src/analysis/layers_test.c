// SPDX-License-Identifier: GPL-3.0-or-later
/* Costs, their differences and their intervals, against figures worked out by hand. */
#include "analysis/layers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/summary.h"
#include "base/clock.h"
#include "base/unittest.h"

/* Student's t, 0.975, with 2 and 1 degrees of freedom: from a table. */
#define T2 4.302653
#define T1 12.706205

enum { N_PROCESSES = 3 };

/* A round of one window: what each process used, in us, of which half of the ticks are user's. */
static void play_numbered(
    struct result *result, unsigned round, const double total_us[N_PROCESSES], size_t n, uint64_t completed)
{
	static const char *const components[N_PROCESSES] = {"nginx", "uwsgi", "nginx"};
	struct window window = {.end_ns = NS_PER_S, .counts = {.completed = completed}};
	struct process_cpu cpu[N_PROCESSES];
	struct observed seen = {.elapsed_ns = NS_PER_S, .n_processes = n, .processes = cpu};
	struct step_sample sample;

	assert_int_equal(step_sample_init(&sample), 0);
	sample.processes = calloc(N_PROCESSES, sizeof(*sample.processes));
	sample.n_processes = n;
	for (size_t i = 0; i < n; i++) {
		strcpy(sample.processes[i].component, components[i]);
		cpu[i] = (struct process_cpu){.total_ns = (int64_t)(total_us[i] * 1e3),
		    .user_ns = 4 * NS_PER_MS,
		    .system_ns = 4 * NS_PER_MS};
	}
	/* the warm-up counts for nothing */
	assert_int_equal(step_sample_add(&sample, &window, &seen, NULL), 0);
	sample.warmup_windows = 1;
	assert_int_equal(step_sample_add(&sample, &window, &seen, NULL), 0);
	result->n_rounds++;
	assert_int_equal(layers_note_round(result, &sample, round), 0);
	step_sample_release(&sample);
}

/* The next one. */
static void play_responses(
    struct result *result, const double total_us[N_PROCESSES], size_t n, uint64_t completed)
{
	play_numbered(result, (unsigned)result->n_rounds + 1, total_us, n, completed);
}

/* Of 100 responses. */
static void play_round(struct result *result, const double total_us[N_PROCESSES], size_t n)
{
	play_responses(result, total_us, n, 100);
}

static void play(struct result *result, const double (*rounds)[N_PROCESSES], size_t n_rounds, size_t n)
{
	for (size_t i = 0; i < n_rounds; i++)
		play_round(result, rounds[i], n);
}

static void assert_near(double value, double expected)
{
	if (!(fabs(value - expected) < 1e-4))
		fail_msg("%.6f is not %.6f", value, expected);
}

static void assert_estimate(struct estimate e, double mean, double half)
{
	assert_near(e.mean, mean);
	assert_near(e.ci95.lo, mean - half);
	assert_near(e.ci95.hi, mean + half);
}

static void costs_by_component(void **state)
{
	/* nginx: 20, 22, 24 us a request, by two processes; uwsgi: 10 each time */
	static const double rounds[][N_PROCESSES] = {{1500, 1000, 500}, {1500, 1000, 700}, {2000, 1000, 400}};
	struct result result = {0};
	struct layer_cost cost;

	(void)state;
	play(&result, rounds, 3, 3);
	assert_int_equal(result.n_components, 2);
	cost = layers_cost(&result, NULL, "nginx");
	/* deviations -2, 0, 2: variance 4, of the mean 4 / 3 */
	assert_estimate(cost.total, 22, T2 * sqrt(4.0 / 3));
	assert_estimate(cost.user, 11, T2 * sqrt(1.0 / 3));
	assert_estimate(cost.system, 11, T2 * sqrt(1.0 / 3));
	assert_estimate(layers_cost(&result, NULL, "uwsgi").total, 10, 0);
	assert_estimate(layers_cost(&result, NULL, NULL).total, 32, T2 * sqrt(4.0 / 3));
	assert_estimate(layers_cost(&result, NULL, "nobody").total, 0, 0);
	result_release(&result);
}

static void differences_are_taken_in_each_round(void **state)
{
	/* a machine that becomes slower: 10, 20, 30 and 15, 26, 34 */
	static const double less[][N_PROCESSES] = {{1000}, {2000}, {3000}};
	static const double more[][N_PROCESSES] = {{1000, 500}, {2000, 600}, {3000, 400}};
	struct result small = {0}, large = {0};
	struct layer_cost cost;

	(void)state;
	play(&small, less, 3, 1);
	play(&large, more, 3, 2);
	/* each of them is known badly: 20 with deviations of 10 */
	assert_estimate(layers_cost(&small, NULL, NULL).total, 20, T2 * sqrt(100.0 / 3));
	/* and the difference well: 5, 6, 4 */
	cost = layers_cost(&large, &small, NULL);
	assert_estimate(cost.total, 5, T2 * sqrt(1.0 / 3));
	assert_estimate(cost.user, 2.5, T2 * sqrt(0.25 / 3));
	assert_estimate(layers_cost(&large, &small, "nginx").total, 0, 0);
	assert_estimate(layers_cost(&small, &large, NULL).total, -5, T2 * sqrt(1.0 / 3));
	/* rounds that only one of them has do not count */
	play_round(&large, more[0], 2);
	assert_estimate(layers_cost(&large, &small, NULL).total, 5, T2 * sqrt(1.0 / 3));
	result_release(&small);
	result_release(&large);
}

static void a_round_that_one_of_them_lacks_counts_for_none(void **state)
{
	/* a machine that becomes slower, without the second round of one and the fourth of the other */
	static const double less[][N_PROCESSES] = {{1000}, {2000}, {3000}, {4000}, {5000}};
	static const double more[][N_PROCESSES] = {{1500}, {2500}, {3600}, {9000}, {5400}};
	struct result small = {0}, large = {0};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(less); i++) {
		if (i != 1)
			play_numbered(&small, i + 1, less[i], 1, 100);
		if (i != 3)
			play_numbered(&large, i + 1, more[i], 1, 100);
	}
	/* of the rounds 1, 3 and 5: 5, 6 and 4 */
	assert_estimate(layers_cost(&large, &small, NULL).total, 5, T2 * sqrt(1.0 / 3));
	assert_estimate(layers_cost(&small, &large, "nginx").total, -5, T2 * sqrt(1.0 / 3));
	/* alone each has all of its own */
	assert_near(layers_cost(&small, NULL, NULL).total.mean, (10 + 30 + 40 + 50) / 4.0);
	result_release(&small);
	result_release(&large);
}

static void what_is_unknown_stays_so(void **state)
{
	static const double one[][N_PROCESSES] = {{1000}}, two[][N_PROCESSES] = {{1000, 200}};
	struct result none = {0}, result = {0};
	struct layer_cost cost = layers_cost(&none, NULL, NULL);

	(void)state;
	assert_true(isnan(cost.total.mean) && isnan(cost.total.ci95.lo));
	play(&result, one, 1, 1);
	cost = layers_cost(&result, NULL, NULL);
	assert_near(cost.total.mean, 10);
	assert_true(isnan(cost.total.ci95.lo) && isnan(cost.total.ci95.hi));
	assert_true(isnan(layers_cost(&result, &none, NULL).total.mean));
	/* a process that is seen late cost nothing before */
	play(&result, two, 1, 2);
	assert_estimate(layers_cost(&result, NULL, "uwsgi").total, 1, T1 * sqrt(2.0 / 2));
	/* nobody's processes are known: that is not a cost of 0 */
	play_round(&none, one[0], 0);
	assert_true(isnan(layers_cost(&none, NULL, NULL).total.mean));
	result_release(&none);
	result_release(&result);
}

static void rounds_with_more_responses_weigh_more(void **state)
{
	static const double used_us[] = {1000, 6000}, other_us[] = {1000, 1000};
	struct result result = {0}, other = {0};

	(void)state;
	/* 10 us of each of 100, 20 us of each of 300: 7000 / 400 */
	play_responses(&result, (const double[N_PROCESSES]){used_us[0]}, 1, 100);
	play_responses(&result, (const double[N_PROCESSES]){used_us[1]}, 1, 300);
	/* residuals -7.5 x 100 / 200 and 2.5 x 300 / 200: -3.75 and 3.75 */
	assert_estimate(layers_cost(&result, NULL, NULL).total, 17.5, T1 * 3.75);
	/* 10 and 5: 2000 / 300; residuals 10 / 3 x 100 / 150 and -5 / 3 x 200 / 150: 20 / 9 and -20 / 9 */
	play_responses(&other, (const double[N_PROCESSES]){other_us[0]}, 1, 100);
	play_responses(&other, (const double[N_PROCESSES]){other_us[1]}, 1, 200);
	assert_estimate(layers_cost(&result, &other, NULL).total, 17.5 - 20.0 / 3, T1 * (3.75 + 20.0 / 9));
	result_release(&result);
	result_release(&other);
}

static struct result *add_row(struct report *report, const double (*rounds)[N_PROCESSES], size_t n)
{
	struct result *result = report_add_result(report);

	play(result, rounds, 2, n);
	return result;
}

static void layers_add_up(void **state)
{
	static const double front[][N_PROCESSES] = {{1000}, {1200}};
	static const double skeleton[][N_PROCESSES] = {{1500, 800}, {1700, 1000}};
	static const double whole[][N_PROCESSES] = {{4000, 5000, 1000}, {4400, 5500, 1000}};
	struct report report = {0};
	struct layers *layers;
	double sum = 0, within = 0;
	size_t from = 0;

	(void)state;
	add_row(&report, front, 1);
	add_row(&report, skeleton, 2);
	add_row(&report, whole, 3);
	layers = layers_add(&report);
	layers->whole = 2;
	layers_add_step(layers, "behind", "nginx", NULL, 0);
	layers_add_step(layers, "behind", "uwsgi", &from, 1);
	from = 1;
	layers_add_step(layers, "behind", "django", &from, 2);
	layers_add_interaction(layers, "nginx", 1);
	layers_compute(&report);
	assert_int_equal(layers->n_within, 2);
	/* nginx: 50 and 54, uwsgi: 50 and 55 */
	assert_estimate(layers->within[0].cost.total, 52, T1 * 2);
	assert_estimate(layers->within[1].cost.total, 52.5, T1 * 2.5);
	assert_near(layers->within[0].share, 52 / 104.5);
	assert_estimate(layers->cost.total, 104.5, T1 * 4.5);
	for (unsigned i = 0; i < layers->n_steps; i++)
		sum += layers->steps[i].cost.total.mean;
	for (unsigned i = 0; i < layers->n_within; i++)
		within += layers->within[i].cost.total.mean;
	assert_near(sum, layers->cost.total.mean);
	assert_near(within, layers->cost.total.mean);
	assert_estimate(layers->steps[0].cost.total, 11, T1 * 1);
	/* 23 - 10, 27 - 12 */
	assert_estimate(layers->steps[1].cost.total, 14, T1 * 1);
	/* nginx in front of the whole and of the skeleton: 50 - 15, 54 - 17 */
	assert_estimate(layers->interactions[0].difference.total, 36, T1 * 1);
	assert_estimate(layers->interactions[0].within_other.total, 16, T1 * 1);
	report_release(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(costs_by_component),
	    cmocka_unit_test(differences_are_taken_in_each_round),
	    cmocka_unit_test(a_round_that_one_of_them_lacks_counts_for_none),
	    cmocka_unit_test(what_is_unknown_stays_so),
	    cmocka_unit_test(rounds_with_more_responses_weigh_more),
	    cmocka_unit_test(layers_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
