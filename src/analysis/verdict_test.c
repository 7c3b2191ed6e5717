// SPDX-License-Identifier: GPL-3.0-or-later
/* Checks, limit and rank: each on steps whose truth is known, as they were made here. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/checks.h"
#include "analysis/limit.h"
#include "analysis/rank.h"
#include "analysis/step_testing.h"

/* Ten seconds, and enough responses for the bounds of the checks. */
static struct step long_step_of(unsigned clients, double rps, double half)
{
	return (struct step){
	    .clients = clients,
	    .throughput_rps = rps,
	    .throughput_ci95_rps = {rps - half, rps + half},
	    .counts = {.completed = 1000000},
	    .duration_s = 10,
	    .latency = {.mean = 1e6 * clients / rps},
	    .generator_busy = 0.5,
	    .generator_wait = NAN,
	    .drift = NAN,
	    .others_busy = NAN,
	    .queue_waiting = NAN,
	    .queue_full = NAN,
	};
}

static void checks_find_what_is_wrong(void **state)
{
	struct check_context context = {.closed_loop = true, .keepalive = true, .clients_connected = 8};
	struct step good = long_step_of(8, 8000, 10), bad;
	struct result result = {.valid = true};

	(void)state;
	check_step(&good, &context);
	assert_true(good.valid);
	assert_int_equal(good.n_checks, 8);
	explain_checks(&good, &result);
	assert_true(result.valid);

	bad = good;
	bad.counts.errors[FAILURE_READ] = 11; /* of a million: 10 are allowed */
	check_step(&bad, &context);
	assert_false(bad.valid || check_of(&bad, "errors")->ok);

	bad = good;
	bad.generator_busy = 0.91;
	check_step(&bad, &context);
	assert_false(bad.valid || check_of(&bad, "generator_busy")->ok);

	/* of a core that was stolen for a fifth of the time, 0.73 is nearly all */
	bad = good;
	bad.generator_busy = 0.73;
	bad.stolen = 0.2;
	check_step(&bad, &context);
	assert_false(check_of(&bad, "generator_busy")->ok);

	bad = good;
	bad.stolen = 0.0055;
	check_step(&bad, &context);
	assert_false(bad.valid || check_of(&bad, "steal")->ok);

	bad = good;
	bad.latency.mean *= 1.02;
	check_step(&bad, &context);
	assert_false(bad.valid || check_of(&bad, "littles_law")->ok);
	/* the same difference is what the ends of the step explain, where answers take a second of its ten */
	bad.throughput_rps = 8;
	bad.latency.mean = 1.02e6;
	check_step(&bad, &context);
	assert_true(check_of(&bad, "littles_law")->ok);

	/* nothing came while it was measured, though it did before: none of the clients was served */
	bad = good;
	bad.throughput_rps = 0;
	bad.latency.mean = NAN;
	check_step(&bad, &context);
	assert_false(bad.valid || check_of(&bad, "littles_law")->ok);
	assert_true(check_of(&bad, "littles_law")->value == 1);

	bad = good;
	bad.generator_wait = 0.03;
	check_step(&bad, &context);
	assert_false(bad.valid || check_of(&bad, "generator_wait")->ok);

	bad = good;
	bad.drift = 0.31;
	bad.drift_bound = 0.3;
	check_step(&bad, &context);
	assert_false(bad.valid || check_of(&bad, "steady_state")->ok);
	/* what is not a closed loop, but so many requests, has no steady state to be in */
	context.closed_loop = false;
	check_step(&bad, &context);
	assert_true(bad.valid);
	context.closed_loop = true;

	bad = good;
	bad.others_busy = 0.06;
	check_step(&bad, &context);
	assert_false(bad.valid || check_of(&bad, "other_processes")->ok);

	bad = good;
	context.clients_connected = 7;
	check_step(&bad, &context);
	assert_false(bad.valid || check_of(&bad, "clients_missing")->ok);

	explain_checks(&bad, &result);
	explain_checks(&bad, &result); /* the same reason is said once */
	assert_false(result.valid);
	assert_int_equal(result.n_why, 1);
	assert_string_equal(result.why_not_valid[0], "12.5 % of the clients could not connect (at most 0 %)");
	result_release(&result);
}

