// SPDX-License-Identifier: GPL-3.0-or-later
/* Threads, windows and totals, on the null io: nothing but the generator itself. Runs under the thread sanitizer, too. */
#include "engine/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/unittest.h"

static struct load_plan plan_of(unsigned clients, unsigned threads)
{
	struct load_plan plan = {
	    .request = (const uint8_t *)"GET / HTTP/1.1\r\n\r\n",
	    .request_len = 18,
	    .keepalive = true,
	    .clients = clients,
	    .threads = threads,
	    .duration_ns = CLOCK_NEVER,
	    .timeout_ns = NS_PER_S,
	    .window_ns = 20 * NS_PER_MS,
	    .io = IO_KIND_NULL,
	};

	CPU_ZERO(&plan.cpus);
	return plan;
}

struct taken {
	struct counts counts;
	unsigned windows;
	int64_t first_ns, last_ns;
	struct hist *latency;
};

static struct taken run(const struct load_plan *plan, unsigned stop_after, struct load_totals *totals)
{
	struct taken t = {.latency = malloc(sizeof(*t.latency))};
	struct window window;
	struct load *load;
	struct err err;

	assert_non_null(t.latency);
	hist_init(t.latency);
	assert_int_equal(load_new(&load, plan, &err), 0);
	assert_int_equal(load_start(load, &err), 0);
	t.first_ns = t.last_ns = load_start_ns(load);
	while (load_next_window(load, &window, t.latency) > 0) {
		/* windows follow each other without a gap */
		assert_true(window.start_ns == t.last_ns && window.end_ns > window.start_ns);
		assert_true(
		    window.generator_busiest_ns <= window.generator.user_ns + window.generator.system_ns);
		t.last_ns = window.end_ns;
		counts_add(&t.counts, &window.counts);
		if (++t.windows == stop_after)
			load_stop(load, false);
	}
	if (load_finish(load, totals, &err))
		fail_msg("%s", err.msg);
	load_free(load);
	assert_int_equal(t.latency->count, t.counts.completed);
	return t;
}

static void a_number_of_requests_is_exact(void **state)
{
	static const struct {
		unsigned clients, threads;
		uint64_t requests;
	} cases[] = {{1, 1, 1}, {64, 1, 200000}, {64, 4, 200003}, {3, 8, 1000}, {100, 4, 7}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (int keepalive = 0; keepalive < 2; keepalive++) {
			struct load_plan plan = plan_of(cases[i].clients, cases[i].threads);
			struct load_totals totals;
			struct taken t;

			plan.requests = cases[i].requests;
			plan.keepalive = keepalive;
			t = run(&plan, 0, &totals);
			assert_int_equal(totals.counts.started, cases[i].requests);
			assert_int_equal(totals.counts.completed, cases[i].requests);
			assert_int_equal(totals.status[200], cases[i].requests);
			assert_int_equal(totals.in_flight, 0);
			assert_int_equal(
			    totals.counts.connections, keepalive ? cases[i].clients : cases[i].requests);
			/* all of it lies in windows */
			assert_int_equal(t.counts.completed, cases[i].requests);
			free(t.latency);
		}
	}
}

static void a_duration_is_whole_windows(void **state)
{
	struct load_plan plan = plan_of(16, 4);
	struct load_totals totals;
	struct taken t;

	(void)state;
	plan.duration_ns = 200 * NS_PER_MS;
	t = run(&plan, 0, &totals);
	assert_int_equal(t.last_ns - t.first_ns, plan.duration_ns);
	/* a worker that was not relieved in time makes one window of several */
	assert_in_range(t.windows, 1, 10);
	assert_true(t.counts.completed > 1000);
	/* what is beyond the last window is in the totals only */
	assert_true(totals.counts.completed >= t.counts.completed);
	assert_true(totals.counts.completed <= t.counts.completed + plan.clients);
	assert_int_equal(totals.in_flight, 0);
	free(t.latency);
}

static void stopping_early_loses_nothing(void **state)
{
	struct load_plan plan = plan_of(16, 2);
	struct load_totals totals;
	struct taken t;

	(void)state;
	t = run(&plan, 3, &totals);
	assert_true(t.windows >= 3);
	assert_int_equal(totals.counts.started, totals.counts.completed);
	free(t.latency);
}

/* Takes all windows of a load, the first of them `late_us` after its start. */
static struct taken read_late(const struct load_plan *plan, useconds_t late_us, struct load_totals *totals)
{
	struct taken t = {.latency = malloc(sizeof(*t.latency))};
	struct window window;
	struct load *load;

	hist_init(t.latency);
	assert_int_equal(load_new(&load, plan, NULL), 0);
	assert_int_equal(load_start(load, NULL), 0);
	t.first_ns = t.last_ns = load_start_ns(load);
	usleep(late_us);
	while (load_next_window(load, &window, t.latency) > 0) {
		assert_true(window.start_ns == t.last_ns && window.end_ns > window.start_ns);
		t.last_ns = window.end_ns;
		counts_add(&t.counts, &window.counts);
		t.windows++;
	}
	assert_int_equal(load_finish(load, totals, NULL), 0);
	assert_int_equal(t.latency->count, t.counts.completed);
	load_free(load);
	return t;
}

