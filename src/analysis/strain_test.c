// SPDX-License-Identifier: GPL-3.0-or-later
/* Checks of the account, and verdicts on memory, files and the network: each on steps and samples that were made here. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/checks.h"
#include "analysis/limit.h"
#include "analysis/step_testing.h"
#include "analysis/strain.h"
#include "base/clock.h"

enum { WINDOWS = 10 };

static struct step good_step(void)
{
	return (struct step){
	    .clients = 8,
	    .throughput_rps = 8000,
	    .counts = {.started = 10000, .completed = 10000, .connections = 10000, .bytes_in = 1500000},
	    .size_min = 150,
	    .size_max = 150,
	    .duration_s = 10,
	    .latency = {.mean = 1000},
	    .generator_busy = 0.5,
	    .generator_wait = NAN,
	    .others_busy = NAN,
	    .queue_waiting = NAN,
	    .queue_full = NAN,
	    .memory_stalled = NAN,
	    .files_full = NAN,
	};
}

/* Whether the check of that name holds when the step is judged; the step is not valid if it does not. */
static bool holds(struct step *step, const struct check_context *context, const char *name)
{
	const struct check *check;
	char text[160];

	check_step(step, context);
	check = check_of(step, name);
	/* and there are words for it */
	check_explain(name, 1, 1, 0, text, sizeof(text));
	assert_string_not_equal(text, name);
	assert_true(check->ok || !step->valid);
	return check->ok;
}

static bool has_check(struct step *step, const struct check_context *context, const char *name)
{
	check_step(step, context);
	return find_check(step, name);
}

static void bytes_are_responses_times_size(void **state)
{
	struct check_context context = {.closed_loop = true, .keepalive = true, .clients_connected = 8};
	struct step step = good_step();

	(void)state;
	assert_true(holds(&step, &context, "bytes"));
	step.counts.bytes_in += 150; /* one more than was answered */
	assert_false(holds(&step, &context, "bytes"));
	step.in_flight = 1; /* it was on its way when the step ended */
	assert_true(holds(&step, &context, "bytes"));
	step.counts.bytes_in = 1500000 - 150;
	assert_false(holds(&step, &context, "bytes"));
	/* a wrong status has the same size, and is a whole response */
	step.counts.completed--;
	step.counts.errors[FAILURE_STATUS]++;
	step.counts.bytes_in = 1500000;
	assert_true(holds(&step, &context, "bytes"));

	/* sizes differ: nothing is known, unless there is a body that all must have */
	step = good_step();
	step.size_max = 160;
	assert_false(has_check(&step, &context, "bytes"));
	context.body_len = 150;
	assert_true(holds(&step, &context, "bytes"));
	context.body_len = 151;
	assert_false(holds(&step, &context, "bytes"));
}

static void a_connection_a_request(void **state)
{
	struct check_context context = {.closed_loop = true};
	struct step step = good_step();

	(void)state;
	assert_true(holds(&step, &context, "connections"));
	step.counts.connections = 9990; /* ten answers came by a connection that was used before */
	assert_false(holds(&step, &context, "connections"));
	step.counts.connections = 10010;
	assert_false(holds(&step, &context, "connections"));
	/* those that failed to connect have none */
	step.counts.connections = 9000;
	step.counts.completed = 9000;
	step.counts.errors[FAILURE_CONNECT] = 1000;
	assert_true(holds(&step, &context, "connections"));
	/* with kept connections there is nothing to say */
	context.keepalive = true;
	assert_false(has_check(&step, &context, "connections"));
}

static void the_machine_is_checked(void **state)
{
	struct check_context context = {.closed_loop = true, .keepalive = true, .clients_connected = 8};
	struct step step = good_step();

	(void)state;
	step.unaccounted = UNACCOUNTED_MAX;
	step.clock_off = CLOCK_OFF_MAX;
	step.paused = PAUSED_MAX;
	assert_true(holds(&step, &context, "cpu_conservation"));
	assert_true(holds(&step, &context, "clock"));
	assert_true(holds(&step, &context, "pauses"));
	step.unaccounted = 0.051;
	assert_false(holds(&step, &context, "cpu_conservation"));
	step.clock_off = 0.0011;
	assert_false(holds(&step, &context, "clock"));
	step.paused = 0.1;
	assert_false(holds(&step, &context, "pauses"));
	step.unaccounted = step.clock_off = NAN;
	assert_false(has_check(&step, &context, "cpu_conservation"));
	assert_false(has_check(&step, &context, "clock"));

	/* a control group that allows the generator less than a core */
	step = good_step();
	step.generator_quota = 0.5;
	step.generator_all_busy = 0.4;
	assert_true(holds(&step, &context, "generator_busy"));
	step.generator_all_busy = 0.46;
	assert_false(holds(&step, &context, "generator_busy"));
}