static struct process_cost process(const char *component, unsigned threads, double busy, double us)
{
	struct process_cost p = {.facts = {.threads = threads, .cpus = 1, .busiest_thread = busy / threads},
	    .busy = busy,
	    .cost = {us / 4, us * 3 / 4}};

	snprintf(p.facts.component, sizeof(p.facts.component), "%s", component);
	return p;
}

static void limits_are_told_apart(void **state)
{
	struct process_cost processes[3] = {
	    process("nginx", 1, 0.6, 60), process("uwsgi", 1, 0.38, 38), process("uwsgi", 1, 0, 0)};
	struct limit_context context = {.server_cores = 1, .growth = GROWTH_NONE};
	struct step step = long_step_of(8, 10000, 10);
	struct limit limit;

	(void)state;
	step.processes = processes;
	step.n_processes = 3;
	assert_true(server_cost(&step).user == 24.5 && server_cost(&step).system == 73.5);
	assert_true(fabs(implied_rps(&step, 1) - 1e6 / 98) < 1e-6);
	/* 0.98 cores, of which one thread uses 0.6: when that is at its end, 1.63 cores are used */
	assert_true(fabs(usable_cores(&step, 8) - 0.98 / 0.6) < 1e-9 && usable_cores(&step, 1) == 1);

	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_SERVER_CPU);
	assert_string_equal(limit.component, "nginx");
	assert_string_equal(limit.evidence, "used of 1 core: nginx 0.60, uwsgi 0.38");

	/* the same use of two cores leaves room, and no process is at its own end */
	context.server_cores = 2;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_NOT_REACHED);
	assert_string_equal(limit.component, "");
	assert_non_null(strstr(limit.evidence, "does not grow any more"));
	context.growth = GROWTH_UNKNOWN;
	find_limit(&step, &context, &limit);
	assert_null(strstr(limit.evidence, "grow"));

	/* one single-threaded process at the end of its core */
	processes[1].busy = processes[1].facts.busiest_thread = 0.97;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_SERVER_CPU);
	assert_string_equal(limit.component, "uwsgi");
	/* as in a runtime with helper threads, of which one does the work; four that share it are not at their end */
	processes[1].facts.threads = 4;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_SERVER_CPU);
	processes[1].facts.busiest_thread = 0.25;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_NOT_REACHED);

	/* the generator ran out first; if both did, whoever is closer to its end */
	context.server_cores = 1;
	processes[1] = process("uwsgi", 1, 0.1, 10);
	step.generator_busy = 0.97;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_GENERATOR_CPU);
	processes[1].busy = 0.4;
	step.generator_busy = 0.92;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_SERVER_CPU);

	/* what the hypervisor took was nobody's to use: 0.85 of 0.9 is all there was */
	processes[0] = process("nginx", 1, 0.85, 85);
	processes[1].busy = 0;
	step.generator_busy = 0.5;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_NOT_REACHED);
	step.stolen = 0.1;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_SERVER_CPU);

	/* errors come first */
	step.counts.errors[FAILURE_TIMEOUT] = 20000;
	step.counts.errors[FAILURE_CONNECT] = 1;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_ERRORS);
	assert_non_null(strstr(limit.evidence, "timeout"));
	step.counts.errors[FAILURE_CONNECT] = 30000;
	step.first_error[FAILURE_CONNECT] = EMFILE;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_FILES);
	step.first_error[FAILURE_CONNECT] = EADDRNOTAVAIL;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_PORTS);

	/* no process is visible: nothing is claimed of the server */
	step = long_step_of(8, 10000, 10);
	find_limit(&step, &(struct limit_context){0}, &limit);
	assert_int_equal(limit.resource, RESOURCE_NOT_REACHED);
	assert_non_null(strstr(limit.evidence, "unknown"));
	assert_true(isnan(server_cost(&step).user) && isnan(implied_rps(&step, 1)));
}