/* The ring of windows is smaller than what piles up while nobody takes them: parts grow, nothing is lost. */
static void a_late_reader_gets_all(void **state)
{
	/* it comes in the middle, or when all is over, even by a part of a window */
	static const struct {
		int64_t duration_ns, rest_ns;
		useconds_t late_us;
	} cases[] = {{500 * NS_PER_MS, 0, 200000}, {200 * NS_PER_MS, 0, 300000},
	    {202 * NS_PER_MS, 2 * NS_PER_MS, 300000}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct load_plan plan = plan_of(8, 2);
		struct load_totals totals;
		struct taken t;

		plan.window_ns = 5 * NS_PER_MS;
		plan.duration_ns = cases[i].duration_ns;
		t = read_late(&plan, cases[i].late_us, &totals);
		assert_int_equal(t.last_ns - t.first_ns, plan.duration_ns - cases[i].rest_ns);
		/* what follows the last window is in the totals only: what was in flight, and the rest of the duration */
		assert_true(t.counts.completed <= totals.counts.completed);
		if (!cases[i].rest_ns)
			assert_true(totals.counts.completed - t.counts.completed <= plan.clients);
		assert_int_equal(totals.counts.started, totals.counts.completed);
		free(t.latency);
	}
}

/* A number of requests that is through long before anybody looks: all of it lies in windows. */
static void a_late_reader_gets_all_requests(void **state)
{
	struct load_plan plan = plan_of(8, 2);
	struct load_totals totals;
	struct taken t;

	(void)state;
	plan.window_ns = NS_PER_MS;
	plan.requests = 100000;
	t = read_late(&plan, 500000, &totals);
	assert_int_equal(t.counts.completed, plan.requests);
	assert_int_equal(totals.counts.completed, plan.requests);
	free(t.latency);
}

/* Every arrival before the end is sent, or is said to have come to nothing; and a number of them is exact. */
static void an_open_loop_accounts_for_all_arrivals(void **state)
{
	static const struct {
		unsigned clients, threads;
		uint64_t rate, requests;
		enum arrival arrival;
		bool keepalive;
	} cases[] = {
	    {8, 1, 20000, 0, ARRIVAL_CONSTANT, true}, {8, 3, 20000, 0, ARRIVAL_CONSTANT, false},
	    {8, 3, 20000, 2001, ARRIVAL_CONSTANT, true}, {8, 3, 20000, 2001, ARRIVAL_POISSON, false},
	    {4, 4, 1000, 3, ARRIVAL_POISSON, true},           /* one thread has nothing to send */
	    {1, 1, PACE_RATE_MAX, 0, ARRIVAL_CONSTANT, true}, /* more than it can */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct load_plan plan = plan_of(cases[i].clients, cases[i].threads);
		struct load_totals totals;
		struct taken t;

		plan.rate = cases[i].rate;
		plan.arrival = cases[i].arrival;
		plan.requests = cases[i].requests;
		plan.keepalive = cases[i].keepalive;
		if (!cases[i].requests)
			plan.duration_ns = 100 * NS_PER_MS;
		t = run(&plan, 0, &totals);
		assert_int_equal(totals.counts.started + totals.unsent,
		    cases[i].requests ? cases[i].requests : cases[i].rate / 10);
		assert_int_equal(totals.counts.completed, totals.counts.started);
		assert_int_equal(totals.in_flight, 0);
		if (cases[i].requests)
			assert_int_equal(totals.unsent, 0);
		if (cases[i].rate == PACE_RATE_MAX)
			assert_true(totals.unsent > totals.counts.started);
		free(t.latency);
	}
}

/* Two threads that never rest, on one CPU: each waits while the other runs. */
static void a_wait_for_the_cpu_is_seen(void **state)
{
	struct load_plan plan = plan_of(8, 2);
	int64_t waited_ns = 0;
	struct load_totals totals;
	struct window window;
	struct hist *latency;
	struct load *load;
	cpu_set_t allowed;

	(void)state;
	if (access("/proc/thread-self/schedstat", R_OK))
		skip();
	latency = malloc(sizeof(*latency));
	hist_init(latency);
	assert_int_equal(cpus_allowed(&allowed), 0);
	CPU_SET(cpus_nth(&allowed, 0), &plan.cpus);
	plan.duration_ns = 400 * NS_PER_MS;
	assert_int_equal(load_new(&load, &plan, NULL), 0);
	assert_int_equal(load_start(load, NULL), 0);
	while (load_next_window(load, &window, latency) > 0) {
		assert_true(window.generator_wait_ns >= 0);
		waited_ns += window.generator_wait_ns;
	}
	assert_int_equal(load_finish(load, &totals, NULL), 0);
	/* both together wait for as long as the load lasts, at least; half of that is allowed for what blocks them */
	assert_true(waited_ns >= plan.duration_ns / 4);
	load_free(load);
	free(latency);
}