static void littles_law_knows_pipelines(void **state)
{
	struct check_context context = {
	    .closed_loop = true, .keepalive = true, .clients_connected = 8, .pipeline = 16};
	struct step step = good_step();

	(void)state;
	assert_false(holds(&step, &context, "littles_law"));
	step.latency.mean *= 16;
	assert_true(holds(&step, &context, "littles_law"));
	context.pipeline = 0;
	assert_false(holds(&step, &context, "littles_law"));
}

/* A step of a second on two CPUs, in which the server used 0.9 cores, maxq 0.6, and 0.5 were idle. */
struct sampled {
	struct step_sample sample;
	struct process_cpu process;
};

static void sample_of(struct sampled *s)
{
	static struct process_facts facts = {.component = "server", .quota = INFINITY};

	*s = (struct sampled){.process = {.total_ns = 90 * NS_PER_MS}};
	assert_int_equal(step_sample_init(&s->sample), 0);
	s->sample.used_cpus = 2;
	s->sample.n_processes = 1;
	s->sample.processes = malloc(sizeof(facts));
	assert_non_null(s->sample.processes);
	*s->sample.processes = facts;
	for (int w = 0; w < WINDOWS; w++) {
		struct window window = {
		    .start_ns = w * 100 * NS_PER_MS, .end_ns = (w + 1) * 100 * NS_PER_MS, .spans = 1};
		struct observed seen = {.elapsed_ns = 100 * NS_PER_MS,
		    .own_ns = 60 * NS_PER_MS,
		    .used = {.busy_ns = 150 * NS_PER_MS, .idle_ns = 50 * NS_PER_MS},
		    .memory = {.stalled_ns = 0},
		    .n_processes = 1,
		    .processes = &s->process};

		window.counts.bytes_in = 1000000;
		assert_int_equal(step_sample_add(&s->sample, &window, &seen, NULL), 0);
	}
}

static void every_moment_of_a_cpu_has_an_owner(void **state)
{
	struct sampled s;

	(void)state;
	sample_of(&s);
	assert_true(fabs(cpu_unaccounted(&s.sample)) < 1e-9);
	/* somebody used 0.2 cores, of 2, whom we do not see */
	for (int w = 0; w < WINDOWS; w++)
		s.sample.observed[w].used.idle_ns = 30 * NS_PER_MS;
	assert_true(fabs(cpu_unaccounted(&s.sample) - 0.09) < 1e-9);
	/* unless these are other processes, threads of the kernel, or interrupts */
	s.sample.others_busy = 0.15;
	assert_true(fabs(cpu_unaccounted(&s.sample) - 0.015) < 1e-9);
	s.sample.kernel_busy = 0.05;
	assert_true(fabs(cpu_unaccounted(&s.sample)) < 1e-9);
	s.sample.kernel_busy = 0;
	for (int w = 0; w < WINDOWS; w++)
		s.sample.observed[w].used.softirq_ns = 20 * NS_PER_MS;
	assert_true(fabs(cpu_unaccounted(&s.sample)) < 1e-9);
	/* what adds up to more than there was is as wrong, but for what the hypervisor took, which may be counted twice */
	s.sample.others_busy = 0.4;
	assert_true(fabs(cpu_unaccounted(&s.sample) - 0.09) < 1e-9);
	for (int w = 0; w < WINDOWS; w++)
		s.sample.observed[w].used.steal_ns = 10 * NS_PER_MS;
	assert_true(fabs(cpu_unaccounted(&s.sample) - 0.09) < 1e-9);
	/* the kernel tells of other CPUs than these */
	for (int w = 0; w < WINDOWS; w++)
		s.sample.observed[w].used.busy_ns = 100 * NS_PER_MS;
	assert_true(isnan(cpu_unaccounted(&s.sample)));
	for (int w = 0; w < WINDOWS; w++)
		s.sample.observed[w].used.busy_ns = 150 * NS_PER_MS;
	assert_false(isnan(cpu_unaccounted(&s.sample)));
	/* unknown stays unknown */
	s.sample.others_busy = NAN;
	assert_true(isnan(cpu_unaccounted(&s.sample)));
	step_sample_release(&s.sample);
}

