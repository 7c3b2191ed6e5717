// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/conn_testing.h"

#include <stdio.h>
#include <stdlib.h>

static struct fixture *fixture_of(struct io *io)
{
	return (struct fixture *)((char *)io - offsetof(struct fixture, io));
}

static void note(struct io *io, const char *call, uint32_t conn)
{
	struct fixture *f = fixture_of(io);
	size_t len = strlen(f->calls);
	char number[12] = "";

	if (f->plan.clients > 1)
		snprintf(number, sizeof(number), "%u", conn);
	snprintf(f->calls + len, sizeof(f->calls) - len, "%s%s%s", len ? " " : "", call, number);
}

/* What goes out by opening is noted with the length that it has in requests. */
static void scripted_connect(struct io *io, uint32_t conn, const struct io_open *open)
{
	note(io, "connect", conn);
	fixture_of(io)->sent += open->len;
	if (open->len)
		note(io, "send", conn);
}

static void scripted_send(struct io *io, uint32_t conn, const uint8_t *data, size_t len)
{
	(void)data;
	fixture_of(io)->sent += len;
	note(io, "send", conn);
}

static bool scripted_sending(struct io *io, uint32_t conn)
{
	(void)conn;
	return fixture_of(io)->sending;
}

static void scripted_close(struct io *io, uint32_t conn)
{
	note(io, "close", conn);
}

static const struct io_ops scripted_ops = {
    .connect = scripted_connect,
    .send = scripted_send,
    .sending = scripted_sending,
    .close = scripted_close,
};

struct fixture *fixture_new(unsigned clients, bool keepalive, uint64_t requests)
{
	return fixture_new_open(clients, keepalive, 0, requests);
}

struct fixture *fixture_new_open(unsigned clients, bool keepalive, uint64_t rate, uint64_t requests)
{
	struct fixture *f = aligned_alloc(64, sizeof(*f));

	assert_non_null(f);
	memset(f, 0, sizeof(*f));
	f->plan = (struct load_plan){.request = (const uint8_t *)"GET",
	    .request_len = 3,
	    .pipeline = 1,
	    .keepalive = keepalive,
	    .clients = clients,
	    .threads = 1,
	    .rate = rate,
	    .timeout_ns = NS_PER_S,
	    .window_ns = NS_PER_S,
	    .duration_ns = CLOCK_NEVER,
	    .io = IO_KIND_NULL};
	assert_int_equal(worker_init(&f->w, &f->plan, &f->control, clients, requests, -1, NULL), 0);
	io_free(f->w.io);
	f->io.ops = &scripted_ops;
	f->w.io = &f->io;
	return f;
}

void fixture_free(struct fixture *f)
{
	const struct counts *c = counts_of(f);
	uint64_t in_flight = 0;

	for (unsigned i = 0; i < f->plan.clients; i++)
		in_flight += f->w.conns[i].in_flight;
	assert_int_equal(c->started, c->completed + counts_errors(c) + in_flight);
	assert_int_equal(f->w.latency->count, c->completed);
	f->w.io = NULL;
	worker_release(&f->w);
	free(f);
}

struct counts *counts_of(struct fixture *f)
{
	return &f->w.part->counts;
}

void expect_calls(struct fixture *f, const char *calls)
{
	assert_string_equal(f->calls, calls);
	*f->calls = '\0';
}

void complete(struct fixture *f, uint32_t conn, enum io_event_kind kind)
{
	conn_handle(&f->w, &(struct io_event){.kind = kind, .conn = conn});
}

void fail_by(struct fixture *f, uint32_t conn, enum io_operation op, int error)
{
	conn_handle(&f->w, &(struct io_event){.kind = IO_FAILED, .conn = conn, .failed = op, .error = error});
}

void receive_bytes(struct fixture *f, uint32_t conn, const void *data, size_t len)
{
	conn_handle(&f->w, &(struct io_event){.kind = IO_DATA, .conn = conn, .data = data, .len = len});
}

void receive(struct fixture *f, uint32_t conn, const char *text)
{
	receive_bytes(f, conn, text, strlen(text));
}
