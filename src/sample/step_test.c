// SPDX-License-Identifier: GPL-3.0-or-later
/* Samples of several rounds become one: windows, processes that come and go, shares. */
#include "sample/step.h"

#include <math.h>
#include <stdlib.h>

#include "base/unittest.h"

enum { MS = 1000000 };

/* A process of a round, by number and birth, and what it uses in each window. */
struct one {
	pid_t pid;
	uint64_t born;
	int64_t used_ns;
	double busiest;
};

/* A round with one window of warm-up and two that are measured. */
static struct step_sample round_of(const struct one *ones, size_t n, uint64_t completed, double others)
{
	struct step_sample sample;
	struct process_cpu cpu[8];

	assert_int_equal(step_sample_init(&sample), 0);
	sample.clients = sample.clients_connected = 4;
	sample.warmup_windows = 1;
	sample.others_busy = others;
	sample.processes = calloc(n + 1, sizeof(*sample.processes));
	sample.n_processes = n;
	for (size_t i = 0; i < n; i++) {
		sample.processes[i] = (struct process_facts){
		    .pid = ones[i].pid, .start_ticks = ones[i].born, .busiest_thread = ones[i].busiest};
		cpu[i] = (struct process_cpu){.total_ns = ones[i].used_ns};
	}
	for (int w = 0; w < 3; w++) {
		struct window window = {.start_ns = w * 100 * MS,
		    .end_ns = (w + 1) * 100 * MS,
		    .counts = {.completed = completed}};
		struct observed seen = {.elapsed_ns = 100 * MS, .n_processes = n, .processes = cpu};

		assert_int_equal(step_sample_add(&sample, &window, &seen, NULL), 0);
	}
	sample.counts.completed = 3 * completed;
	hist_record(sample.latency, 1000 * completed);
	return sample;
}

/* What the process of that index used in all measured windows. */
static int64_t used_ns(const struct step_sample *sample, size_t i)
{
	int64_t sum = 0;

	for (size_t w = sample->warmup_windows; w < sample->n_windows; w++)
		sum += step_sample_process(sample, w, i).total_ns;
	return sum;
}

static void rounds_become_one_sample(void **state)
{
	static const struct one first[] = {{7, 100, 10 * MS, 0.5}, {8, 100, 20 * MS, 0.2}};
	/* the other way round, one is gone, and the number of it is another's by now */
	static const struct one second[] = {{8, 555, 3 * MS, 0.1}, {7, 100, 30 * MS, 0.7}};
	struct step_sample sample = round_of(first, 2, 10, 0.1), more = round_of(second, 2, 20, 0.3);

	(void)state;
	assert_int_equal(step_sample_append(&sample, &more), 0);
	assert_int_equal(sample.rounds, 2);
	assert_int_equal(sample.n_windows, 5);
	assert_int_equal(sample.windows[2].round, 0);
	assert_int_equal(sample.windows[3].round, 1);
	assert_int_equal(sample.later_warmup_ns, 100 * MS);
	assert_int_equal(sample.counts.completed, 90);
	assert_int_equal(sample.latency->count, 2);
	assert_true(fabs(sample.others_busy - 0.2) < 1e-9);

	assert_int_equal(sample.n_processes, 3);
	assert_int_equal(used_ns(&sample, 0), 2 * 10 * MS + 2 * 30 * MS);
	assert_int_equal(used_ns(&sample, 1), 2 * 20 * MS);
	assert_int_equal(used_ns(&sample, 2), 2 * 3 * MS);
	assert_true(fabs(sample.processes[0].busiest_thread - 0.6) < 1e-9);
	/* half of the time it was not there */
	assert_true(fabs(sample.processes[1].busiest_thread - 0.1) < 1e-9);
	assert_true(fabs(sample.processes[2].busiest_thread - 0.05) < 1e-9);
	step_sample_release(&more);
	step_sample_release(&sample);
}

static void an_unknown_share_stays_unknown(void **state)
{
	static const struct one known[] = {{7, 1, MS, 0.5}}, unknown[] = {{7, 1, MS, NAN}};
	struct step_sample sample = round_of(known, 1, 10, NAN), more = round_of(unknown, 1, 10, 0.1);

	(void)state;
	assert_int_equal(step_sample_append(&sample, &more), 0);
	assert_true(isnan(sample.processes[0].busiest_thread) && isnan(sample.others_busy));
	step_sample_release(&more);
	step_sample_release(&sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rounds_become_one_sample),
	    cmocka_unit_test(an_unknown_share_stays_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
