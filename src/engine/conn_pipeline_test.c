// SPDX-License-Identifier: GPL-3.0-or-later
/* The state machine of a client that has several requests in flight, driven by hand. */
#include <stdlib.h>

#include "engine/conn_testing.h"

static struct fixture *begin_pipelined(unsigned depth, uint64_t requests)
{
	struct fixture *f = fixture_new(1, true, requests);

	f->plan.pipeline = depth;
	free(f->w.started_ns);
	f->w.started_ns = calloc(depth, sizeof(*f->w.started_ns));
	assert_non_null(f->w.started_ns);
	return f;
}

/* As many are sent at once as were answered, and each has a time of its own. */
static void pipelining_refills(void **state)
{
	struct fixture *f = begin_pipelined(4, 7);

	(void)state;
	conn_turn(&f->w, 0);
	expect_calls(f, "connect send");
	assert_int_equal(f->sent, 4 * 3);
	complete(f, 0, IO_CONNECTED);
	assert_int_equal(counts_of(f)->bytes_out, 4 * 3);
	receive(f, 0, OK OK "HTTP/1.1 200 OK\r\nContent-");
	expect_calls(f, "send");
	assert_int_equal(f->sent, 6 * 3);
	assert_int_equal(f->w.conns[0].in_flight, 4);
	/* the oldest is the first request that was not answered, which started with the first ones */
	assert_true(f->w.started_ns[2] < f->w.started_ns[0]);
	assert_int_equal(f->w.due_ns[0], f->w.started_ns[2] + f->plan.timeout_ns);
	receive(f, 0, "Length: 2\r\n\r\nok");
	assert_int_equal(f->sent, 7 * 3);
	receive(f, 0, OK OK OK OK);
	assert_int_equal(f->w.conns[0].state, CONN_FINISHED);
	assert_int_equal(counts_of(f)->completed, 7);
	assert_int_equal(counts_of(f)->connections, 1);
	fixture_free(f);
}

/* Nothing is sent into the middle of what has not gone out; the next answer makes up for it. */
static void pipelining_waits_for_what_is_unsent(void **state)
{
	struct fixture *f = begin_pipelined(2, UINT64_MAX);

	(void)state;
	conn_turn(&f->w, 0);
	complete(f, 0, IO_CONNECTED);
	expect_calls(f, "connect send");
	f->sending = true;
	receive(f, 0, OK);
	expect_calls(f, "");
	assert_int_equal(f->w.conns[0].unsent, 1);
	f->sending = false;
	receive(f, 0, OK);
	expect_calls(f, "send");
	assert_int_equal(f->sent, 4 * 3);
	/* all were answered before the last had wholly gone out: what is left of it would swallow the next one */
	f->sending = true;
	receive(f, 0, OK OK);
	expect_calls(f, "close connect send");
	f->sending = false;
	assert_int_equal(counts_of(f)->completed, 4);
	fixture_free(f);
}

/* Each request is counted once, however the connection ends. */
static void pipelining_and_the_end_of_a_connection(void **state)
{
	struct fixture *f = begin_pipelined(8, 20);
	struct counts *c = counts_of(f);

	(void)state;
	conn_turn(&f->w, 0);
	complete(f, 0, IO_CONNECTED);
	/* announced: what follows was not served and is sent anew, and only that */
	receive(f, 0, OK "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
	expect_calls(f, "connect send close connect send");
	assert_int_equal(f->sent, 16 * 3);
	assert_int_equal(c->completed, 2);
	assert_int_equal(c->started, 10);
	assert_int_equal(counts_errors(c), 0);
	/* in the middle of a response, or without one: all that were on it have failed */
	complete(f, 0, IO_CONNECTED);
	receive(f, 0, OK OK "HTTP/1.1 200 OK\r\n");
	complete(f, 0, IO_EOF);
	assert_int_equal(c->completed, 4);
	assert_int_equal(c->errors[FAILURE_TRUNCATED], 8);
	assert_int_equal(c->started, 20);
	/* more than was asked for */
	complete(f, 0, IO_CONNECTED);
	receive(f, 0, OK OK OK OK OK OK OK OK "HTTP");
	assert_int_equal(c->completed, 11);
	assert_int_equal(c->errors[FAILURE_PROTOCOL], 1);
	assert_int_equal(f->w.conns[0].state, CONN_FINISHED);
	fixture_free(f);
}

/* A wrong response among right ones is the error of one request, and the connection goes on. */
static void pipelining_tells_responses_apart(void **state)
{
	struct fixture *f = begin_pipelined(4, UINT64_MAX);

	(void)state;
	f->plan.body = (struct body_spec){.expect = (const uint8_t *)"ok", .expect_len = 2};
	conn_turn(&f->w, 0);
	complete(f, 0, IO_CONNECTED);
	receive(f, 0,
	    OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\noK" OK
	       "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nok");
	assert_int_equal(counts_of(f)->completed, 2);
	assert_int_equal(counts_of(f)->errors[FAILURE_MISMATCH], 1);
	assert_int_equal(counts_of(f)->errors[FAILURE_STATUS], 1);
	expect_calls(f, "connect send send");
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pipelining_refills),
	    cmocka_unit_test(pipelining_waits_for_what_is_unsent),
	    cmocka_unit_test(pipelining_and_the_end_of_a_connection),
	    cmocka_unit_test(pipelining_tells_responses_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
