// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/conn.h"

#include <errno.h>

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

	io_close(w->io, i);
	c->state = CONN_CLOSED;
	c->unasked = false;
	c->answered = 0;
}

/* When the oldest of its requests in flight was started, or where that of the `n`th after it stands. */
static int64_t *started_at(struct worker *w, uint32_t i, unsigned n)
{
	unsigned depth = w->plan->pipeline, place = conn_at(w, i)->oldest + n;

	return &w->started_ns[(size_t)i * depth + (place < depth ? place : place - depth)];
}

/* Requests that were sent on this connection and not answered. */
static unsigned awaited(const struct conn *c)
{
	return c->in_flight - c->unsent;
}

static void begin_response(struct worker *w, uint32_t i)
{
	struct response *response = &conn_at(w, i)->response;

	conn_at(w, i)->size = 0;
	response_begin(response, w->plan->protocol, w->plan->is_head, &w->plan->body);
	response_recall(response, &w->memo);
}

/* Requests that wait for the connection go out as soon as it is open. */
static void open_conn(struct worker *w, uint32_t i)
{
	struct conn *c = conn_at(w, i);
	struct io_open open = {.to = &w->plan->addr,
	    .from = w->plan->n_sources ? &w->plan->sources[i % w->plan->n_sources] : NULL,
	    .data = w->plan->request,
	    .len = c->unsent * w->plan->request_len};

	c->state = CONN_CONNECTING;
	c->unsent = 0;
	if (c->in_flight)
		begin_response(w, i);
	else
		worker_set_due(w, i, w->now_ns + w->plan->timeout_ns);
	io_connect(w->io, i, &open);
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

/* The connection is of no more use, and with it the requests that it carried, if there are any. */
static void fail(struct worker *w, uint32_t i, enum failure failure, int error, const char *why)
{
	struct conn *c = conn_at(w, i);
	int64_t pause;

	close_conn(w, i);
	/* what went wrong before the load began may have been mended since, and is nobody's error */
	if (c->in_flight) {
		note_first(w, failure, error, why);
		counts_of(w)->errors[failure] += c->in_flight;
	}
	c->in_flight = c->unsent = 0;
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

/* On an open connection: all that is unsent, or nothing while a part of what was sent before has not gone out. */
static void send_requests(struct worker *w, uint32_t i)
{
	struct conn *c = conn_at(w, i);
	size_t len = c->unsent * w->plan->request_len;

	if (c->unasked) {
		fail(w, i, FAILURE_PROTOCOL, 0, "bytes without a request");
		return;
	}
	if (c->state == CONN_AWAITING) {
		/* then what is sent goes with what is answered next: something is, or the connection is given up */
		if (!c->unsent || io_sending(w->io, i))
			return;
	} else {
		c->state = CONN_AWAITING;
		begin_response(w, i);
	}
	c->unsent = 0;
	counts_of(w)->bytes_out += len;
	io_send(w->io, i, w->plan->request, len);
}

void conn_set_up(struct worker *w, uint32_t i)
{
	open_conn(w, i);
}

/* One more request, if the client may. */
static bool start(struct worker *w, uint32_t i)
{
	struct conn *c = conn_at(w, i);

	if (w->stopping || w->now_ns >= w->stop_ns || !pace_take(&w->pace))
		return false;
	*started_at(w, i, c->in_flight) = w->now_ns;
	c->in_flight++;
	c->unsent++;
	counts_of(w)->started++;
	return true;
}

/* What was started and not sent goes out, on the connection that there is or a new one. */
static void submit(struct worker *w, uint32_t i)
{
	struct conn *c = conn_at(w, i);

	if (c->state == CONN_READY || c->state == CONN_AWAITING)
		send_requests(w, i);
	else if (c->state != CONN_CONNECTING) /* which was begun without a request */
		open_conn(w, i);
}

/* Open loop: the client waits for a request to arrive, with a connection where these are kept. */
static void rest(struct worker *w, uint32_t i)
{
	struct conn *c = conn_at(w, i);

	if (c->state == CONN_PAUSED)
		c->state = CONN_CLOSED;
	if (c->state != CONN_CONNECTING)
		w->due_ns[i] = CLOCK_NEVER;
	if (c->state == CONN_CLOSED && w->plan->keepalive)
		open_conn(w, i);
	if (c->resting)
		return;
	if (!w->n_resting)
		w->rested_ns = w->now_ns;
	c->resting = true;
	w->resting[(w->rest_first + w->n_resting++) % w->n_conns] = i;
}

static uint32_t wake(struct worker *w)
{
	uint32_t i = w->resting[w->rest_first];

	w->rest_first = w->rest_first + 1 < w->n_conns ? w->rest_first + 1 : 0;
	w->n_resting--;
	conn_at(w, i)->resting = false;
	return i;
}

/* The client sends the request that has arrived, which began with its arrival. */
static void start_arrived(struct worker *w, uint32_t i)
{
	struct conn *c = conn_at(w, i);
	int64_t arrived_ns = w->pace.next_ns;
	/* as long as no client was at rest, the delay is not ours */
	int64_t delay_ns = w->now_ns - (arrived_ns > w->rested_ns ? arrived_ns : w->rested_ns);

	pace_advance(&w->pace);
	*started_at(w, i, 0) = arrived_ns;
	c->in_flight = c->unsent = 1;
	counts_of(w)->started++;
	counts_of(w)->send_delay_ns += (uint64_t)delay_ns;
	counts_of(w)->late_sends += delay_ns > PACE_LATE_NS;
	worker_set_due(w, i, w->now_ns + w->plan->timeout_ns);
	submit(w, i);
}

void conn_arrivals(struct worker *w)
{
	while (w->now_ns >= w->pace.next_ns && w->now_ns < w->stop_ns && w->n_resting) {
		uint32_t i = wake(w);

		if (conn_at(w, i)->state == CONN_PAUSED) /* it comes back when that is over */
			continue;
		start_arrived(w, i);
		worker_tick(w); /* to send took its time */
	}
	if (w->pace.next_ns == CLOCK_NEVER) /* that was the last one */
		while (w->n_resting)
			finish(w, wake(w));
}

void conn_turn(struct worker *w, uint32_t i)
{
	struct conn *c = conn_at(w, i);

	while (c->in_flight < w->plan->pipeline && start(w, i))
		;
	if (!c->in_flight) {
		if (w->pace.next_ns != CLOCK_NEVER && !w->stopping)
			rest(w, i);
		else
			finish(w, i);
		return;
	}
	worker_set_due(w, i, *started_at(w, i, 0) + w->plan->timeout_ns);
	submit(w, i);
}

static void note_size(struct worker *w, uint64_t size)
{
	if (size > w->size_max)
		w->size_max = size;
	if (size < w->size_min || !w->size_min)
		w->size_min = size;
}

/* Counts a whole response as what it is; its request has ended. */
static void judge(struct worker *w, uint32_t i)
{
	struct conn *c = conn_at(w, i);
	const struct response *r = &c->response;
	const struct load_plan *plan = w->plan;

	w->status[r->status]++;
	note_size(w, c->size);
	if (plan->expect_status ? r->status != plan->expect_status : r->status >= 400) {
		counts_of(w)->errors[FAILURE_STATUS]++;
	} else if (!body_matches(response_body(r))) {
		counts_of(w)->errors[FAILURE_MISMATCH]++;
	} else {
		int64_t latency_ns = w->now_ns - *started_at(w, i, 0);

		counts_of(w)->completed++;
		if (latency_ns > plan->latency_limit_ns)
			counts_of(w)->late_responses++;
		hist_record(w->latency, (uint64_t)latency_ns);
	}
	c->oldest = c->oldest + 1U < plan->pipeline ? c->oldest + 1 : 0;
	c->in_flight--;
	c->failures = 0;
	if (c->answered < 2)
		c->answered++;
}

/* A whole response, of a connection that may have more: true when it goes on to the next one, else all is done. */
static bool respond(struct worker *w, uint32_t i, bool more_bytes)
{
	struct conn *c = conn_at(w, i);

	if (more_bytes && awaited(c) == 1) {
		fail(w, i, FAILURE_PROTOCOL, 0, "bytes beyond the end of a response");
		return false;
	}
	judge(w, i);
	if (!w->plan->keepalive || !c->response.reusable || (!awaited(c) && io_sending(w->io, i))) {
		close_conn(w, i);
		c->unsent =
		    c->in_flight; /* on a connection that the server has ended: it will not answer them */
		conn_turn(w, i);
		return false;
	}
	if (awaited(c))
		begin_response(w, i);
	else
		c->state = CONN_READY;
	return true;
}

static void handle_connected(struct worker *w, uint32_t i)
{
	struct conn *c = conn_at(w, i);

	counts_of(w)->connections++;
	if (c->in_flight) {
		counts_of(w)->bytes_out += awaited(c) * w->plan->request_len;
		c->state = awaited(c) ? CONN_AWAITING : CONN_READY;
		send_requests(w, i);
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
	enum codec_result rc = CODEC_DONE;
	size_t used;

	counts_of(w)->bytes_in += len;
	if (!c->in_flight) {
		c->unasked = true;
		return;
	}
	while (len && rc == CODEC_DONE) {
		rc = response_feed(&c->response, data, len, &used);
		c->size += used;
		if (rc == CODEC_BAD) {
			fail(w, i, FAILURE_PROTOCOL, 0, c->response.why_bad);
			return;
		}
		data += used;
		len -= used;
		if (rc == CODEC_DONE && !respond(w, i, len > 0))
			return;
	}
	if (c->in_flight < w->plan->pipeline) /* as many as were answered */
		conn_turn(w, i);
}

/* By http a server may close at any time (RFC 9112, section 9.6), but does well to announce it. */
static const char why_closed_after[] =
    "closed after its first response, unannounced; of a server that keeps no connections ask by --no-keepalive";

/* The peer closed, in order (error 0) or by a reset. */
static void handle_close(struct worker *w, uint32_t i, int error)
{
	struct conn *c = conn_at(w, i);
	enum codec_result ended;

	if (!c->in_flight) {
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
	else if (c->answered == 1 && w->plan->protocol == PROTOCOL_HTTP && (!error || error == ECONNRESET))
		fail(w, i, FAILURE_READ, 0, why_closed_after);
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
