// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/intervals.h"
#include "base/clock.h"
#include "base/unittest.h"

static bool near(double value, double wanted)
{
	return fabs(value - wanted) <= 1e-9 * fabs(wanted) + 1e-12;
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

		assert_int_equal(step_sample_add(&sample, &window, &seen, NULL), 0);
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

/* Ten windows, of which one has all: what is not certain is far more than the value itself. */
static void no_interval_is_below_zero(void **state)
{
	struct step_sample sample;
	struct step step;

	(void)state;
	assert_int_equal(step_sample_init(&sample), 0);
	for (int w = 0; w < 10; w++) {
		struct window window = {.start_ns = w * 100 * NS_PER_MS,
		    .end_ns = (w + 1) * 100 * NS_PER_MS,
		    .counts = {.completed = w ? 0 : 1000}};
		struct observed seen = {.elapsed_ns = 100 * NS_PER_MS};

		assert_int_equal(step_sample_add(&sample, &window, &seen, NULL), 0);
	}
	assert_int_equal(summarize(&sample, &step), 0);
	assert_true(near(step.throughput_rps, 1000));
	/* sd of the ten is 3162.28; t(0.975, 9) = 2.2621572 */
	assert_true(step.throughput_ci95_rps.lo == 0);
	assert_true(fabs(step.throughput_ci95_rps.hi - 1000 - 2.2621572 * 1000) < 1e-3);
	/* and how far it reaches is not halved by that */
	assert_true(fabs(relative_half_width(1000, step.throughput_ci95_rps) - 2.2621572) < 1e-6);
	assert_true(is_guess(&step));
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
	    cmocka_unit_test(a_step_is_summed_up),
	    cmocka_unit_test(no_interval_is_below_zero),
	    cmocka_unit_test(nothing_measured_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
