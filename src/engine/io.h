// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How the engine does input and output: operations are submitted on numbered connections, and their completions are
 * reaped one by one. io_uring works like that by nature; epoll imitates it.
 *
 * Invariants:
 * - A submission goes out by the next io_wait at the latest, and never completes inside its own call: what became of it
 *   comes out of io_next.
 * - A connection that is open receives all the time; whatever arrives comes as IO_DATA, the peer's close as IO_EOF.
 * - A send is silent when it succeeds: one IO_FAILED if it does not.
 * - After io_close, nothing is heard of that connection until it is connected anew.
 * One thread uses an io; nothing is allocated after io_new.
 */
#ifndef MAXQ_ENGINE_IO_H
#define MAXQ_ENGINE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

enum io_kind {
	IO_KIND_AUTO, /* no engine: io_choose makes one of the others of it */
	IO_KIND_EPOLL,
	IO_KIND_POLL,  /* tries without waiting where that pays: few connections, mostly ready */
	IO_KIND_URING, /* where the kernel lets us */
	IO_KIND_NULL,  /* answers by itself, at once: measures the generator */
	IO_KIND_COUNT,
};

enum io_event_kind {
	IO_CONNECTED,
	IO_DATA,   /* data[0..len), valid until the next call of io_next or io_wait */
	IO_EOF,    /* the peer will send no more */
	IO_FAILED, /* `failed` says what, `error` why; the connection is to be closed */
};

enum io_operation { IO_OP_CONNECT, IO_OP_SEND, IO_OP_RECEIVE };

struct io_event {
	enum io_event_kind kind;
	uint32_t conn;
	const uint8_t *data;
	size_t len;
	enum io_operation failed;
	int error; /* a positive errno */
};

/* What all connections of an io have in common. */
struct io_spec {
	unsigned n_conns; /* they are numbered from 0 */
	bool
	    keepalive; /* a hint: they live for many requests, so options that cost a call to set are worth it */
	bool reset;    /* they are closed by RST, which leaves no TIME_WAIT, else by FIN */
	size_t request_len; /* of one request: by it io_null knows how often to answer */
};

/* A connection to be opened. Addresses and data stay valid until it is closed and the next io_wait is over. */
struct io_open {
	const struct addr *to;
	const struct addr *from; /* the local address; NULL: the kernel's choice */
	const uint8_t *data;     /* sent as soon as it is open, as by io_send */
	size_t len;              /* 0: nothing is */
};

struct io;

struct io_ops {
	void (*connect)(struct io *io, uint32_t conn, const struct io_open *open);
	void (*send)(struct io *io, uint32_t conn, const uint8_t *data, size_t len);
	bool (*sending)(struct io *io, uint32_t conn);
	void (*close)(struct io *io, uint32_t conn);
	int (*wait)(struct io *io, int64_t until_ns);
	bool (*next)(struct io *io, struct io_event *event);
	void (*free)(struct io *io);
};

/* The head of every engine's own struct. */
struct io {
	const struct io_ops *ops;
	struct io_spec spec;
};

/* All connections are closed. -ENOTSUP with IO_KIND_AUTO. */
int io_new(struct io **io, enum io_kind kind, const struct io_spec *spec, struct err *err);
void io_free(struct io *io);

/* The kind of that name ("epoll"), or -EINVAL. */
int io_kind_parse(const char *name);
const char *io_kind_name(enum io_kind kind);

/*
 * The engine that is to run: `asked`, or for IO_KIND_AUTO the one that is best with so many connections a thread. Where the
 * kernel does not let us use io_uring it is epoll instead.
 */
enum io_kind io_choose(enum io_kind asked, const struct io_spec *spec);

/* Opens a closed connection: IO_CONNECTED or IO_FAILED follows. */
static inline void io_connect(struct io *io, uint32_t conn, const struct io_open *open)
{
	io->ops->connect(io, conn, open);
}

/* Sends on an open connection that is not sending; `data` stays valid as in struct io_open, or until the response has come. */
static inline void io_send(struct io *io, uint32_t conn, const uint8_t *data, size_t len)
{
	io->ops->send(io, conn, data, len);
}

/*
 * True while a part of what was sent on an open connection has not gone out, and for good when it could not: a peer can
 * answer before it has taken all of a request. Another send would end up in the middle of this one.
 */
static inline bool io_sending(struct io *io, uint32_t conn)
{
	return io->ops->sending(io, conn);
}

/* Closes an open or opening connection. */
static inline void io_close(struct io *io, uint32_t conn)
{
	io->ops->close(io, conn);
}

/* Waits until something has completed or the monotonic time `until_ns`: 0, or negative errno of the engine itself. */
static inline int io_wait(struct io *io, int64_t until_ns)
{
	return io->ops->wait(io, until_ns);
}

/* Takes the next completion, if there is one. */
static inline bool io_next(struct io *io, struct io_event *event)
{
	return io->ops->next(io, event);
}

/* The engines, for io_new. */
int io_epoll_new(struct io **io, const struct io_spec *spec, struct err *err);
int io_poll_new(struct io **io, const struct io_spec *spec, struct err *err);
int io_uring_new(struct io **io, const struct io_spec *spec, struct err *err);
int io_null_new(struct io **io, const struct io_spec *spec, struct err *err);

#endif
