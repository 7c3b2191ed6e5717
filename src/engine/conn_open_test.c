// SPDX-License-Identifier: GPL-3.0-or-later
/* The open loop: clients that rest until a request arrives. The io is scripted, and the clock is the test's. */
#include <errno.h>

#include "engine/conn_testing.h"

enum { CLIENTS = 2 };

/* An arrival every 100 s, so that the clock, which goes on by itself, does not matter; the first one is due now. */
static struct fixture *begin(bool keepalive, uint64_t arrivals)
{
	struct fixture *f = fixture_new_open(CLIENTS, keepalive, 1, UINT64_MAX);
	struct pace_spec spec = {.rate = 1, .n_workers = 100, .arrivals = arrivals};

	f->plan.latency_limit_ns = NS_PER_S;
	pace_init_open(&f->w.pace, &spec);
	f->w.now_ns = clock_ns();
	pace_begin(&f->w.pace, f->w.now_ns);
	return f;
}

/* Both clients connected, and at rest. */
static struct fixture *begin_at_rest(uint64_t arrivals)
{
	struct fixture *f = begin(true, arrivals);

	for (uint32_t i = 0; i < CLIENTS; i++)
		conn_turn(&f->w, i);
	expect_calls(f, "connect0 connect1");
	for (uint32_t i = 0; i < CLIENTS; i++)
		complete(f, i, IO_CONNECTED);
	expect_calls(f, "");
	assert_int_equal(f->w.n_resting, 2);
	return f;
}

/* The next one arrived so long ago. */
static void arrive(struct fixture *f, int64_t ago_ns)
{
	f->w.now_ns = clock_ns();
	f->w.pace.next_ns = f->w.now_ns - ago_ns;
	conn_arrivals(&f->w);
}

static void requests_go_to_who_rested_longest(void **state)
{
	struct fixture *f = begin_at_rest(UINT64_MAX);

	(void)state;
	conn_arrivals(&f->w);
	expect_calls(f, "send0");
	conn_arrivals(&f->w); /* nothing has arrived since */
	expect_calls(f, "");
	receive(f, 0, OK);
	expect_calls(f, ""); /* a response brings no request */
	arrive(f, 0);
	expect_calls(f, "send1");
	arrive(f, 0);
	expect_calls(f, "send0");
	assert_int_equal(counts_of(f)->started, 3);
	assert_int_equal(counts_of(f)->completed, 1);
	fixture_free(f);
}

static void latency_begins_with_the_arrival(void **state)
{
	struct fixture *f = begin_at_rest(UINT64_MAX);

	(void)state;
	f->w.rested_ns -= 60 * NS_PER_S;
	arrive(f, 3 * NS_PER_S);
	expect_calls(f, "send0");
	receive(f, 0, OK);
	assert_true(f->w.latency->min_ns >= 3 * NS_PER_S);
	/* a client was at rest: that it was not sent for so long is the generator's fault */
	assert_int_equal(counts_of(f)->late_sends, 1);
	assert_true(counts_of(f)->send_delay_ns >= 3 * NS_PER_S);
	assert_int_equal(counts_of(f)->late_responses, 1);
	fixture_free(f);
}

static void arrivals_wait_for_a_client(void **state)
{
	struct fixture *f = begin_at_rest(UINT64_MAX);

	(void)state;
	arrive(f, 0);
	arrive(f, 0);
	expect_calls(f, "send0 send1");
	arrive(f, 3 * NS_PER_S);
	expect_calls(f, ""); /* nobody is free */
	assert_int_equal(counts_of(f)->started, 2);
	receive(f, 1, OK);
	conn_arrivals(&f->w);
	expect_calls(f, "send1");
	/* that is the server's fault, and in the latency; but the request has its whole timeout */
	assert_int_equal(counts_of(f)->late_sends, 0);
	assert_true(counts_of(f)->send_delay_ns < NS_PER_S);
	assert_true(f->w.due_ns[1] > clock_ns());
	receive(f, 1, OK);
	assert_true(f->w.latency->max_ns >= 3 * NS_PER_S);
	assert_int_equal(counts_of(f)->late_responses, 1);
	assert_int_equal(counts_of(f)->completed, 2);
	fixture_free(f);
}

