// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * No input or output at all: every connection opens, and every send is answered with one fixed response. What a run on it
 * reaches is the ceiling of the generator itself, without the kernel.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/io.h"

static const uint8_t answer[] = "HTTP/1.1 200 OK\r\n"
				"Server: null\r\n"
				"Content-Type: text/plain\r\n"
				"Content-Length: 14\r\n"
				"\r\n"
				"hello from io\n";

enum { ANSWER_LEN = sizeof(answer) - 1, ANSWERS_AT_ONCE = 64 };

struct pending {
	uint32_t conn;
	enum io_event_kind kind;
	uint32_t answers; /* still to come, of IO_DATA */
};

struct io_null {
	struct io io;
	/* A ring of four entries a connection: opened and answered, and the same that its close left behind. */
	struct pending *pending;
	size_t first, len, size;
	bool *open;
	uint8_t answers[ANSWERS_AT_ONCE * ANSWER_LEN];
};

static struct io_null *null_of(struct io *io)
{
	return (struct io_null *)io; /* its first member */
}

static void enqueue(struct io_null *e, uint32_t conn, enum io_event_kind kind, size_t answers)
{
	if (e->len == e->size)
		abort(); /* a broken invariant of the caller: two operations at once on a connection */
	e->pending[(e->first + e->len++) % e->size] =
	    (struct pending){.conn = conn, .kind = kind, .answers = (uint32_t)answers};
}

static void null_send(struct io *io, uint32_t conn, const uint8_t *data, size_t len)
{
	(void)data;
	enqueue(null_of(io), conn, IO_DATA, io->spec.request_len ? len / io->spec.request_len : 1);
}

static void null_connect(struct io *io, uint32_t conn, const struct io_open *open)
{
	null_of(io)->open[conn] = true;
	enqueue(null_of(io), conn, IO_CONNECTED, 0);
	if (open->len)
		null_send(io, conn, open->data, open->len);
}

static bool null_sending(struct io *io, uint32_t conn)
{
	(void)io;
	(void)conn;
	return false;
}

static void null_close(struct io *io, uint32_t conn)
{
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
		struct pending *p = &e->pending[e->first];
		uint32_t n = p->answers < ANSWERS_AT_ONCE ? p->answers : ANSWERS_AT_ONCE;

		*event = (struct io_event){
		    .kind = p->kind, .conn = p->conn, .data = e->answers, .len = n * (size_t)ANSWER_LEN};
		p->answers -= n;
		if (!p->answers || !e->open[event->conn]) {
			e->first = (e->first + 1) % e->size;
			e->len--;
		}
		if (e->open[event->conn])
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
    .connect = null_connect,
    .send = null_send,
    .sending = null_sending,
    .close = null_close,
    .wait = null_wait,
    .next = null_next,
    .free = null_free,
};

int io_null_new(struct io **io, const struct io_spec *spec, struct err *err)
{
	struct io_null *e = calloc(1, sizeof(*e));

	if (!e)
		return err_set(err, -ENOMEM, "out of memory");
	e->io.ops = &null_ops;
	e->size = 4 * (size_t)spec->n_conns;
	e->pending = calloc(e->size, sizeof(*e->pending));
	e->open = calloc(spec->n_conns, sizeof(*e->open));
	if (!e->pending || !e->open) {
		null_free(&e->io);
		return err_set(err, -ENOMEM, "out of memory");
	}
	for (int i = 0; i < ANSWERS_AT_ONCE; i++)
		memcpy(e->answers + (size_t)i * ANSWER_LEN, answer, ANSWER_LEN);
	*io = &e->io;
	return 0;
}
