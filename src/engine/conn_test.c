// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The state machine, driven by hand: a scripted io notes what is submitted, and the test says what completes, and when.
 */
#include "engine/conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/unittest.h"
#include "engine/worker.h"

static struct {
	char calls[256]; /* what was submitted since the last look, such as "connect send" */
	size_t sent;     /* bytes, since the beginning */
	bool sending;    /* the request has not wholly gone out */
} script;

static void note(const char *call)
{
	if (*script.calls)
		strcat(script.calls, " ");
	strcat(script.calls, call);
}

/* What goes out by opening is noted with the length that it has in requests. */
static void scripted_connect(struct io *io, uint32_t conn, const struct io_open *open)
{
	(void)io, (void)conn;
	note("connect");
	script.sent += open->len;
	if (open->len)
		note("send");
}

static void scripted_send(struct io *io, uint32_t conn, const uint8_t *data, size_t len)
{
	(void)io, (void)conn, (void)data;
	script.sent += len;
	note("send");
}

static bool scripted_sending(struct io *io, uint32_t conn)
{
	(void)io, (void)conn;
	return script.sending;
}

static void scripted_close(struct io *io, uint32_t conn)
{
	(void)io, (void)conn;
	note("close");
}

static const struct io_ops scripted_ops = {
    .connect = scripted_connect,
    .send = scripted_send,
    .sending = scripted_sending,
    .close = scripted_close,
};

static struct io scripted_io = {.ops = &scripted_ops};

struct fixture {
	struct load_plan plan;
	struct control control;
	struct worker w;
};

static struct fixture *begin(bool keepalive, uint64_t requests)
{
	struct fixture *f = aligned_alloc(64, sizeof(*f));

	assert_non_null(f);
	memset(f, 0, sizeof(*f));
	f->plan = (struct load_plan){.request = (const uint8_t *)"GET",
	    .request_len = 3,
	    .pipeline = 1,
	    .keepalive = keepalive,
	    .clients = 1,
	    .threads = 1,
	    .timeout_ns = NS_PER_S,
	    .window_ns = NS_PER_S,
	    .duration_ns = CLOCK_NEVER,
	    .io = IO_KIND_NULL};
	assert_int_equal(worker_init(&f->w, &f->plan, &f->control, 1, requests, -1, NULL), 0);
	io_free(f->w.io);
	f->w.io = &scripted_io;
	*script.calls = '\0';
	script.sent = 0;
	return f;
}

static struct counts *counts_of(struct fixture *f)
{
	return &f->w.part->counts;
}

/* Everything that was started has ended, or is in flight. */
static void end(struct fixture *f)
{
	const struct counts *c = counts_of(f);

	assert_int_equal(c->started, c->completed + counts_errors(c) + f->w.conns[0].in_flight);
	assert_int_equal(f->w.latency->count, c->completed);
	f->w.io = NULL;
	worker_release(&f->w);
	free(f);
}

static void expect_calls(const char *calls)
{
	assert_string_equal(script.calls, calls);
	*script.calls = '\0';
}

static void complete(struct fixture *f, enum io_event_kind kind)
{
	conn_handle(&f->w, &(struct io_event){.kind = kind});
}

static void fail_by(struct fixture *f, enum io_operation op, int error)
{
	conn_handle(&f->w, &(struct io_event){.kind = IO_FAILED, .failed = op, .error = error});
}

static void receive_bytes(struct fixture *f, const void *data, size_t len)
{
	conn_handle(&f->w, &(struct io_event){.kind = IO_DATA, .data = data, .len = len});
}