static void strain_is_summed_up(void **state)
{
	struct sampled s;
	struct step step = {.duration_s = 1};

	(void)state;
	sample_of(&s);
	s.sample.clock_off = 0.25;
	s.sample.windows[3].spans = 2;
	for (int w = 0; w < WINDOWS; w++) {
		struct observed *seen = &s.sample.observed[w];

		seen->memory =
		    (struct memory_state){.is_own = true, .stalled_ns = 20 * NS_PER_MS, .major_faults = 7};
		seen->files =
		    (struct files_state){.component = "nginx", .open = w, .limit = 10, .full = w > 5};
		if (w > 2)
			seen->link = (struct link_state){.name = "eth0", .bytes = 900000, .has_queue = true};
	}
	summarize_strain(&s.sample, &step);
	assert_true(fabs(step.memory_stalled - 0.2) < 1e-9 && step.memory_is_own);
	assert_int_equal(step.major_faults, 70);
	assert_true(fabs(step.files_full - 0.4) < 1e-9);
	assert_int_equal(step.files.open, 9);
	assert_string_equal(step.link_name, "eth0");
	assert_true(fabs(step.link_full - 0.7) < 1e-9 && fabs(step.link_share - 0.9) < 1e-9);
	assert_true(fabs(step.link_bytes_s - 9e6) < 1);
	assert_true(step.clock_off == 0.25 && fabs(step.paused - 1.0 / 11) < 1e-9);
	/* one window without an answer of the kernel makes it unknown */
	s.sample.observed[4].memory.stalled_ns = -1;
	step = (struct step){.duration_s = 1};
	summarize_strain(&s.sample, &step);
	assert_true(isnan(step.memory_stalled));
	step_sample_release(&s.sample);
}

static enum resource verdict(const struct step *step, struct limit *limit)
{
	struct limit_context context = {.server_cores = 1, .growth = GROWTH_NONE};

	find_limit(step, &context, limit);
	return limit->resource;
}

static void memory_is_told_from_housekeeping(void **state)
{
	struct step step = good_step();
	struct limit limit;

	(void)state;
	step.memory_stalled = 0.12;
	/* the machine waits for memory: for whom? */
	assert_int_equal(verdict(&step, &limit), RESOURCE_NOT_REACHED);
	step.major_faults = 99; /* in 10 s */
	assert_int_equal(verdict(&step, &limit), RESOURCE_NOT_REACHED);
	step.major_faults = 100;
	assert_int_equal(verdict(&step, &limit), RESOURCE_MEMORY);
	step.major_faults = 0;
	step.memory_refused = 3;
	assert_int_equal(verdict(&step, &limit), RESOURCE_MEMORY);
	assert_non_null(strstr(limit.evidence, "at its limit"));
	step.memory_refused = 0;
	step.memory_is_own = true;
	assert_int_equal(verdict(&step, &limit), RESOURCE_MEMORY);
	step.memory_stalled = 0.09;
	assert_int_equal(verdict(&step, &limit), RESOURCE_NOT_REACHED);
	/* failed requests are what comes of killed processes */
	step.memory_killed = 2;
	step.counts.errors[FAILURE_READ] = 5000;
	assert_int_equal(verdict(&step, &limit), RESOURCE_MEMORY);
	assert_non_null(strstr(limit.evidence, "ended 2 processes"));
	/* pages that come back from disk although the group is not at its limit are those of a file that is read */
	step = good_step();
	step.major_faults = 100000;
	assert_int_equal(verdict(&step, &limit), RESOURCE_NOT_REACHED);
	step.memory_refused = 1;
	assert_int_equal(verdict(&step, &limit), RESOURCE_MEMORY);
}

static void files_are_told_from_errors(void **state)
{
	struct step step = good_step();
	struct limit limit;

	(void)state;
	step.files =
	    (struct files_state){.component = "nginx", .pid = 7, .open = 40, .limit = 40, .full = true};
	step.files_full = 1;
	/* a server may live at its limit, as long as nobody waits */
	assert_int_equal(verdict(&step, &limit), RESOURCE_NOT_REACHED);
	step.queue_waiting = 5;
	assert_int_equal(verdict(&step, &limit), RESOURCE_FILES);
	assert_string_equal(limit.component, "nginx");
	assert_non_null(strstr(limit.evidence, "process 7 of nginx had 40 of the 40 files open"));
	step.queue_waiting = 0;
	step.counts.errors[FAILURE_TIMEOUT] = 200;
	assert_int_equal(verdict(&step, &limit), RESOURCE_FILES);
	step.files_full = 0.2;
	assert_int_equal(verdict(&step, &limit), RESOURCE_ERRORS);
}

