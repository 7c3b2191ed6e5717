// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the two halves of the io_uring engine share: io_uring_setup.c makes and frees it, io_uring.c runs it.
 *
 * The kernel and we share two rings of submissions and completions, and with keep-alive a ring of buffers that it receives into;
 * a buffer is ours from its completion until uring_give_back.
 */
#ifndef MAXQ_ENGINE_IO_URING_H
#define MAXQ_ENGINE_IO_URING_H

#include <liburing.h>

#include "engine/io.h"

enum {
	/* The most submissions that must not be parted, and a close with its cancel. */
	URING_CHAIN = 4,
	/* Of buffers; there is one. */
	URING_GROUP = 0,
};

/* Of a connection. */
struct uring_slot {
	int fd; /* -1: none */
	/* Tells completions of this connection from those of the one that had its number before. */
	uint32_t generation;
	/* Bits by enum op of io_uring.c: those that have not completed; of a kind there is one at most. */
	uint8_t under_way;
	bool direct;    /* no fd, but the direct descriptor of the connection's number */
	bool receiving; /* a receive is under way */
	bool send_failed;
	const uint8_t *unsent;
	size_t unsent_len;
};

/* One worker's. */
struct io_uring_engine {
	struct io io;
	struct io_uring ring;
	bool ring_ready, enabled;
	struct uring_slot *slots;
	unsigned n_conns;
	struct io_uring_buf_ring *buf_ring;
	size_t buf_ring_size;
	uint8_t *buffers;
	unsigned n_buffers;
	size_t buffer_size;
	int held; /* the buffer that the last event lies in, or -1 */
	/* That event's connection, if it has to receive anew unless it is closed meanwhile. */
	bool rearm;
	uint32_t rearm_conn, rearm_generation;
	/* Not from the kernel: one that an event made two of, or a submission that failed at once. */
	struct queued {
		uint32_t conn, generation;
		enum io_event_kind kind;
		enum io_operation failed;
		int error;
	} * queue;
	size_t queue_first, queue_len, queue_size;
};

static inline struct io_uring_engine *uring_of(struct io *io)
{
	return (struct io_uring_engine *)io; /* its first member */
}

extern const struct io_ops uring_ops;

static inline void uring_give_back(struct io_uring_engine *e, int buffer)
{
	io_uring_buf_ring_add(e->buf_ring, e->buffers + (size_t)buffer * e->buffer_size,
	    (unsigned)e->buffer_size, (unsigned short)buffer, io_uring_buf_ring_mask(e->n_buffers), 0);
	io_uring_buf_ring_advance(e->buf_ring, 1);
}

/* For uring_ops. Takes what is half made. */
void uring_free(struct io *io);

#endif
