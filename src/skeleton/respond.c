// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "skeleton/message.h"
#include "skeleton/server.h"

static uint64_t sum(const struct server *server, size_t offset)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < server->n_threads; i++) {
		const char *served = (const char *)&server->threads[i].served;

		total += atomic_load_explicit(
		    (const atomic_uint_fast64_t *)(served + offset), memory_order_relaxed);
	}
	return total;
}

static int stats(const struct server *server, uint8_t *body)
{
	return snprintf((char *)body, ANSWER_MAX,
	    "{\"requests\": %llu, \"connections\": %llu, \"bytes_in\": %llu, \"bytes_out\": %llu}\n",
	    (unsigned long long)sum(server, offsetof(struct served, requests)),
	    (unsigned long long)sum(server, offsetof(struct served, connections)),
	    (unsigned long long)sum(server, offsetof(struct served, bytes_in)),
	    (unsigned long long)sum(server, offsetof(struct served, bytes_out)));
}

void serve_totals(const struct server *server, struct serve_totals *totals)
{
	totals->requests = sum(server, offsetof(struct served, requests));
	totals->connections = sum(server, offsetof(struct served, connections));
}

/* In order of time, behind what is due at the same moment, and never before an earlier answer to the same peer. */
static void delay(
    struct server_thread *t, struct peer *peer, int64_t due_ns, const uint8_t *bytes, size_t len, bool close)
{
	struct late *late = malloc(sizeof(*late) + len);
	struct late *before;

	if (!late)
		abort();
	*late = (struct late){.due_ns = due_ns, .peer = peer, .close = close, .len = len};
	memcpy(late->bytes, bytes, len);
	before = TAILQ_LAST(&t->late, late_queue);
	while (before && before->due_ns > due_ns && before->peer != peer)
		before = TAILQ_PREV(before, late_queue, entry);
	if (before && before->due_ns > due_ns)
		late->due_ns = before->due_ns;
	if (before)
		TAILQ_INSERT_AFTER(&t->late, before, late, entry);
	else
		TAILQ_INSERT_HEAD(&t->late, late, entry);
	peer->n_late++;
}

/* Sends the answer that lies at the end of `out`, now or later. */
static void send_answer(struct server_thread *t, struct peer *peer, size_t len, int64_t delay_ns)
{
	bool close = peer->closing;

	if (delay_ns || peer->n_late) {
		/* it closes when its turn to be sent comes */
		peer->closing = false;
		delay(t, peer, clock_ns() + delay_ns, t->out + t->out_len, len, close);
		return;
	}
	t->out_len += len; /* where it was composed */
}

static struct fate next_fate(struct server *server)
{
	uint64_t nth = atomic_fetch_add(&server->nth, 1) + 1;
	int64_t never = 0;

	if (nth == 1)
		atomic_compare_exchange_strong(&server->first_request_ns, &never, clock_ns());
	if (server->options.faults.burn_ns)
		faults_burn(server->options.faults.burn_ns);
	return faults_fate(&server->options.faults, nth);
}

/* Makes room for one more answer in `out`. */
static uint8_t *room(struct server_thread *t, struct peer *peer)
{
	if (t->out_len + MESSAGE_MAX > sizeof(t->out))
		peer_flush(t, peer);
	return t->out + t->out_len;
}

static bool is_target(const struct request *request, const char *target)
{
	return request->target_len == strlen(target) && !memcmp(request->target, target, request->target_len);
}

/* True for what `hello` is the whole response to; by http, the last one on a connection says so. */
static bool is_prepared(const struct request *request)
{
	if (!is_target(request, "/hello") || request->is_head)
		return false;
	switch (request->protocol) {
	case PROTOCOL_HTTP:
		return request->reusable && !request->of.http1.minor_zero;
	case PROTOCOL_FASTCGI:
		return request->of.fastcgi.id == FASTCGI_REQUEST_ID;
	default:
		return true;
	}
}

void respond_init(struct server *server)
{
	struct request request = {.protocol = server->options.protocol, .reusable = true};
	uint8_t body[ANSWER_MAX], out[MESSAGE_MAX];
	struct message m = {.status = 200, .body = body};

	if (request.protocol == PROTOCOL_FASTCGI)
		request.of.fastcgi.id = FASTCGI_REQUEST_ID;
	answers_init(&server->answers);
	m.body_len = (size_t)answer(&server->answers, "/hello", strlen("/hello"), body, &m.type);
	server->hello_len = message_compose(out, &request, &m);
	memcpy(server->hello, out, server->hello_len);
}

/* Does the work that was asked for, with its body in `body`. */
static void work(const struct server *server, const struct request *request, const struct fate *fate,
    uint8_t *body, struct message *m)
{
	int len;

	*m = (struct message){.status = 200, .type = "text/plain", .body = body, .cut = fate->truncate};
	if (fate->status) {
		m->status = fate->status;
		len = snprintf((char *)body, ANSWER_MAX, "status %u as asked\n", m->status);
	} else if (is_target(request, "/stats")) {
		len = stats(server, body);
		m->type = "application/json";
	} else {
		len = answer(&server->answers, request->target, request->target_len, body, &m->type);
	}
	if (len < 0) {
		m->status = 404;
		len = snprintf((char *)body, ANSWER_MAX,
		    "not found: try /hello, /render_name, /render_table, /lookup or /stats\n");
	}
	m->body_len = (size_t)len;
}

void respond_to(struct server_thread *t, struct peer *peer)
{
	const struct request *request = &peer->request;
	uint8_t body[ANSWER_MAX], *out = room(t, peer);
	struct fate fate = {0};
	struct message m;
	size_t size = 0;

	if (!is_target(request, "/stats")) {
		served_add(&t->served.requests, 1);
		if (t->server->faulty)
			fate = next_fate(t->server);
	}
	peer->closing = !request->reusable || fate.close || fate.truncate;
	if (!t->server->faulty && is_prepared(request)) {
		memcpy(out, t->server->hello, t->server->hello_len);
		t->out_len += t->server->hello_len;
		return;
	}
	if (!fate.close) {
		work(t->server, request, &fate, body, &m);
		size = message_compose(out, request, &m);
	}
	send_answer(t, peer, size, fate.delay_ns);
}

void respond_bad(struct server_thread *t, struct peer *peer)
{
	uint8_t *out = room(t, peer);

	peer->closing = true;
	send_answer(t, peer, message_refuse(out, &peer->request), 0);
}