static void links_are_asked_when_no_cpu_is_exhausted(void **state)
{
	struct step step = good_step();
	struct limit limit;

	(void)state;
	snprintf(step.link_name, sizeof(step.link_name), "eth0");
	step.link_full = 0.8;
	step.link_bytes_s = 125e6;
	step.link_share = 1;
	assert_int_equal(verdict(&step, &limit), RESOURCE_BANDWIDTH);
	assert_string_equal(
	    limit.evidence, "interface eth0 carried 125 MB/s and was at its limit 80 % of the time");
	step.generator_busy = 0.95;
	assert_int_equal(verdict(&step, &limit), RESOURCE_GENERATOR_CPU);
	step.generator_busy = 0.5;
	/* what a full link delays fails by timeout */
	step.counts.errors[FAILURE_TIMEOUT] = 5000;
	assert_int_equal(verdict(&step, &limit), RESOURCE_BANDWIDTH);
	step.counts.errors[FAILURE_TIMEOUT] = 0;
	/* the load of another */
	step.link_share = 0.4;
	assert_int_equal(verdict(&step, &limit), RESOURCE_NOT_REACHED);
	step.link_share = 1;
	step.link_full = 0.4;
	assert_int_equal(verdict(&step, &limit), RESOURCE_NOT_REACHED);
}

static void quotas_are_all_that_there_is(void **state)
{
	struct process_cost process = {
	    .facts = {.component = "app", .threads = 1, .busiest_thread = 0.29, .quota = 0.3}, .busy = 0.29};
	struct limit_context context = {.growth = GROWTH_NONE};
	struct step step = good_step();
	struct limit limit;

	(void)state;
	step.processes = &process;
	step.n_processes = 1;
	context.server_cores = usable_cores(&step, 4);
	assert_true(fabs(context.server_cores - 0.3) < 1e-9);
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_SERVER_CPU);
	assert_string_equal(limit.evidence, "used of 0.3 core (a limit of its control group): app 0.29");
	/* without it there is a core */
	process.facts.quota = INFINITY;
	context.server_cores = usable_cores(&step, 4);
	assert_true(context.server_cores == 1);
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_NOT_REACHED);
	/* somebody else has the rest of it, for which the server waits */
	process.facts.waited = 0.65;
	step.others_busy = 0.68;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_SERVER_CPU);
	assert_non_null(strstr(limit.evidence, "other processes used 0.68"));
	process.facts.waited = 0.05;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_NOT_REACHED);

	/* the same of the generator */
	step.generator_wait = 0.45;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_GENERATOR_CPU);
	assert_non_null(strstr(limit.evidence, "waited for it 45 %"));
	step.generator_wait = 0;
	step.generator_quota = 0.6;
	step.generator_all_busy = 0.58;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_GENERATOR_CPU);
	assert_non_null(strstr(limit.evidence, "control group may use 0.6"));
}

static void unread_requests_want_workers(void **state)
{
	struct process_cost process = {
	    .facts = {.component = "app", .threads = 1, .quota = INFINITY}, .busy = 0.3};
	struct step step = good_step();
	struct limit limit;

	(void)state;
	step.processes = &process;
	step.n_processes = 1;
	step.unread = 7;
	snprintf(step.unread_component, sizeof(step.unread_component), "app");
	assert_int_equal(verdict(&step, &limit), RESOURCE_WORKERS);
	assert_string_equal(limit.component, "app");
	assert_string_equal(limit.evidence,
	    "7.0 requests on average waited to be read by app, while the server used 0.30 of 1 core");
	step.unread = 1.9; /* of 8 clients */
	assert_int_equal(verdict(&step, &limit), RESOURCE_NOT_REACHED);
	step.unread = 7;
	process.busy = 0.5; /* it reads as fast as it can, and may still do so */
	assert_int_equal(verdict(&step, &limit), RESOURCE_NOT_REACHED);
	step.unread = NAN;
	process.busy = 0.3;
	assert_int_equal(verdict(&step, &limit), RESOURCE_NOT_REACHED);
}

static void dropped_connections_are_timeouts(void **state)
{
	struct step step = good_step();
	struct limit limit;

	(void)state;
	step.counts.errors[FAILURE_TIMEOUT] = 500;
	step.overflows = 249; /* others' of the same namespace, too */
	assert_int_equal(verdict(&step, &limit), RESOURCE_ERRORS);
	step.overflows = 250;
	assert_int_equal(verdict(&step, &limit), RESOURCE_BACKLOG);
	assert_non_null(strstr(limit.evidence, "dropped: 250"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bytes_are_responses_times_size),
	    cmocka_unit_test(a_connection_a_request),
	    cmocka_unit_test(the_machine_is_checked),
	    cmocka_unit_test(littles_law_knows_pipelines),
	    cmocka_unit_test(every_moment_of_a_cpu_has_an_owner),
	    cmocka_unit_test(strain_is_summed_up),
	    cmocka_unit_test(memory_is_told_from_housekeeping),
	    cmocka_unit_test(files_are_told_from_errors),
	    cmocka_unit_test(links_are_asked_when_no_cpu_is_exhausted),
	    cmocka_unit_test(quotas_are_all_that_there_is),
	    cmocka_unit_test(unread_requests_want_workers),
	    cmocka_unit_test(dropped_connections_are_timeouts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
