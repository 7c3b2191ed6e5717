// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Completions out of readiness: what io_epoll and io_poll share. The sockets and what is done with them is here; how one
 * waits until they are ready, and which of them are looked at, is theirs.
 */
#ifndef MAXQ_ENGINE_IO_READY_H
#define MAXQ_ENGINE_IO_READY_H

#include "engine/io.h"

enum { READY_RECEIVE_SIZE = 64 * 1024 };

struct ready_slot {
	int fd; /* -1: closed */
	/* Tells the events of this connection from those of the one that had its number before. */
	uint32_t generation;
	bool is_unix;
	bool connecting;
	bool send_failed;
	const uint8_t *unsent; /* what the socket has not taken yet; while connecting, what waits for that */
	size_t unsent_len;
};

/* What completed inside a submission, to be told by io_next. */
struct ready_queued {
	uint32_t conn, generation;
	enum io_event_kind kind;
	enum io_operation failed;
	int error;
};

struct io_ready {
	struct io io;
	/*
	 * Has to wait for a socket: `opened` when it was just opened (for reading, and for its connection as long as it is
	 * connecting), else because it did not take all that is unsent. 0 or negative errno.
	 */
	int (*watch)(struct io_ready *r, uint32_t conn, bool opened);
	void (*forget)(
	    struct io_ready *r, uint32_t conn); /* before its socket is closed; NULL: nothing to do */
	unsigned n_conns;
	struct ready_slot *slots;
	/* A ring. A connection has two entries at most, opened and then failed, besides those that a close made stale. */
	struct ready_queued *queue;
	size_t queue_first, queue_len, queue_size;
	uint8_t received[READY_RECEIVE_SIZE];
};

/* Its two arrays; *r is zero but for the functions. Release also what is half initialised. */
int ready_init(struct io_ready *r, unsigned n_conns);
void ready_release(struct io_ready *r);

/* For struct io_ops, as they are. */
void ready_connect(struct io *io, uint32_t conn, const struct io_open *open);
void ready_send(struct io *io, uint32_t conn, const uint8_t *data, size_t len);
bool ready_sending(struct io *io, uint32_t conn);
void ready_close(struct io *io, uint32_t conn);

/* Takes what completed inside a submission, if anything did. */
bool ready_next_queued(struct io_ready *r, struct io_event *event);

/* A connecting socket became ready, perhaps with an error: fills the event, and sends what waited for it. */
void ready_finish_connect(struct io_ready *r, bool with_error, struct io_event *event);

/* Sends what is unsent, as far as the socket takes it. */
void ready_push(struct io_ready *r, uint32_t conn);

/* One receive on event->conn: true with an event, false when there was nothing. */
bool ready_receive(struct io_ready *r, struct io_event *event);

static inline struct io_ready *ready_of(struct io *io)
{
	return (struct io_ready *)io; /* its first member */
}

#endif