static void receive(struct fixture *f, const char *data)
{
	receive_bytes(f, data, strlen(data));
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static void keepalive_goes_on(void **state)
{
	struct fixture *f = begin(true, 3);

	(void)state;
	conn_turn(&f->w, 0);
	expect_calls("connect send");
	complete(f, IO_CONNECTED);
	expect_calls("");
	receive(f, OK);
	expect_calls("send");
	receive(f, "HTTP/1.1 200 OK\r\nContent-");
	receive(f, "Length: 2\r\n\r\no");
	expect_calls("");
	receive(f, "k");
	expect_calls("send");
	/* the server announces the end: what is left is sent on a new connection */
	receive(f, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
	expect_calls("close");
	assert_int_equal(f->w.conns[0].state, CONN_FINISHED);
	assert_int_equal(f->w.n_live, 0);
	assert_int_equal(counts_of(f)->completed, 3);
	assert_int_equal(counts_of(f)->connections, 1);
	assert_int_equal(f->w.status[200], 3);
	end(f);
}

static void without_keepalive_the_client_closes(void **state)
{
	struct fixture *f = begin(false, 2);

	(void)state;
	conn_turn(&f->w, 0);
	complete(f, IO_CONNECTED);
	expect_calls("connect send");
	receive(f, OK); /* by which the server would keep it open */
	expect_calls("close connect send");
	complete(f, IO_CONNECTED);
	receive(f, OK);
	expect_calls("close");
	assert_int_equal(counts_of(f)->completed, 2);
	assert_int_equal(counts_of(f)->connections, 2);
	end(f);
}

/* What is left of a request would swallow the next one: it goes out on a connection of its own. */
static void an_answer_before_the_request_has_gone_out(void **state)
{
	struct fixture *f = begin(true, 2);

	(void)state;
	conn_turn(&f->w, 0);
	complete(f, IO_CONNECTED);
	expect_calls("connect send");
	script.sending = true;
	receive(f, OK);
	expect_calls("close connect send");
	script.sending = false;
	complete(f, IO_CONNECTED);
	receive(f, OK);
	expect_calls("close");
	assert_int_equal(counts_of(f)->completed, 2);
	assert_int_equal(counts_of(f)->connections, 2);
	end(f);
}

static void until_close(void **state)
{
	struct fixture *f = begin(true, 2);

	(void)state;
	conn_turn(&f->w, 0);
	complete(f, IO_CONNECTED);
	receive(f, "HTTP/1.0 200 OK\r\n\r\nhello");
	expect_calls("connect send");
	complete(f, IO_EOF);
	expect_calls("close connect send");
	assert_int_equal(counts_of(f)->completed, 1);
	end(f);
}

/* Each way to fail is counted once, as what it is, and the client goes on. */
static void failures_are_told_apart(void **state)
{
	static const struct {
		const char *data; /* received first; NULL: nothing */
		enum { EOF_, RESET, SEND, CONNECT, DUE, JUST_DATA } then;
		enum failure failure;
	} cases[] = {
	    {NULL, CONNECT, FAILURE_CONNECT},
	    {NULL, SEND, FAILURE_WRITE},
	    {NULL, EOF_, FAILURE_READ},
	    {NULL, RESET, FAILURE_READ},
	    {"HTTP/1.1 200 OK\r\n", EOF_, FAILURE_TRUNCATED},
	    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", EOF_, FAILURE_TRUNCATED},
	    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", RESET, FAILURE_TRUNCATED},
	    /* until close, but the close was a reset: what came may not be all */
	    {"HTTP/1.1 200 OK\r\n\r\nhello", RESET, FAILURE_TRUNCATED},
	    {NULL, DUE, FAILURE_TIMEOUT},
	    {"HTTP/1.1 200 OK\r\n", DUE, FAILURE_TIMEOUT},
	    {"SSH-2.0\r\n", JUST_DATA, FAILURE_PROTOCOL},
	    {OK "more", JUST_DATA, FAILURE_PROTOCOL},
	    {"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", JUST_DATA, FAILURE_STATUS},
	    {"HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n", JUST_DATA, FAILURE_STATUS},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture *f = begin(true, UINT64_MAX);

		conn_turn(&f->w, 0);
		if (cases[i].then != CONNECT)
			complete(f, IO_CONNECTED);
		if (cases[i].data)
			receive(f, cases[i].data);
		switch (cases[i].then) {
		case EOF_:
			complete(f, IO_EOF);
			break;
		case RESET:
			fail_by(f, IO_OP_RECEIVE, ECONNRESET);
			break;
		case SEND:
			fail_by(f, IO_OP_SEND, EPIPE);
			break;
		case CONNECT:
			fail_by(f, IO_OP_CONNECT, ECONNREFUSED);
			break;
		case DUE:
			conn_due(&f->w, 0);
			break;
		case JUST_DATA:
			break;
		}
		assert_int_equal(counts_of(f)->errors[cases[i].failure], 1);
		assert_int_equal(counts_errors(counts_of(f)), 1);
		assert_int_equal(counts_of(f)->completed, 0);
		end(f);
	}
}

static void expectations_are_kept(void **state)
{
	struct fixture *f = begin(true, UINT64_MAX);

	(void)state;
	f->plan.expect_status = 404;
	f->plan.body = (struct body_spec){.expect = (const uint8_t *)"ok", .expect_len = 2};
	conn_turn(&f->w, 0);
	complete(f, IO_CONNECTED);
	receive(f, OK);
	receive(f, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nok");
	receive(f, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
	assert_int_equal(counts_of(f)->errors[FAILURE_STATUS], 1);
	assert_int_equal(counts_of(f)->completed, 1);
	assert_int_equal(counts_of(f)->errors[FAILURE_MISMATCH], 1);
	/* a whole response, though not the right one, leaves the connection usable */
	expect_calls("connect send send send send");
	end(f);
}

static void failures_in_a_row_pause(void **state)
{
	struct fixture *f = begin(true, UINT64_MAX);
	int64_t last = 0;

	(void)state;
	conn_turn(&f->w, 0);
	for (int i = 0; i < 12; i++) {
		int64_t pause;

		fail_by(f, IO_OP_CONNECT, ECONNREFUSED);
		assert_int_equal(f->w.conns[0].state, CONN_PAUSED);
		pause = f->w.due_ns[0] - f->w.now_ns;
		assert_true(i == 0 ? pause == NS_PER_MS : pause == 2 * last || pause == 128 * NS_PER_MS);
		last = pause;
		conn_due(&f->w, 0);
	}
	/* a whole response ends the row */
	complete(f, IO_CONNECTED);
	receive(f, OK);
	assert_int_equal(f->w.conns[0].failures, 0);
	/* one failure of a conversation that had worked does not pause, two do */
	*script.calls = '\0';
	complete(f, IO_EOF);
	expect_calls("close connect send");
	complete(f, IO_CONNECTED);
	complete(f, IO_EOF);
	assert_int_equal(f->w.conns[0].state, CONN_PAUSED);
	end(f);
}

/* A server that speaks first, as those of other protocols do: the first request fails on it. */
static void bytes_before_the_request(void **state)
{
	struct fixture *f = begin(true, UINT64_MAX);

	(void)state;
	f->w.setting_up = true;
	f->w.set_up_begun = 1;
	conn_set_up(&f->w, 0);
	complete(f, IO_CONNECTED);
	assert_int_equal(f->w.conns[0].state, CONN_READY);
	assert_int_equal(f->w.set_up_done, 1);
	receive(f, "220 mail.example.org ESMTP\r\n");
	assert_int_equal(counts_of(f)->started, 0);
	f->w.setting_up = false;
	*script.calls = '\0';
	conn_turn(&f->w, 0);
	assert_int_equal(counts_of(f)->errors[FAILURE_PROTOCOL], 1);
	expect_calls("close connect send");
	end(f);
}

/* What fails before the load begins is tried again, and no request is charged with it. */
static void set_up_is_not_counted(void **state)
{
	struct fixture *f = begin(true, UINT64_MAX);

	(void)state;
	f->w.setting_up = true;
	conn_set_up(&f->w, 0);
	fail_by(f, IO_OP_CONNECT, EAGAIN);
	assert_int_equal(f->w.conns[0].state, CONN_PAUSED);
	conn_due(&f->w, 0);
	complete(f, IO_CONNECTED);
	assert_int_equal(f->w.set_up_done, 1);
	complete(f, IO_EOF);
	assert_int_equal(f->w.set_up_done, 0);
	assert_int_equal(counts_of(f)->started, 0);
	assert_int_equal(counts_errors(counts_of(f)), 0);
	for (int i = 0; i < FAILURE_COUNT; i++)
		assert_true(!f->w.first_error[i] && !f->w.first_why[i]);
	end(f);
}

/* A server that accepts and then closes, as one does that is out of workers, or behind a proxy that has nobody behind it. */
static void set_up_pauses_after_connections_that_do_not_last(void **state)
{
	struct fixture *f = begin(true, UINT64_MAX);
	int64_t last = 0;

	(void)state;
	f->w.setting_up = true;
	conn_set_up(&f->w, 0);
	for (int i = 0; i < 12; i++) {
		int64_t pause;

		complete(f, IO_CONNECTED);
		assert_int_equal(f->w.set_up_done, 1);
		complete(f, IO_EOF);
		assert_int_equal(f->w.set_up_done, 0);
		if (!i)
			continue; /* one alone is a coincidence */
		assert_int_equal(f->w.conns[0].state, CONN_PAUSED);
		pause = f->w.due_ns[0] - f->w.now_ns;
		assert_true(i == 1 ? pause == NS_PER_MS : pause == 2 * last || pause == 128 * NS_PER_MS);
		last = pause;
		conn_due(&f->w, 0);
	}
	assert_int_equal(last, 128 * NS_PER_MS);
	/* the first request fails in its own way, and that is what is told */
	f->w.setting_up = false;
	conn_turn(&f->w, 0);
	complete(f, IO_CONNECTED);
	fail_by(f, IO_OP_RECEIVE, ECONNRESET);
	assert_int_equal(f->w.first_error[FAILURE_READ], ECONNRESET);
	assert_null(f->w.first_why[FAILURE_READ]);
	end(f);
}

/* The load begins while a connection is still being opened: its request waits for it. */
static void the_load_begins_while_connecting(void **state)
{
	struct fixture *f = begin(true, 1);

	(void)state;
	f->w.setting_up = true;
	conn_set_up(&f->w, 0);
	f->w.setting_up = false;
	conn_turn(&f->w, 0);
	expect_calls("connect");
	complete(f, IO_CONNECTED);
	receive(f, OK);
	expect_calls("send close");
	assert_int_equal(counts_of(f)->completed, 1);
	end(f);
}

static void stopping_ends_at_the_response(void **state)
{
	struct fixture *f = begin(true, UINT64_MAX);

	(void)state;
	conn_turn(&f->w, 0);
	complete(f, IO_CONNECTED);
	f->w.stopping = true;
	receive(f, OK);
	expect_calls("connect send close");
	assert_int_equal(f->w.conns[0].state, CONN_FINISHED);
	assert_int_equal(f->w.due_ns[0], CLOCK_NEVER);
	end(f);
}

static struct fixture *begin_pipelined(unsigned depth, uint64_t requests)
{
	struct fixture *f = begin(true, requests);

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
	expect_calls("connect send");
	assert_int_equal(script.sent, 4 * 3);
	complete(f, IO_CONNECTED);
	assert_int_equal(counts_of(f)->bytes_out, 4 * 3);
	receive(f, OK OK "HTTP/1.1 200 OK\r\nContent-");
	expect_calls("send");
	assert_int_equal(script.sent, 6 * 3);
	assert_int_equal(f->w.conns[0].in_flight, 4);
	/* the oldest is the first request that was not answered, which started with the first ones */
	assert_true(f->w.started_ns[2] < f->w.started_ns[0]);
	assert_int_equal(f->w.due_ns[0], f->w.started_ns[2] + f->plan.timeout_ns);
	receive(f, "Length: 2\r\n\r\nok");
	assert_int_equal(script.sent, 7 * 3);
	receive(f, OK OK OK OK);
	assert_int_equal(f->w.conns[0].state, CONN_FINISHED);
	assert_int_equal(counts_of(f)->completed, 7);
	assert_int_equal(counts_of(f)->connections, 1);
	end(f);
}

/* Nothing is sent into the middle of what has not gone out; the next answer makes up for it. */
static void pipelining_waits_for_what_is_unsent(void **state)
{
	struct fixture *f = begin_pipelined(2, UINT64_MAX);

	(void)state;
	conn_turn(&f->w, 0);
	complete(f, IO_CONNECTED);
	expect_calls("connect send");
	script.sending = true;
	receive(f, OK);
	expect_calls("");
	assert_int_equal(f->w.conns[0].unsent, 1);
	script.sending = false;
	receive(f, OK);
	expect_calls("send");
	assert_int_equal(script.sent, 4 * 3);
	/* all were answered before the last had wholly gone out: what is left of it would swallow the next one */
	script.sending = true;
	receive(f, OK OK);
	expect_calls("close connect send");
	script.sending = false;
	assert_int_equal(counts_of(f)->completed, 4);
	end(f);
}

/* Each request is counted once, however the connection ends. */
static void pipelining_and_the_end_of_a_connection(void **state)
{
	struct fixture *f = begin_pipelined(8, 20);
	struct counts *c = counts_of(f);

	(void)state;
	conn_turn(&f->w, 0);
	complete(f, IO_CONNECTED);
	/* announced: what follows was not served and is sent anew, and only that */
	receive(f, OK "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
	expect_calls("connect send close connect send");
	assert_int_equal(script.sent, 16 * 3);
	assert_int_equal(c->completed, 2);
	assert_int_equal(c->started, 10);
	assert_int_equal(counts_errors(c), 0);
	/* in the middle of a response, or without one: all that were on it have failed */
	complete(f, IO_CONNECTED);
	receive(f, OK OK "HTTP/1.1 200 OK\r\n");
	complete(f, IO_EOF);
	assert_int_equal(c->completed, 4);
	assert_int_equal(c->errors[FAILURE_TRUNCATED], 8);
	assert_int_equal(c->started, 20);
	/* more than was asked for */
	complete(f, IO_CONNECTED);
	receive(f, OK OK OK OK OK OK OK OK "HTTP");
	assert_int_equal(c->completed, 11);
	assert_int_equal(c->errors[FAILURE_PROTOCOL], 1);
	assert_int_equal(f->w.conns[0].state, CONN_FINISHED);
	end(f);
}

/* A wrong response among right ones is the error of one request, and the connection goes on. */
static void pipelining_tells_responses_apart(void **state)
{
	struct fixture *f = begin_pipelined(4, UINT64_MAX);

	(void)state;
	f->plan.body = (struct body_spec){.expect = (const uint8_t *)"ok", .expect_len = 2};
	conn_turn(&f->w, 0);
	complete(f, IO_CONNECTED);
	receive(f,
	    OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\noK" OK
	       "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nok");
	assert_int_equal(counts_of(f)->completed, 2);
	assert_int_equal(counts_of(f)->errors[FAILURE_MISMATCH], 1);
	assert_int_equal(counts_of(f)->errors[FAILURE_STATUS], 1);
	expect_calls("connect send send");
	end(f);
}

#define RECORD(type, len) "\1" type "\0\1\0" len "\0\0"
#define FASTCGI_OK RECORD("\6", "\17") "Status: 200\r\n\r\n" RECORD("\3", "\10") "\0\0\0\0\0\0\0\0"
#define FASTCGI_OVERLOADED_ RECORD("\3", "\10") "\0\0\0\0\2\0\0\0"

static void fastcgi_goes_on_after_end_request(void **state)
{
	struct fixture *f = begin(true, 3);

	(void)state;
	f->plan.protocol = PROTOCOL_FASTCGI;
	conn_turn(&f->w, 0);
	complete(f, IO_CONNECTED);
	expect_calls("connect send");
	receive_bytes(f, FASTCGI_OK, sizeof(FASTCGI_OK) - 2);
	expect_calls("");
	receive_bytes(f, "", 1);
	expect_calls("send");
	receive_bytes(f, FASTCGI_OVERLOADED_, sizeof(FASTCGI_OVERLOADED_) - 1);
	expect_calls("close connect send");
	assert_int_equal(counts_of(f)->errors[FAILURE_PROTOCOL], 1);
	assert_non_null(strstr(f->w.first_why[FAILURE_PROTOCOL], "OVERLOADED"));
	complete(f, IO_CONNECTED);
	receive_bytes(f, FASTCGI_OK, 30); /* ends too early */
	complete(f, IO_EOF);
	expect_calls("close");
	assert_int_equal(counts_of(f)->errors[FAILURE_TRUNCATED], 1);
	assert_int_equal(counts_of(f)->completed, 1);
	end(f);
}

/* uwsgi and scgi: what ends the response ends the connection. */
static void one_request_a_connection(void **state)
{
	struct fixture *f = begin(true, 4);

	(void)state;
	f->plan.protocol = PROTOCOL_SCGI;
	conn_turn(&f->w, 0);
	complete(f, IO_CONNECTED);
	receive(f, "Status: 200 OK\r\n\r\nhello");
	expect_calls("connect send");
	f->plan.protocol = PROTOCOL_UWSGI; /* from the next connection on */
	complete(f, IO_EOF);
	expect_calls("close connect send");
	complete(f, IO_CONNECTED);
	receive(f, OK);
	expect_calls("close connect send");
	assert_int_equal(counts_of(f)->completed, 2);
	/* what is known of the request explains more than how the connection ended */
	f->plan.why_unanswered = "too long";
	complete(f, IO_CONNECTED);
	fail_by(f, IO_OP_RECEIVE, ECONNRESET);
	assert_string_equal(f->w.first_why[FAILURE_READ], "too long");
	complete(f, IO_CONNECTED);
	complete(f, IO_EOF);
	assert_int_equal(counts_of(f)->errors[FAILURE_READ], 2);
	end(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keepalive_goes_on),
	    cmocka_unit_test(without_keepalive_the_client_closes),
	    cmocka_unit_test(an_answer_before_the_request_has_gone_out),
	    cmocka_unit_test(until_close),
	    cmocka_unit_test(failures_are_told_apart),
	    cmocka_unit_test(expectations_are_kept),
	    cmocka_unit_test(failures_in_a_row_pause),
	    cmocka_unit_test(bytes_before_the_request),
	    cmocka_unit_test(set_up_is_not_counted),
	    cmocka_unit_test(set_up_pauses_after_connections_that_do_not_last),
	    cmocka_unit_test(the_load_begins_while_connecting),
	    cmocka_unit_test(stopping_ends_at_the_response),
	    cmocka_unit_test(pipelining_refills),
	    cmocka_unit_test(pipelining_waits_for_what_is_unsent),
	    cmocka_unit_test(pipelining_and_the_end_of_a_connection),
	    cmocka_unit_test(pipelining_tells_responses_apart),
	    cmocka_unit_test(fastcgi_goes_on_after_end_request),
	    cmocka_unit_test(one_request_a_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