/* Where the kernel does not tell how long a thread waited, nor is it told as 0. */
static void an_unknown_wait_is_said_to_be_unknown(void **state)
{
	struct load_plan plan = plan_of(2, 2);
	struct rlimit before, none;
	struct load_totals totals;
	struct window window;
	struct hist *latency = malloc(sizeof(*latency));
	struct load *load;

	(void)state;
	hist_init(latency);
	plan.duration_ns = 100 * NS_PER_MS;
	assert_int_equal(load_new(&load, &plan, NULL), 0);
	getrlimit(RLIMIT_NOFILE, &before);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0); /* no file can be opened */
	assert_int_equal(load_start(load, NULL), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	while (load_next_window(load, &window, latency) > 0)
		assert_int_equal(window.generator_wait_ns, -1);
	assert_int_equal(load_finish(load, &totals, NULL), 0);
	load_free(load);
	free(latency);
}

static void abandoning_is_quick(void **state)
{
	struct load_plan plan = plan_of(8, 2);
	struct load_totals totals;
	struct load *load;

	(void)state;
	assert_int_equal(load_new(&load, &plan, NULL), 0);
	assert_int_equal(load_start(load, NULL), 0);
	load_stop(load, true);
	assert_int_equal(load_finish(load, &totals, NULL), 0);
	assert_int_equal(totals.counts.started, totals.counts.completed + totals.in_flight);
	load_free(load);
	/* without any of it, too */
	assert_int_equal(load_new(&load, &plan, NULL), 0);
	assert_int_equal(load_start(load, NULL), 0);
	load_free(load);
	load_free(NULL);
}

static void too_many_files(void **state)
{
	struct rlimit before, limit;
	struct load_plan plan = plan_of(1000, 1);
	struct load *load;
	struct err err;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &before);
	/* the soft limit is raised by itself ... */
	limit = (struct rlimit){.rlim_cur = 200, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(load_new(&load, &plan, &err), 0);
	load_free(load);
	getrlimit(RLIMIT_NOFILE, &limit);
	assert_true(limit.rlim_cur >= 1000);
	/* ... the hard one is the user's */
	plan.clients = (unsigned)before.rlim_max;
	if (before.rlim_max < LOAD_CLIENTS_MAX) {
		assert_int_equal(load_new(&load, &plan, &err), -EMFILE);
		assert_non_null(strstr(err.msg, "ulimit -n"));
	}
}

/* A gate that was asked, and what it says. */
struct gate {
	struct load_gate gate;
	unsigned asked, connected;
	int64_t start_ns;
	int rc;
};

static int wait_at_gate(struct load_gate *gate, unsigned connected, int64_t *start_ns, struct err *err)
{
	struct gate *g = (struct gate *)gate;

	g->asked++;
	g->connected = connected;
	*start_ns = g->start_ns;
	return g->rc ? err_set(err, g->rc, "not today") : 0;
}

static void a_gate_holds_it_back(void **state)
{
	struct gate gate = {.gate.wait = wait_at_gate, .start_ns = clock_ns() + 150 * NS_PER_MS};
	struct load_plan plan = plan_of(8, 2);
	struct load_totals totals;
	struct taken t;

	(void)state;
	plan.requests = 100;
	plan.gate = &gate.gate;
	t = run(&plan, 0, &totals);
	assert_int_equal(gate.asked, 1);
	assert_int_equal(gate.connected, 8);
	assert_true(t.first_ns >= gate.start_ns);
	assert_int_equal(t.counts.completed, 100);
	free(t.latency);
}

static void a_closed_gate_stops_it(void **state)
{
	struct gate gate = {.gate.wait = wait_at_gate, .rc = -ECANCELED};
	struct load_plan plan = plan_of(8, 2);
	struct load_totals totals;
	struct load *load;
	struct err err;

	(void)state;
	plan.gate = &gate.gate;
	assert_int_equal(load_new(&load, &plan, &err), 0);
	assert_int_equal(load_start(load, &err), -ECANCELED);
	assert_string_equal(err.msg, "not today");
	load_stop(load, true);
	assert_int_equal(load_finish(load, &totals, &err), 0);
	assert_int_equal(totals.counts.started, 0);
	load_free(load);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_number_of_requests_is_exact),
	    cmocka_unit_test(a_duration_is_whole_windows),
	    cmocka_unit_test(stopping_early_loses_nothing),
	    cmocka_unit_test(a_late_reader_gets_all),
	    cmocka_unit_test(a_late_reader_gets_all_requests),
	    cmocka_unit_test(an_open_loop_accounts_for_all_arrivals),
	    cmocka_unit_test(a_wait_for_the_cpu_is_seen),
	    cmocka_unit_test(an_unknown_wait_is_said_to_be_unknown),
	    cmocka_unit_test(abandoning_is_quick),
	    cmocka_unit_test(a_gate_holds_it_back),
	    cmocka_unit_test(a_closed_gate_stops_it),
	    cmocka_unit_test(too_many_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
