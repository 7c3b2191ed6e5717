// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/conn.h"

#include "base/clock.h"
#include "engine/worker.h"

enum {
	/* Pauses double from 1 ms with every failure in a row, up to 128 ms. */
	PAUSE_DOUBLINGS_MAX = 7,
};

static struct conn *conn_at(struct worker *w, uint32_t i)
{
	return &w->conns[i];
}

static struct counts *counts_of(struct worker *w)
{
	return &w->part->counts;
}

static void close_conn(struct worker *w, uint32_t i)
{
	struct conn *c = conn_at(w, i);

	io_close(w->io, i, w->plan->reset);
	c->state = CONN_CLOSED;
	c->unasked = false;
}

static void open_conn(struct worker *w, uint32_t i)
{
	struct conn *c = conn_at(w, i);

	c->state = CONN_CONNECTING;
	worker_set_due(w, i, w->now_ns + w->plan->timeout_ns);
	io_connect(w->io, i, &w->plan->addr);
}

static void finish(struct worker *w, uint32_t i)
{
	struct conn *c = conn_at(w, i);

	if (c->state != CONN_CLOSED && c->state != CONN_PAUSED)
		close_conn(w, i);
	c->state = CONN_FINISHED;
	w->due_ns[i] = CLOCK_NEVER;
	w->n_live--;
}

/* The pause before a client tries again: none after a single failure in an established conversation. */
static int64_t pause_ns(const struct conn *c, enum failure failure)
{
	int doublings = failure == FAILURE_CONNECT ? c->failures - 1 : c->failures - 2;

	if (doublings < 0)
		return 0;
	return NS_PER_MS << (doublings < PAUSE_DOUBLINGS_MAX ? doublings : PAUSE_DOUBLINGS_MAX);
}

/* What a client without a connection does next. */
static void try_again(struct worker *w, uint32_t i)
{
	if (w->setting_up)
		conn_set_up(w, i);
	else
		conn_turn(w, i);
}

static void note_first(struct worker *w, enum failure failure, int error, const char *why)
{
	if (!w->first_error[failure] && !w->first_why[failure]) {
		w->first_error[failure] = error;
		w->first_why[failure] = why;
	}
}

/* The connection is of no more use, and with it the request that it carried, if there is one. */
static void fail(struct worker *w, uint32_t i, enum failure failure, int error, const char *why)
{
	struct conn *c = conn_at(w, i);
	int64_t pause;

	close_conn(w, i);
	/* what went wrong before the load began may have been mended since, and is nobody's error */
	if (c->requested) {
		note_first(w, failure, error, why);
		counts_of(w)->errors[failure]++;
	}
	c->requested = false;
	if (c->failures < UINT8_MAX)
		c->failures++;
	pause = pause_ns(c, failure);
	if (w->stopping || !pause) {
		try_again(w, i);
		return;
	}
	c->state = CONN_PAUSED;
	worker_set_due(w, i, w->now_ns + pause);
}

static void send_request(struct worker *w, uint32_t i)
{
	struct conn *c = conn_at(w, i);

	if (c->unasked) {
		fail(w, i, FAILURE_PROTOCOL, 0, "bytes without a request");
		return;
	}
	c->state = CONN_AWAITING;
	response_begin(&c->response, w->plan->protocol, w->plan->is_head, &w->plan->body);
	counts_of(w)->bytes_out += w->plan->request_len;
	io_send(w->io, i, w->plan->request, w->plan->request_len);
}

void conn_set_up(struct worker *w, uint32_t i)
{
	open_conn(w, i);
}

void conn_turn(struct worker *w, uint32_t i)
{
	struct conn *c = conn_at(w, i);

	if (w->stopping || w->now_ns >= w->stop_ns || !pace_take(&w->pace)) {
		finish(w, i);
		return;
	}
	c->requested = true;
	c->started_ns = w->now_ns;
	counts_of(w)->started++;
	worker_set_due(w, i, w->now_ns + w->plan->timeout_ns);
	if (c->state == CONN_READY)
		send_request(w, i);
	else if (c->state != CONN_CONNECTING) /* which set-up began */
		open_conn(w, i);
}

