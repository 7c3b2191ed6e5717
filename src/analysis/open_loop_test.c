// SPDX-License-Identifier: GPL-3.0-or-later
/* What a step says of an open loop, and when that is not worth much. */
#include <math.h>
#include <string.h>

#include "analysis/checks.h"
#include "analysis/step_testing.h"
#include "analysis/summary.h"
#include "base/clock.h"

/* Ten seconds at 1000/s, of which so many were achieved. */
static struct step checked(const char *arrival, double achieved_rps, uint64_t late_sends, bool by_number)
{
	struct check_context context = {.by_number = by_number, .keepalive = true, .clients_connected = 8};
	struct step step = {.clients = 8,
	    .rounds = 1,
	    .duration_s = 10,
	    .throughput_rps = achieved_rps,
	    .counts = {.started = 10000, .completed = 10000},
	    .latency = {.mean = 1000},
	    .open = {
		.rate = 1000, .arrival = arrival, .achieved_rps = achieved_rps, .late_sends = late_sends}};

	check_step(&step, &context);
	return step;
}

static void windows_make_the_rate(void **state)
{
	struct window windows[3] = {
	    {.start_ns = 0, .end_ns = NS_PER_S, .counts = {.completed = 500}},
	    {.start_ns = NS_PER_S,
		.end_ns = 2 * NS_PER_S,
		.counts = {.completed = 90, .errors = {[FAILURE_STATUS] = 5}}},
	    {.start_ns = 2 * NS_PER_S, .end_ns = 4 * NS_PER_S, .counts = {.completed = 205}},
	};
	struct step_sample sample = {.windows = windows,
	    .n_windows = 3,
	    .warmup_windows = 1,
	    .rate = 120,
	    .arrival = "poisson",
	    .unsent = 7,
	    .counts = {.started = 800, .late_sends = 2, .send_delay_ns = 800 * 3 * NS_PER_US}};
	struct open_loop open = summarize_open(&sample);

	(void)state;
	assert_int_equal(open.rate, 120);
	assert_string_equal(open.arrival, "poisson");
	assert_true(fabs(open.achieved_rps - 100) < 1e-9); /* errors are answers, too */
	assert_int_equal(open.unsent, 7);
	assert_int_equal(open.late_sends, 2);
	assert_true(fabs(open.send_delay_us - 3) < 1e-9);
	sample.counts.started = 0;
	assert_true(isnan(summarize_open(&sample).send_delay_us));
	sample.rate = 0;
	assert_int_equal(summarize_open(&sample).unsent, 0);
}

static void late_sends_are_bounded(void **state)
{
	struct step step = checked("constant", 1000, 10, false);

	(void)state;
	assert_true(check_of(&step, "late_sends")->ok);
	step = checked("constant", 1000, 11, false);
	assert_false(check_of(&step, "late_sends")->ok);
	assert_false(step.valid);
}

static void a_rate_that_was_not_achieved(void **state)
{
	struct result result = {0};
	struct step step = checked("constant", 990, 0, false);

	(void)state;
	assert_true(check_of(&step, "rate_achieved")->ok);
	assert_null(find_check(&step, "littles_law"));
	step = checked("constant", 985, 0, false);
	assert_false(check_of(&step, "rate_achieved")->ok);
	explain_checks(&step, &result);
	assert_int_equal(result.n_why, 1);
	assert_non_null(strstr(result.why_not_valid[0], "fell short of the rate by 1.5 %"));
	result_release(&result);
	/* as many as come at random */
	step = checked("poisson", 985, 0, false);
	assert_true(check_of(&step, "rate_achieved")->ok);
	step = checked("poisson", 950, 0, false);
	assert_false(check_of(&step, "rate_achieved")->ok);
	/* more than was asked for is no shortfall; and the end of a number of requests is when the last one is answered */
	step = checked("constant", 1010, 0, false);
	assert_true(check_of(&step, "rate_achieved")->ok);
	step = checked("constant", 500, 0, true);
	assert_null(find_check(&step, "rate_achieved"));
}

/* A server with 90 % of the rate: its queue grows for ten seconds, up to a second, half of that on average. */
static void a_growing_queue_is_no_excuse(void **state)
{
	struct check_context context = {0};
	struct step step = checked("constant", 900, 0, false);

	(void)state;
	step.latency.mean = 0.5e6;
	check_step(&step, &context);
	assert_false(check_of(&step, "rate_achieved")->ok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(windows_make_the_rate),
	    cmocka_unit_test(late_sends_are_bounded),
	    cmocka_unit_test(a_rate_that_was_not_achieved),
	    cmocka_unit_test(a_growing_queue_is_no_excuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
