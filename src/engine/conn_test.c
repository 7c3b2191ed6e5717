// SPDX-License-Identifier: GPL-3.0-or-later
/* The state machine of a client that sends one request at a time, driven by hand. */
#include "engine/conn.h"

#include <errno.h>

#include "engine/conn_testing.h"

static void keepalive_goes_on(void **state)
{
	struct fixture *f = fixture_new(1, true, 3);

	(void)state;
	conn_turn(&f->w, 0);
	expect_calls(f, "connect send");
	complete(f, 0, IO_CONNECTED);
	expect_calls(f, "");
	receive(f, 0, OK);
	expect_calls(f, "send");
	receive(f, 0, "HTTP/1.1 200 OK\r\nContent-");
	receive(f, 0, "Length: 2\r\n\r\no");
	expect_calls(f, "");
	receive(f, 0, "k");
	expect_calls(f, "send");
	/* the server announces the end: what is left is sent on a new connection */
	receive(f, 0, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
	expect_calls(f, "close");
	assert_int_equal(f->w.conns[0].state, CONN_FINISHED);
	assert_int_equal(f->w.n_live, 0);
	assert_int_equal(counts_of(f)->completed, 3);
	assert_int_equal(counts_of(f)->connections, 1);
	assert_int_equal(f->w.status[200], 3);
	fixture_free(f);
}

static void without_keepalive_the_client_closes(void **state)
{
	struct fixture *f = fixture_new(1, false, 2);

	(void)state;
	conn_turn(&f->w, 0);
	complete(f, 0, IO_CONNECTED);
	expect_calls(f, "connect send");
	receive(f, 0, OK); /* by which the server would keep it open */
	expect_calls(f, "close connect send");
	complete(f, 0, IO_CONNECTED);
	receive(f, 0, OK);
	expect_calls(f, "close");
	assert_int_equal(counts_of(f)->completed, 2);
	assert_int_equal(counts_of(f)->connections, 2);
	fixture_free(f);
}

/* What is left of a request would swallow the next one: it goes out on a connection of its own. */
static void an_answer_before_the_request_has_gone_out(void **state)
{
	struct fixture *f = fixture_new(1, true, 2);

	(void)state;
	conn_turn(&f->w, 0);
	complete(f, 0, IO_CONNECTED);
	expect_calls(f, "connect send");
	f->sending = true;
	receive(f, 0, OK);
	expect_calls(f, "close connect send");
	f->sending = false;
	complete(f, 0, IO_CONNECTED);
	receive(f, 0, OK);
	expect_calls(f, "close");
	assert_int_equal(counts_of(f)->completed, 2);
	assert_int_equal(counts_of(f)->connections, 2);
	fixture_free(f);
}

static void until_close(void **state)
{
	struct fixture *f = fixture_new(1, true, 2);

	(void)state;
	conn_turn(&f->w, 0);
	complete(f, 0, IO_CONNECTED);
	receive(f, 0, "HTTP/1.0 200 OK\r\n\r\nhello");
	expect_calls(f, "connect send");
	complete(f, 0, IO_EOF);
	expect_calls(f, "close connect send");
	assert_int_equal(counts_of(f)->completed, 1);
	fixture_free(f);
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
		struct fixture *f = fixture_new(1, true, UINT64_MAX);

		conn_turn(&f->w, 0);
		if (cases[i].then != CONNECT)
			complete(f, 0, IO_CONNECTED);
		if (cases[i].data)
			receive(f, 0, cases[i].data);
		switch (cases[i].then) {
		case EOF_:
			complete(f, 0, IO_EOF);
			break;
		case RESET:
			fail_by(f, 0, IO_OP_RECEIVE, ECONNRESET);
			break;
		case SEND:
			fail_by(f, 0, IO_OP_SEND, EPIPE);
			break;
		case CONNECT:
			fail_by(f, 0, IO_OP_CONNECT, ECONNREFUSED);
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
		fixture_free(f);
	}
}

static void expectations_are_kept(void **state)
{
	struct fixture *f = fixture_new(1, true, UINT64_MAX);

	(void)state;
	f->plan.expect_status = 404;
	f->plan.body = (struct body_spec){.expect = (const uint8_t *)"ok", .expect_len = 2};
	conn_turn(&f->w, 0);
	complete(f, 0, IO_CONNECTED);
	receive(f, 0, OK);
	receive(f, 0, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nok");
	receive(f, 0, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
	assert_int_equal(counts_of(f)->errors[FAILURE_STATUS], 1);
	assert_int_equal(counts_of(f)->completed, 1);
	assert_int_equal(counts_of(f)->errors[FAILURE_MISMATCH], 1);
	/* a whole response, though not the right one, leaves the connection usable */
	expect_calls(f, "connect send send send send");
	fixture_free(f);
}

static void failures_in_a_row_pause(void **state)
{
	struct fixture *f = fixture_new(1, true, UINT64_MAX);
	int64_t last = 0;

	(void)state;
	conn_turn(&f->w, 0);
	for (int i = 0; i < 12; i++) {
		int64_t pause;

		fail_by(f, 0, IO_OP_CONNECT, ECONNREFUSED);
		assert_int_equal(f->w.conns[0].state, CONN_PAUSED);
		pause = f->w.due_ns[0] - f->w.now_ns;
		assert_true(i == 0 ? pause == NS_PER_MS : pause == 2 * last || pause == 128 * NS_PER_MS);
		last = pause;
		conn_due(&f->w, 0);
	}
	/* a whole response ends the row */
	complete(f, 0, IO_CONNECTED);
	receive(f, 0, OK);
	assert_int_equal(f->w.conns[0].failures, 0);
	/* one failure of a conversation that had worked does not pause, two do */
	*f->calls = '\0';
	complete(f, 0, IO_EOF);
	expect_calls(f, "close connect send");
	complete(f, 0, IO_CONNECTED);
	complete(f, 0, IO_EOF);
	assert_int_equal(f->w.conns[0].state, CONN_PAUSED);
	fixture_free(f);
}

/* A server that speaks first, as those of other protocols do: the first request fails on it. */
static void bytes_before_the_request(void **state)
{
	struct fixture *f = fixture_new(1, true, UINT64_MAX);

	(void)state;
	f->w.setting_up = true;
	f->w.set_up_begun = 1;
	conn_set_up(&f->w, 0);
	complete(f, 0, IO_CONNECTED);
	assert_int_equal(f->w.conns[0].state, CONN_READY);
	assert_int_equal(f->w.set_up_done, 1);
	receive(f, 0, "220 mail.example.org ESMTP\r\n");
	assert_int_equal(counts_of(f)->started, 0);
	f->w.setting_up = false;
	*f->calls = '\0';
	conn_turn(&f->w, 0);
	assert_int_equal(counts_of(f)->errors[FAILURE_PROTOCOL], 1);
	expect_calls(f, "close connect send");
	fixture_free(f);
}

/* What fails before the load begins is tried again, and no request is charged with it. */
static void set_up_is_not_counted(void **state)
{
	struct fixture *f = fixture_new(1, true, UINT64_MAX);

	(void)state;
	f->w.setting_up = true;
	conn_set_up(&f->w, 0);
	fail_by(f, 0, IO_OP_CONNECT, EAGAIN);
	assert_int_equal(f->w.conns[0].state, CONN_PAUSED);
	conn_due(&f->w, 0);
	complete(f, 0, IO_CONNECTED);
	assert_int_equal(f->w.set_up_done, 1);
	complete(f, 0, IO_EOF);
	assert_int_equal(f->w.set_up_done, 0);
	assert_int_equal(counts_of(f)->started, 0);
	assert_int_equal(counts_errors(counts_of(f)), 0);
	for (int i = 0; i < FAILURE_COUNT; i++)
		assert_true(!f->w.first_error[i] && !f->w.first_why[i]);
	fixture_free(f);
}

/* A server that accepts and then closes, as one does that is out of workers, or behind a proxy that has nobody behind it. */
static void set_up_pauses_after_connections_that_do_not_last(void **state)
{
	struct fixture *f = fixture_new(1, true, UINT64_MAX);
	int64_t last = 0;

	(void)state;
	f->w.setting_up = true;
	conn_set_up(&f->w, 0);
	for (int i = 0; i < 12; i++) {
		int64_t pause;

		complete(f, 0, IO_CONNECTED);
		assert_int_equal(f->w.set_up_done, 1);
		complete(f, 0, IO_EOF);
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
	complete(f, 0, IO_CONNECTED);
	fail_by(f, 0, IO_OP_RECEIVE, ECONNRESET);
	assert_int_equal(f->w.first_error[FAILURE_READ], ECONNRESET);
	assert_null(f->w.first_why[FAILURE_READ]);
	fixture_free(f);
}

/* The load begins while a connection is still being opened: its request waits for it. */
static void the_load_begins_while_connecting(void **state)
{
	struct fixture *f = fixture_new(1, true, 1);

	(void)state;
	f->w.setting_up = true;
	conn_set_up(&f->w, 0);
	f->w.setting_up = false;
	conn_turn(&f->w, 0);
	expect_calls(f, "connect");
	complete(f, 0, IO_CONNECTED);
	receive(f, 0, OK);
	expect_calls(f, "send close");
	assert_int_equal(counts_of(f)->completed, 1);
	fixture_free(f);
}

static void stopping_ends_at_the_response(void **state)
{
	struct fixture *f = fixture_new(1, true, UINT64_MAX);

	(void)state;
	conn_turn(&f->w, 0);
	complete(f, 0, IO_CONNECTED);
	f->w.stopping = true;
	receive(f, 0, OK);
	expect_calls(f, "connect send close");
	assert_int_equal(f->w.conns[0].state, CONN_FINISHED);
	assert_int_equal(f->w.due_ns[0], CLOCK_NEVER);
	fixture_free(f);
}

#define RECORD(type, len) "\1" type "\0\1\0" len "\0\0"
#define FASTCGI_OK RECORD("\6", "\17") "Status: 200\r\n\r\n" RECORD("\3", "\10") "\0\0\0\0\0\0\0\0"
#define FASTCGI_OVERLOADED_ RECORD("\3", "\10") "\0\0\0\0\2\0\0\0"

static void fastcgi_goes_on_after_end_request(void **state)
{
	struct fixture *f = fixture_new(1, true, 3);

	(void)state;
	f->plan.protocol = PROTOCOL_FASTCGI;
	conn_turn(&f->w, 0);
	complete(f, 0, IO_CONNECTED);
	expect_calls(f, "connect send");
	receive_bytes(f, 0, FASTCGI_OK, sizeof(FASTCGI_OK) - 2);
	expect_calls(f, "");
	receive_bytes(f, 0, "", 1);
	expect_calls(f, "send");
	receive_bytes(f, 0, FASTCGI_OVERLOADED_, sizeof(FASTCGI_OVERLOADED_) - 1);
	expect_calls(f, "close connect send");
	assert_int_equal(counts_of(f)->errors[FAILURE_PROTOCOL], 1);
	assert_non_null(strstr(f->w.first_why[FAILURE_PROTOCOL], "OVERLOADED"));
	complete(f, 0, IO_CONNECTED);
	receive_bytes(f, 0, FASTCGI_OK, 30); /* ends too early */
	complete(f, 0, IO_EOF);
	expect_calls(f, "close");
	assert_int_equal(counts_of(f)->errors[FAILURE_TRUNCATED], 1);
	assert_int_equal(counts_of(f)->completed, 1);
	fixture_free(f);
}

/* uwsgi and scgi: what ends the response ends the connection. */
static void one_request_a_connection(void **state)
{
	struct fixture *f = fixture_new(1, true, 4);

	(void)state;
	f->plan.protocol = PROTOCOL_SCGI;
	conn_turn(&f->w, 0);
	complete(f, 0, IO_CONNECTED);
	receive(f, 0, "Status: 200 OK\r\n\r\nhello");
	expect_calls(f, "connect send");
	f->plan.protocol = PROTOCOL_UWSGI; /* from the next connection on */
	complete(f, 0, IO_EOF);
	expect_calls(f, "close connect send");
	complete(f, 0, IO_CONNECTED);
	receive(f, 0, OK);
	expect_calls(f, "close connect send");
	assert_int_equal(counts_of(f)->completed, 2);
	/* what is known of the request explains more than how the connection ended */
	f->plan.why_unanswered = "too long";
	complete(f, 0, IO_CONNECTED);
	fail_by(f, 0, IO_OP_RECEIVE, ECONNRESET);
	assert_string_equal(f->w.first_why[FAILURE_READ], "too long");
	complete(f, 0, IO_CONNECTED);
	complete(f, 0, IO_EOF);
	assert_int_equal(counts_of(f)->errors[FAILURE_READ], 2);
	fixture_free(f);
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
	    cmocka_unit_test(fastcgi_goes_on_after_end_request),
	    cmocka_unit_test(one_request_a_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
