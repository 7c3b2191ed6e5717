// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "skeleton/server.h"

enum { HEAD_MAX = 256 };

static const char *reason(unsigned status)
{
	switch (status) {
	case 200:
		return "OK";
	case 400:
		return "Bad Request";
	case 404:
		return "Not Found";
	case 500:
		return "Internal Server Error";
	case 503:
		return "Service Unavailable";
	default:
		return "Status";
	}
}

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

/* Of a response to HTTP/1.0, which wants to be told that the connection stays (RFC 9112 9.3), and of the last one. */
static const char *connection_field(const struct http1_request *request)
{
	if (!request->reusable)
		return "Connection: close\r\n";
	return request->minor_zero ? "Connection: keep-alive\r\n" : "";
}

/* Writes head and body at `out`, which has room for both: the length. */
static size_t compose(
    uint8_t *out, unsigned status, const char *type, const char *connection, const uint8_t *body, size_t len)
{
	int n = snprintf((char *)out, HEAD_MAX,
	    "HTTP/1.1 %u %s\r\nServer: maxq\r\nContent-Type: %s\r\n%sContent-Length: %zu\r\n\r\n", status,
	    reason(status), type, connection, len);

	memcpy(out + n, body, len);
	return (size_t)n + len;
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
	if (t->out_len + HEAD_MAX + ANSWER_MAX > sizeof(t->out))
		peer_flush(t, peer);
	return t->out + t->out_len;
}

static bool is_target(const struct http1_request *request, const char *target)
{
	return request->target_len == strlen(target) && !memcmp(request->target, target, request->target_len);
}

/* True for what `hello` is the whole response to. */
static bool is_prepared(const struct http1_request *request)
{
	return is_target(request, "/hello") && request->reusable && !request->minor_zero && !request->is_head;
}

void respond_init(struct server *server)
{
	uint8_t body[ANSWER_MAX];
	const char *type;
	int len;

	answers_init(&server->answers);
	len = answer(&server->answers, "/hello", strlen("/hello"), body, &type);
	server->hello_len = compose(server->hello, 200, type, "", body, (size_t)len);
}

/* Does the work that was asked for: the status, with the body and its length. */
static unsigned work(const struct server *server, const struct http1_request *request,
    const struct fate *fate, uint8_t *body, size_t *body_len, const char **type)
{
	unsigned status = 200;
	int len;

	*type = "text/plain";
	if (fate->status) {
		status = fate->status;
		len = snprintf((char *)body, ANSWER_MAX, "status %u as asked\n", status);
	} else if (is_target(request, "/stats")) {
		len = stats(server, body);
		*type = "application/json";
	} else {
		len = answer(&server->answers, request->target, request->target_len, body, type);
	}
	if (len < 0) {
		status = 404;
		len = snprintf((char *)body, ANSWER_MAX,
		    "not found: try /hello, /render_name, /render_table, /lookup or /stats\n");
	}
	*body_len = (size_t)len;
	return status;
}

void respond_to(struct server_thread *t, struct peer *peer)
{
	const struct http1_request *request = &peer->request;
	uint8_t body[ANSWER_MAX], *out = room(t, peer);
	size_t body_len, size = 0;
	struct fate fate = {0};
	const char *type;
	unsigned status;

	if (!is_target(request, "/stats")) {
		served_add(&t->served.requests, 1);
		if (t->server->faulty)
			fate = next_fate(t->server);
	}
	if (!t->server->faulty && is_prepared(request)) {
		memcpy(out, t->server->hello, t->server->hello_len);
		t->out_len += t->server->hello_len;
		return;
	}
	peer->closing = !request->reusable || fate.close || fate.truncate;
	if (!fate.close) {
		status = work(t->server, request, &fate, body, &body_len, &type);
		size = compose(out, status, type, connection_field(request), body, body_len);
		if (request->is_head)
			size -= body_len;
		if (fate.truncate)
			size -= request->is_head ? size / 2 : (body_len + 1) / 2;
	}
	send_answer(t, peer, size, fate.delay_ns);
}

void respond_bad(struct server_thread *t, struct peer *peer)
{
	static const uint8_t body[] = "bad request\n";
	uint8_t *out = room(t, peer);

	peer->closing = true;
	send_answer(
	    t, peer, compose(out, 400, "text/plain", "Connection: close\r\n", body, sizeof(body) - 1), 0);
}
