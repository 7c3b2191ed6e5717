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
	case 200: return "OK";
	case 400: return "Bad Request";
	case 404: return "Not Found";
	case 500: return "Internal Server Error";
	case 503: return "Service Unavailable";
	default: return "Status";
	}
}

static uint64_t sum(const struct server *server, size_t offset)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < server->n_threads; i++) {
		const char *served = (const char *)&server->threads[i].served;

		total += atomic_load_explicit((const atomic_uint_fast64_t *)(served + offset), memory_order_relaxed);
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
static void delay(struct server_thread *t, struct peer *peer, int64_t due_ns, const uint8_t *bytes, size_t len, bool close)
{
	struct late *late = malloc(sizeof(*late) + len);
	struct late *before;

	if (!late)
		abort();
	*late = (struct late){.due_ns = due_ns, .peer = peer, .close = close, .len = len};
	memcpy(late->bytes, bytes, len);
	for (before = t->late_last; before && before->due_ns > due_ns && before->peer != peer; before = before->previous)
		;
	if (before && before->due_ns > due_ns)
		late->due_ns = before->due_ns;
	late->previous = before;
	late->next = before ? before->next : t->late_first;
	*(late->next ? &late->next->previous : &t->late_last) = late;
	*(before ? &before->next : &t->late_first) = late;
	peer->n_late++;
}

/* Writes head and body at `out`, which has room for both: the length. */
static size_t compose(
    uint8_t *out, unsigned status, const char *type, const uint8_t *body, size_t len, bool reusable, bool is_head)
{
	int n = snprintf((char *)out, HEAD_MAX, "HTTP/1.1 %u %s\r\nServer: maxq\r\nContent-Type: %s\r\n%sContent-Length: %zu\r\n\r\n",
	    status, reason(status), type, reusable ? "" : "Connection: close\r\n", len);

	if (is_head)
		return (size_t)n;
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

static bool is_plain_hello(const struct http1_request *request)
{
	return request->target_len == 6 && !memcmp(request->target, "/hello", 6) && request->reusable && !request->is_head;
}

void respond_init(struct server *server)
{
	uint8_t body[ANSWER_MAX];
	const char *type;
	int len;

	answers_init(&server->answers);
	len = answer(&server->answers, "/hello", 6, body, &type);
	server->hello_len = compose(server->hello, 200, type, body, (size_t)len, true, false);
}

void respond_to(struct server_thread *t, struct peer *peer)
{
	const struct http1_request *request = &peer->request;
	uint8_t body[ANSWER_MAX], *out = room(t, peer);
	const char *type = "text/plain";
	struct fate fate = {0};
	unsigned status = 200;
	size_t size;
	int len;

	if (!t->server->faulty && is_plain_hello(request)) {
		served_add(&t->served.requests, 1);
		memcpy(out, t->server->hello, t->server->hello_len);
		t->out_len += t->server->hello_len;
		return;
	}
	if (request->target_len == 6 && !memcmp(request->target, "/stats", 6)) {
		len = stats(t->server, body);
		type = "application/json";
	} else {
		served_add(&t->served.requests, 1);
		if (t->server->faulty)
			fate = next_fate(t->server);
		len = answer(&t->server->answers, request->target, request->target_len, body, &type);
	}
	if (len < 0) {
		status = 404;
		len = snprintf((char *)body, sizeof(body), "not found: try /hello, /render_name, /render_table, /lookup or /stats\n");
	}
	if (fate.status) {
		status = fate.status;
		len = snprintf((char *)body, sizeof(body), "status %u as asked\n", status);
	}
	peer->closing = !request->reusable || fate.close || fate.truncate;
	size = fate.close ? 0 : compose(out, status, type, body, (size_t)len, request->reusable, request->is_head);
	if (fate.truncate)
		size -= request->is_head ? size / 2 : (size_t)(len + 1) / 2;
	send_answer(t, peer, size, fate.delay_ns);
}

void respond_bad(struct server_thread *t, struct peer *peer)
{
	static const uint8_t body[] = "bad request\n";
	uint8_t *out = room(t, peer);

	peer->closing = true;
	send_answer(t, peer, compose(out, 400, "text/plain", body, sizeof(body) - 1, false, false), 0);
}
