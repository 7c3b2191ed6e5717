// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/unittest.h"

static bool near(double value, double wanted)
{
	return fabs(value - wanted) <= 1e-9 * fabs(wanted) + 1e-12;
}

/* Against figures worked out by hand: t(0.975, 4) = 2.7764451052, sd of 1..5 = sqrt(2.5). */
static void interval_of_few_windows(void **state)
{
	static const double values[] = {1, 2, 3, 4, 5}, ones[] = {1, 1, 1, 1, 1};
	struct interval ci;

	(void)state;
	assert_true(near(batch_ratio(values, ones, 5, &ci), 3));
	assert_true(fabs(ci.hi - 3 - 2.7764451052 * sqrt(2.5 / 5)) < 1e-8);
	assert_true(near(ci.lo + ci.hi, 6));
	assert_true(near(batch_ratio(values, ones, 1, &ci), 1));
	assert_true(isnan(ci.lo) && isnan(ci.hi));
	assert_true(isnan(batch_ratio(values, ones, 0, &ci)));
}

/* Values that come in runs are not independent: batches make the interval as wide as the runs' means say. */
static void interval_of_many_windows_uses_batches(void **state)
{
	double values[100], ones[100], means[10];
	struct interval ci, of_means;

	(void)state;
	for (int i = 0; i < 100; i++) {
		values[i] = i / 10 % 2 ? 110 : 90;
		ones[i] = 1;
	}
	for (int i = 0; i < 10; i++)
		means[i] = i % 2 ? 110 : 90;
	batch_ratio(values, ones, 100, &ci);
	batch_ratio(means, ones, 10, &of_means);
	assert_true(near(ci.lo, of_means.lo) && near(ci.hi, of_means.hi));
}

/* A window that is longer counts for more; at one rate all along, nothing is uncertain, however they are cut. */
static void windows_of_different_length(void **state)
{
	static const double amounts[] = {100, 300, 50, 1000}, lengths[] = {1, 3, 0.5, 10};
	static const double uneven[] = {100, 900}, two[] = {1, 3};
	struct interval ci;

	(void)state;
	assert_true(near(batch_ratio(amounts, lengths, 4, &ci), 100));
	assert_true(fabs(ci.lo - 100) < 1e-9 && fabs(ci.hi - 100) < 1e-9);
	/* 1000 in 4 s, not the mean of the rates 100 and 300; residuals -150 and 150; t(0.975, 1) = 12.7062047 */
	assert_true(near(batch_ratio(uneven, two, 2, &ci), 250));
	assert_true(fabs(ci.hi - 250 - 12.7062047 * sqrt(2 * 150.0 * 150 * 2) / 4) < 1e-4);
	assert_true(near(ci.lo + ci.hi, 500));
}

/* Two windows of warm-up, then four measured ones with known rates and costs. */
static void a_step_is_summed_up(void **state)
{
	static const uint64_t completed[] = {7, 9, 100, 120, 100, 120};
	struct process_cpu cpu[2] = {
	    {.total_ns = 11 * NS_PER_MS, .user_ns = 10 * NS_PER_MS, .system_ns = 30 * NS_PER_MS},
	    {.total_ns = 0}};
	struct step_sample sample;
	struct step step;

	(void)state;
	assert_int_equal(step_sample_init(&sample), 0);
	sample.clients = 5;
	sample.warmup_windows = 2;
	sample.used_cpus = 2;
	sample.n_processes = 3; /* the third was found late: the windows do not know it */
	sample.processes = calloc(3, sizeof(*sample.processes));
	for (int w = 0; w < 6; w++) {
		struct window window = {.start_ns = w * 100 * NS_PER_MS,
		    .end_ns = (w + 1) * 100 * NS_PER_MS,
		    .counts = {.completed = completed[w]},
		    .generator = {.user_ns = NS_PER_MS, .system_ns = 10 * NS_PER_MS},
		    .generator_busiest_ns = 50 * NS_PER_MS,
		    .generator_wait_ns = w == 5 ? 5 * NS_PER_MS : NS_PER_MS};
		struct observed seen = {.elapsed_ns = 100 * NS_PER_MS,
		    .n_processes = 2,
		    .processes = cpu,
		    .host = {.busy_ns = 150 * NS_PER_MS, .steal_ns = NS_PER_MS, .softirq_ns = 2 * NS_PER_MS},
		    .used = {.steal_ns = NS_PER_MS}};

		assert_int_equal(step_sample_add(&sample, &window, &seen), 0);
	}
	hist_record(sample.latency, 50000);
	hist_record(sample.latency, 70000);
	assert_int_equal(summarize(&sample, &step), 0);
	assert_int_equal(step.windows, 4);
	assert_true(near(step.duration_s, 0.4) && near(step.warmup_s, 0.2));
	assert_true(near(step.throughput_rps, 1100));
	/* sd of 1000, 1200, 1000, 1200 is 115.470; t(0.975, 3) = 3.1824463 */
	assert_true(fabs(step.throughput_ci95_rps.hi - 1100 - 3.1824463 * 115.4700538 / 2) < 1e-3);
	assert_true(near(step.latency.mean, 60));
	/* 44 ms over 440 requests is 100 us, a quarter of it in user mode by the ticks */
	assert_true(near(step.processes[0].cost.user, 25) && near(step.processes[0].cost.system, 75));
	assert_true(near(step.processes[0].busy, 0.11));
	assert_true(step.processes[1].busy == 0 && step.processes[2].busy == 0);
	assert_true(near(step.generator.user, 4e3 / 440) && near(step.generator.system, 40e3 / 440));
	assert_true(near(step.generator_busy, 0.5) && near(step.generator_wait, 0.02));
	assert_true(near(step.stolen, 0.005));
	assert_true(
	    near(step.host_busy, 1.5) && near(step.host_steal, 0.01) && near(step.host_softirq, 0.02));
	free(step.processes);
	step_sample_release(&sample);
}

static void nothing_measured_is_unknown(void **state)
{
	struct step_sample sample;
	struct step step;

	(void)state;
	assert_int_equal(step_sample_init(&sample), 0);
	assert_int_equal(summarize(&sample, &step), 0);
	assert_true(isnan(step.throughput_rps) && isnan(step.latency.p50) && isnan(step.generator.user));
	free(step.processes);
	step_sample_release(&sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(interval_of_few_windows),
	    cmocka_unit_test(interval_of_many_windows_uses_batches),
	    cmocka_unit_test(windows_of_different_length),
	    cmocka_unit_test(a_step_is_summed_up),
	    cmocka_unit_test(nothing_measured_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