/* Queues of connections that wait tell workers from backlogs; neither is blamed while the CPU is what is missing. */
static void queues_tell_what_is_missing(void **state)
{
	struct process_cost processes[1] = {process("uwsgi", 1, 0.1, 100)};
	struct limit_context context = {.server_cores = 1, .growth = GROWTH_NONE};
	struct step step = long_step_of(16, 1000, 1);
	struct limit limit;

	(void)state;
	step.processes = processes;
	step.n_processes = 1;
	step.queue_waiting = 14.5;
	step.queue_full = 0;
	step.queue_backlog = 100;
	snprintf(step.queue_component, sizeof(step.queue_component), "uwsgi");
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_WORKERS);
	assert_string_equal(limit.component, "uwsgi");

	/* more clients still help; or others have the CPU; or the server has used it up */
	context.growth = GROWTH_STILL;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_NOT_REACHED);
	context.growth = GROWTH_NONE;
	processes[0].facts.waited = 0.4;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_WORKERS);
	step.others_busy = 0.06;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_NOT_REACHED);
	step.others_busy = NAN;
	processes[0].facts.waited = 0.85;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_NOT_REACHED);
	processes[0].facts.waited = 0;
	processes[0].busy = processes[0].facts.busiest_thread = 0.97;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_SERVER_CPU);
	processes[0].busy = processes[0].facts.busiest_thread = 0.1;

	step.queue_full = 0.5;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_BACKLOG);
	assert_string_equal(limit.evidence,
	    "the queue of uwsgi, for 100, was full 50 % of the time; TCP connections dropped: 0");

	/* what a full queue does to clients shows as errors */
	step.counts.errors[FAILURE_STATUS] = 500000;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_BACKLOG);
	step.queue_full = NAN;
	step.queue_waiting = NAN;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_ERRORS);
	step.counts.errors[FAILURE_CONNECT] = 600000;
	step.first_error[FAILURE_CONNECT] = EAGAIN;
	find_limit(&step, &context, &limit);
	assert_int_equal(limit.resource, RESOURCE_BACKLOG);
}

static void overlapping_intervals_share_a_rank(void **state)
{
	static const struct {
		const char *name;
		double rps, half;
	} rows[] = {{"b", 100, 5}, {"a", 200, 5}, {"c", 92, 4}, {"failed", 0, 0}, {"d", 50, 1}, {"e", 86, 3}};
	struct report report = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct result *r = report_add_result(&report);

		r->name = strdup(rows[i].name);
		r->has_maximum = rows[i].rps > 0;
		r->maximum = (struct maximum){.throughput_rps = rows[i].rps,
		    .ci95_rps = {rows[i].rps - rows[i].half, rows[i].rps + rows[i].half}};
	}
	report.results[1].reference_rps = 400;
	report.results[5].reference_rps = 300;
	assert_int_equal(report_add_compare(&report, "/a", "a"), 0);
	assert_int_equal(report_add_compare(&report, "/failed", "failed"), 0);
	assert_int_equal(report_add_compare(&report, "/b", "b"), -ENOSPC);
	assert_int_equal(rank_results(&report), 0);
	assert_int_equal(report.n_ranking, 5);
	assert_int_equal(report.ranking[0].result, 1);
	assert_int_equal(report.ranking[0].rank, 1);
	assert_int_equal(report.ranking[1].result, 0);
	assert_int_equal(report.ranking[1].rank, 2);
	assert_int_equal(report.ranking[2].result, 2);
	assert_int_equal(report.ranking[2].rank, 2); /* 95..105 and 88..96 */
	/* 83..89 overlaps with c, but b, the first of that rank, is better */
	assert_int_equal(report.ranking[3].result, 5);
	assert_int_equal(report.ranking[3].rank, 4);
	assert_int_equal(report.ranking[4].rank, 5);
	assert_true(report.ranking[4].ratios[0] == 0.25 && isnan(report.ranking[4].reference_ratios[0]));
	assert_true(report.ranking[3].reference_ratios[0] == 0.75);
	/* no ratio to a row that has no throughput */
	assert_true(isnan(report.ranking[0].ratios[1]) && isnan(report.ranking[0].reference_ratios[1]));
	report_release(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(checks_find_what_is_wrong),
	    cmocka_unit_test(limits_are_told_apart),
	    cmocka_unit_test(queues_tell_what_is_missing),
	    cmocka_unit_test(overlapping_intervals_share_a_rank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