/* A whole response: judge it, then the client's next turn. */
static void respond(struct worker *w, uint32_t i, bool more_bytes)
{
	struct conn *c = conn_at(w, i);
	const struct response *r = &c->response;
	const struct load_plan *plan = w->plan;

	if (more_bytes) {
		fail(w, i, FAILURE_PROTOCOL, 0, "bytes beyond the end of a response");
		return;
	}
	w->status[r->status]++;
	if (plan->expect_status ? r->status != plan->expect_status : r->status >= 400) {
		counts_of(w)->errors[FAILURE_STATUS]++;
	} else if (!body_matches(response_body(r))) {
		counts_of(w)->errors[FAILURE_MISMATCH]++;
	} else {
		counts_of(w)->completed++;
		hist_record(w->latency, (uint64_t)(w->now_ns - c->started_ns));
	}
	c->requested = false;
	c->failures = 0;
	if (plan->keepalive && r->reusable && !io_sending(w->io, i))
		c->state = CONN_READY;
	else
		close_conn(w, i);
	conn_turn(w, i);
}

static void handle_connected(struct worker *w, uint32_t i)
{
	struct conn *c = conn_at(w, i);

	counts_of(w)->connections++;
	if (c->requested) {
		send_request(w, i);
		return;
	}
	/* `failures` stays: a server that accepts and then closes at once is not to be hammered either */
	c->state = CONN_READY;
	w->due_ns[i] = CLOCK_NEVER;
	w->set_up_done++;
}

static void handle_data(struct worker *w, uint32_t i, const uint8_t *data, size_t len)
{
	struct conn *c = conn_at(w, i);
	size_t used;

	counts_of(w)->bytes_in += len;
	if (!c->requested) {
		c->unasked = true;
		return;
	}
	switch (response_feed(&c->response, data, len, &used)) {
	case CODEC_MORE:
		return;
	case CODEC_DONE:
		respond(w, i, used < len);
		return;
	case CODEC_BAD:
		fail(w, i, FAILURE_PROTOCOL, 0, c->response.why_bad);
	}
}

/* The peer closed, in order (error 0) or by a reset. */
static void handle_close(struct worker *w, uint32_t i, int error)
{
	struct conn *c = conn_at(w, i);
	enum codec_result ended;

	if (!c->requested) {
		w->set_up_done--;
		fail(w, i, FAILURE_READ, error, error ? NULL : "closed without a request");
		return;
	}
	ended = response_eof(&c->response);
	if (!error && ended == CODEC_DONE)
		respond(w, i, false);
	else if (c->response.begun)
		fail(w, i, FAILURE_TRUNCATED, error, error ? NULL : c->response.why_bad);
	else if (w->plan->why_unanswered)
		fail(w, i, FAILURE_READ, 0, w->plan->why_unanswered);
	else
		fail(w, i, FAILURE_READ, error, error ? NULL : c->response.why_bad);
}

void conn_handle(struct worker *w, const struct io_event *event)
{
	uint32_t i = event->conn;

	worker_tick(w);
	switch (event->kind) {
	case IO_CONNECTED:
		handle_connected(w, i);
		return;
	case IO_DATA:
		handle_data(w, i, event->data, event->len);
		return;
	case IO_EOF:
		handle_close(w, i, 0);
		return;
	case IO_FAILED:
		if (event->failed == IO_OP_CONNECT)
			fail(w, i, FAILURE_CONNECT, event->error, NULL);
		else if (event->failed == IO_OP_SEND)
			fail(w, i, FAILURE_WRITE, event->error, NULL);
		else
			handle_close(w, i, event->error);
	}
}

void conn_due(struct worker *w, uint32_t i)
{
	w->due_ns[i] = CLOCK_NEVER;
	if (conn_at(w, i)->state == CONN_PAUSED)
		try_again(w, i);
	else
		fail(w, i, FAILURE_TIMEOUT, 0, NULL);
}
