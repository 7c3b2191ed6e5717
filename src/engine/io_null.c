// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * No input or output at all: every connection opens, and every send is answered with one fixed response. What a run on it
 * reaches is the ceiling of the generator itself, without the kernel.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "engine/io.h"

static const uint8_t answer[] = "HTTP/1.1 200 OK\r\n"
				"Server: null\r\n"
				"Content-Type: text/plain\r\n"
				"Content-Length: 14\r\n"
				"\r\n"
				"hello from io\n";

struct pending {
	uint32_t conn;
	enum io_event_kind kind;
};

struct io_null {
	struct io io;
	/* A ring of two entries a connection: one, and one that its close left behind. */
	struct pending *pending;
	size_t first, len, size;
	bool *open;
};

static struct io_null *null_of(struct io *io)
{
	return (struct io_null *)io; /* its first member */
}

static void enqueue(struct io_null *e, uint32_t conn, enum io_event_kind kind)
{
	if (e->len == e->size)
		abort(); /* a broken invariant of the caller: two operations at once on a connection */
	e->pending[(e->first + e->len++) % e->size] = (struct pending){.conn = conn, .kind = kind};
}

static void null_connect(struct io *io, uint32_t conn, const struct addr *to)
{
	(void)to;
	null_of(io)->open[conn] = true;
	enqueue(null_of(io), conn, IO_CONNECTED);
}

static void null_send(struct io *io, uint32_t conn, const uint8_t *data, size_t len)
{
	(void)data;
	(void)len;
	enqueue(null_of(io), conn, IO_DATA);
}

static bool null_sending(struct io *io, uint32_t conn)
{
	(void)io;
	(void)conn;
	return false;
}

static void null_close(struct io *io, uint32_t conn, bool reset)
{
	(void)reset;
	null_of(io)->open[conn] = false;
}

static int null_wait(struct io *io, int64_t until_ns)
{
	if (!null_of(io)->len)
		clock_sleep_until(until_ns);
	return 0;
}

static bool null_next(struct io *io, struct io_event *event)
{
	struct io_null *e = null_of(io);

	while (e->len) {
		struct pending p = e->pending[e->first];

		e->first = (e->first + 1) % e->size;
		e->len--;
		if (!e->open[p.conn])
			continue;
		*event = (struct io_event){
		    .kind = p.kind, .conn = p.conn, .data = answer, .len = sizeof(answer) - 1};
		return true;
	}
	return false;
}

static void null_free(struct io *io)
{
	free(null_of(io)->pending);
	free(null_of(io)->open);
	free(io);
}

static const struct io_ops null_ops = {
    .name = "null",
    .connect = null_connect,
    .send = null_send,
    .sending = null_sending,
    .close = null_close,
    .wait = null_wait,
    .next = null_next,
    .free = null_free,
};

int io_null_new(struct io **io, unsigned n_conns, struct err *err)
{
	struct io_null *e = calloc(1, sizeof(*e));

	if (!e)
		return err_set(err, -ENOMEM, "out of memory");
	e->io.ops = &null_ops;
	e->size = 2 * (size_t)n_conns;
	e->pending = calloc(e->size, sizeof(*e->pending));
	e->open = calloc(n_conns, sizeof(*e->open));
	if (!e->pending || !e->open) {
		null_free(&e->io);
		return err_set(err, -ENOMEM, "out of memory");
	}
	*io = &e->io;
	return 0;
}