static void without_keepalive_each_arrival_connects(void **state)
{
	struct fixture *f = begin(false, UINT64_MAX);

	(void)state;
	conn_turn(&f->w, 0);
	conn_turn(&f->w, 1);
	expect_calls(f, ""); /* nothing to connect for */
	conn_arrivals(&f->w);
	expect_calls(f, "connect0 send0");
	complete(f, 0, IO_CONNECTED);
	receive(f, 0, OK);
	expect_calls(f, "close0");
	arrive(f, 0);
	expect_calls(f, "connect1 send1");
	fixture_free(f);
}

/* A server that closes connections on which nothing goes on is no failure, and they are opened again. */
static void a_connection_is_closed_at_rest(void **state)
{
	struct fixture *f = begin_at_rest(UINT64_MAX);

	(void)state;
	complete(f, 0, IO_EOF);
	expect_calls(f, "close0 connect0");
	assert_int_equal(f->w.n_resting, 2); /* once each */
	/* it gets a request before it is open: that goes out with the opening */
	conn_arrivals(&f->w);
	expect_calls(f, "");
	complete(f, 0, IO_CONNECTED);
	expect_calls(f, "send0");
	receive(f, 0, OK);
	assert_int_equal(counts_errors(counts_of(f)), 0);
	assert_int_equal(counts_of(f)->completed, 1);
	fixture_free(f);
}

static void a_client_that_pauses_gets_nothing(void **state)
{
	struct fixture *f = begin_at_rest(UINT64_MAX);

	(void)state;
	complete(f, 0, IO_EOF);
	fail_by(f, 0, IO_OP_CONNECT, ECONNREFUSED);
	assert_int_equal(f->w.conns[0].state, CONN_PAUSED);
	*f->calls = '\0';
	conn_arrivals(&f->w);
	expect_calls(f, "send1");
	arrive(f, 0);
	expect_calls(f, "");
	assert_int_equal(f->w.n_resting, 0);
	/* its pause is over */
	conn_due(&f->w, 0);
	expect_calls(f, "connect0");
	conn_arrivals(&f->w);
	complete(f, 0, IO_CONNECTED);
	expect_calls(f, "send0");
	assert_int_equal(counts_errors(counts_of(f)), 0);
	fixture_free(f);
}

/* A request that fails is an error, and its client rests again. */
static void failures_are_counted(void **state)
{
	struct fixture *f = begin_at_rest(UINT64_MAX);

	(void)state;
	conn_arrivals(&f->w);
	conn_due(&f->w, 0);
	expect_calls(f, "send0 close0 connect0");
	assert_int_equal(counts_of(f)->errors[FAILURE_TIMEOUT], 1);
	assert_int_equal(f->w.n_resting, 2);
	/* bytes that nobody asked for */
	receive(f, 1, "HTTP");
	arrive(f, 0);
	expect_calls(f, "close1 connect1");
	assert_int_equal(counts_of(f)->errors[FAILURE_PROTOCOL], 1);
	fixture_free(f);
}

static void after_the_last_arrival_all_finish(void **state)
{
	struct fixture *f = begin_at_rest(2);

	(void)state;
	conn_arrivals(&f->w);
	expect_calls(f, "send0");
	assert_int_equal(f->w.n_live, 2);
	arrive(f, 0);
	expect_calls(f, "send1");
	receive(f, 1, OK);
	expect_calls(f, "close1");
	receive(f, 0, OK);
	expect_calls(f, "close0");
	assert_int_equal(f->w.n_live, 0);
	fixture_free(f);
	/* the one that rests while the last one arrives, too */
	f = begin_at_rest(1);
	conn_arrivals(&f->w);
	expect_calls(f, "send0 close1");
	assert_int_equal(f->w.n_live, 1);
	fixture_free(f);
}

static void at_the_end_of_the_step_nothing_is_sent(void **state)
{
	struct fixture *f = begin_at_rest(UINT64_MAX);

	(void)state;
	f->w.stop_ns = f->w.now_ns;
	conn_arrivals(&f->w);
	expect_calls(f, "");
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_go_to_who_rested_longest),
	    cmocka_unit_test(latency_begins_with_the_arrival),
	    cmocka_unit_test(arrivals_wait_for_a_client),
	    cmocka_unit_test(without_keepalive_each_arrival_connects),
	    cmocka_unit_test(a_connection_is_closed_at_rest),
	    cmocka_unit_test(a_client_that_pauses_gets_nothing),
	    cmocka_unit_test(failures_are_counted),
	    cmocka_unit_test(after_the_last_arrival_all_finish),
	    cmocka_unit_test(at_the_end_of_the_step_nothing_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
