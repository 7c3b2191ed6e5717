// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Completions by io_uring: one system call submits what a batch of events has led to, and waits for the next batch.
 *
 * - One thread submits, and completions are worked off when it waits (single issuer, deferred task run): no interrupts.
 * - With keep-alive a multishot receive is armed once, and takes its buffers from a ring of them.
 * - A connection for one request is a chain: socket, connect, send and receive are submitted at once, and the socket never
 *   gets a file descriptor (a direct descriptor, numbered as the connection). That needs a TCP socket without options.
 * - A connection that is closed while something is under way on it is cancelled first, because that holds its socket open.
 */
#include "engine/io_uring.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/io_socket.h"

/* What a completion is of; it comes back in its user data, with the connection and its generation. */
enum op { OP_SOCKET, OP_CONNECT, OP_SEND, OP_RECEIVE, OP_CANCEL, OP_CLOSE };

static uint64_t tag(const struct io_uring_engine *e, enum op op, uint32_t conn)
{
	return (uint64_t)conn << 32 | (uint64_t)(e->slots[conn].generation & 0xffffff) << 8 | op;
}

static bool is_current(const struct io_uring_engine *e, uint64_t data)
{
	return (e->slots[data >> 32].generation & 0xffffff) == (data >> 8 & 0xffffff);
}

/* Rings belong to the thread that enables them, which is not the one that makes them. */
static void enable(struct io_uring_engine *e)
{
	if (e->enabled)
		return;
	e->enabled = true;
	/* which Debian's liburing has under no other name */
	io_uring_register((unsigned)e->ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
	io_uring_register_ring_fd(&e->ring); /* saves a look-up per call, where the kernel knows it */
}

/* Room for `n` submissions that go together. */
static void reserve(struct io_uring_engine *e, unsigned n)
{
	enable(e);
	while (io_uring_sq_space_left(&e->ring) < n)
		if (io_uring_submit(&e->ring) == -EBUSY)
			io_uring_get_events(
			    &e->ring); /* completions are full: they go to where there is room */
}

static struct io_uring_sqe *submission(struct io_uring_engine *e, enum op op, uint32_t conn)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&e->ring);

	if (!sqe)
		abort(); /* room was reserved */
	/* liburing's prep functions, which set all the rest, leave it alone */
	e->slots[conn].under_way |= (uint8_t)(1 << op);
	sqe->user_data = tag(e, op, conn);
	return sqe;
}

static int file_of(const struct io_uring_engine *e, uint32_t conn)
{
	return e->slots[conn].direct ? (int)conn : e->slots[conn].fd;
}

static void set_flags(struct io_uring_engine *e, struct io_uring_sqe *sqe, uint32_t conn, unsigned flags)
{
	sqe->flags |= (uint8_t)(flags | (e->slots[conn].direct ? IOSQE_FIXED_FILE : 0));
}

static void submit_receive(struct io_uring_engine *e, uint32_t conn)
{
	struct io_uring_sqe *sqe = submission(e, OP_RECEIVE, conn);

	if (e->io.spec.keepalive)
		io_uring_prep_recv_multishot(sqe, file_of(e, conn), NULL, 0, 0);
	else
		io_uring_prep_recv(sqe, file_of(e, conn), NULL, 0, 0);
	sqe->ioprio |= IORING_RECVSEND_POLL_FIRST; /* there is nothing yet, most of the time */
	sqe->buf_group = URING_GROUP;
	set_flags(e, sqe, conn, IOSQE_BUFFER_SELECT);
	e->slots[conn].receiving = true;
}

static void submit_send(struct io_uring_engine *e, uint32_t conn, unsigned flags)
{
	struct uring_slot *slot = &e->slots[conn];
	struct io_uring_sqe *sqe = submission(e, OP_SEND, conn);

	io_uring_prep_send(sqe, file_of(e, conn), slot->unsent, slot->unsent_len, MSG_NOSIGNAL | MSG_WAITALL);
	set_flags(e, sqe, conn, flags);
}

static void submit_connect(struct io_uring_engine *e, uint32_t conn, const struct addr *to, unsigned flags)
{
	struct io_uring_sqe *sqe = submission(e, OP_CONNECT, conn);

	io_uring_prep_connect(sqe, file_of(e, conn), (const struct sockaddr *)&to->sa, to->len);
	set_flags(e, sqe, conn, flags);
}

static void enqueue(struct io_uring_engine *e, uint32_t conn, enum io_event_kind kind, int error)
{
	if (e->queue_len == e->queue_size) { /* some are stale: connections opened and closed at once */
		size_t kept = 0;

		for (size_t i = 0; i < e->queue_len; i++) {
			struct queued *q = &e->queue[(e->queue_first + i) % e->queue_size];

			if (q->generation == e->slots[q->conn].generation)
				e->queue[(e->queue_first + kept++) % e->queue_size] = *q;
		}
		e->queue_len = kept;
	}
	if (e->queue_len == e->queue_size)
		abort(); /* more entries than connections: a broken invariant */
	e->queue[(e->queue_first + e->queue_len++) % e->queue_size] = (struct queued){.conn = conn,
	    .generation = e->slots[conn].generation,
	    .kind = kind,
	    .failed = IO_OP_CONNECT,
	    .error = error};
}

/* Socket, connect, send, receive: submitted together, and each begun when the one before it has succeeded. */
static void submit_chain(struct io_uring_engine *e, uint32_t conn, const struct io_open *open)
{
	struct io_uring_sqe *sqe = submission(e, OP_SOCKET, conn);

	io_uring_prep_socket_direct(sqe, open->to->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0, conn, 0);
	sqe->flags |= IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
	submit_connect(e, conn, open->to, open->len ? IOSQE_IO_LINK : 0);
	if (!open->len)
		return;
	submit_send(e, conn, IOSQE_IO_LINK);
	submit_receive(e, conn);
}

static void uring_connect(struct io *io, uint32_t conn, const struct io_open *open)
{
	struct io_uring_engine *e = uring_of(io);
	struct uring_slot *slot = &e->slots[conn];
	bool is_unix = open->to->sa.ss_family == AF_UNIX;
	int rc;

	reserve(e, URING_CHAIN);
	*slot = (struct uring_slot){.fd = -1,
	    .generation = slot->generation + 1,
	    .direct = !is_unix && !open->from && !io->spec.keepalive && !io->spec.reset,
	    .unsent = open->data,
	    .unsent_len = open->len};
	if (slot->direct) {
		submit_chain(e, conn, open);
		return;
	}
	rc = io_socket_open(&slot->fd, &io->spec, open);
	/* the kernel would wait for room in the queue of a unix socket in threads of its own; it is connected at once or not */
	if (!rc && is_unix && connect(slot->fd, (const struct sockaddr *)&open->to->sa, open->to->len))
		rc = -errno;
	if (rc) {
		enqueue(e, conn, IO_FAILED, -rc);
		return;
	}
	if (!is_unix) {
		submit_connect(e, conn, open->to, 0);
		return;
	}
	enqueue(e, conn, IO_CONNECTED, 0);
	submit_receive(e, conn);
	if (slot->unsent_len)
		submit_send(e, conn, 0);
}

static void uring_send(struct io *io, uint32_t conn, const uint8_t *data, size_t len)
{
	struct io_uring_engine *e = uring_of(io);

	e->slots[conn].unsent = data;
	e->slots[conn].unsent_len = len;
	reserve(e, 1);
	submit_send(e, conn, 0);
}

static bool uring_sending(struct io *io, uint32_t conn)
{
	const struct uring_slot *slot = &uring_of(io)->slots[conn];

	return slot->unsent_len || slot->send_failed;
}

/* What is under way holds the socket open. By user data, which the kernel finds at once: by file it would look at everything. */
static void cancel(struct io_uring_engine *e, uint32_t conn)
{
	unsigned under_way = e->slots[conn].under_way;

	for (enum op op = OP_CONNECT; op <= OP_RECEIVE; op++) {
		uint64_t victim = tag(e, op, conn);
		struct io_uring_sqe *sqe;

		if (!(under_way & 1U << op))
			continue;
		sqe = submission(e, OP_CANCEL, conn);
		io_uring_prep_cancel64(sqe, victim, 0);
		sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
	}
}

static void uring_close(struct io *io, uint32_t conn)
{
	struct io_uring_engine *e = uring_of(io);
	struct uring_slot *slot = &e->slots[conn];

	if (slot->fd >= 0 || slot->direct) {
		reserve(e, URING_CHAIN);
		cancel(e, conn);
	}
	if (slot->direct) {
		struct io_uring_sqe *sqe = submission(e, OP_CLOSE, conn);

		io_uring_prep_close_direct(sqe, conn);
		sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
	} else if (slot->fd >= 0) {
		/* what has not been submitted names its socket by a number that the next one may get */
		if (slot->under_way)
			io_uring_submit(&e->ring);
		io_socket_linger(slot->fd, &io->spec);
		close(slot->fd);
	}
	slot->fd = -1;
	slot->direct = false;
	slot->generation++;
}

/* The last event has been looked at. */
static void let_go(struct io_uring_engine *e)
{
	struct uring_slot *slot = &e->slots[e->rearm_conn];

	if (e->held >= 0)
		uring_give_back(e, e->held);
	e->held = -1;
	if (!e->rearm)
		return;
	e->rearm = false;
	if (slot->generation != e->rearm_generation || slot->receiving)
		return;
	reserve(e, 1);
	submit_receive(e, e->rearm_conn);
}

static int uring_await(struct io *io, int64_t until_ns)
{
	struct io_uring_engine *e = uring_of(io);
	int64_t left_ns = until_ns - clock_ns();
	struct __kernel_timespec ts = {0};
	struct io_uring_cqe *cqe;
	int rc;

	enable(e);
	let_go(e);
	if (left_ns > 0 && !e->queue_len)
		ts = (struct __kernel_timespec){.tv_sec = left_ns / NS_PER_S, .tv_nsec = left_ns % NS_PER_S};
	if (io_uring_cq_ready(&e->ring))
		rc = io_uring_submit(&e->ring);
	else
		rc = io_uring_submit_and_wait_timeout(&e->ring, &cqe, 1, &ts, NULL);
	return rc >= 0 || rc == -ETIME || rc == -EINTR || rc == -EAGAIN || rc == -EBUSY ? 0 : rc;
}

static bool next_queued(struct io_uring_engine *e, struct io_event *event)
{
	while (e->queue_len) {
		const struct queued *q = &e->queue[e->queue_first];

		e->queue_first = (e->queue_first + 1) % e->queue_size;
		e->queue_len--;
		if (q->generation != e->slots[q->conn].generation)
			continue;
		*event = (struct io_event){
		    .kind = q->kind, .conn = q->conn, .failed = q->failed, .error = q->error};
		return true;
	}
	return false;
}

static bool failed(struct io_event *event, enum io_operation op, int res)
{
	event->kind = IO_FAILED;
	event->failed = op;
	event->error = -res;
	return true;
}

static bool opened(struct io_uring_engine *e, struct io_event *event)
{
	struct uring_slot *slot = &e->slots[event->conn];

	event->kind = IO_CONNECTED;
	if (slot->receiving || (slot->direct && slot->unsent_len)) /* the chain goes on by itself */
		return true;
	reserve(e, 2);
	submit_receive(e, event->conn);
	if (slot->unsent_len)
		submit_send(e, event->conn, 0);
	return true;
}

static bool sent(struct io_uring_engine *e, int res, struct io_event *event)
{
	struct uring_slot *slot = &e->slots[event->conn];

	if (res < 0) {
		slot->unsent_len = 0;
		slot->send_failed = true;
		return failed(event, IO_OP_SEND, res);
	}
	slot->unsent += res;
	slot->unsent_len -= (size_t)res;
	if (slot->unsent_len) {
		reserve(e, 1);
		submit_send(e, event->conn, 0);
	}
	return false;
}

static bool received(struct io_uring_engine *e, int res, unsigned flags, struct io_event *event)
{
	struct uring_slot *slot = &e->slots[event->conn];

	slot->receiving = flags & IORING_CQE_F_MORE;
	e->rearm = !slot->receiving && (res > 0 || res == -ENOBUFS || res == -EINTR || res == -EAGAIN);
	e->rearm_conn = event->conn;
	e->rearm_generation = slot->generation;
	if (res > 0) {
		e->held = (int)(flags >> IORING_CQE_BUFFER_SHIFT);
		event->kind = IO_DATA;
		event->data = e->buffers + (size_t)e->held * e->buffer_size;
		event->len = (size_t)res;
		return true;
	}
	if (!res) {
		event->kind = IO_EOF;
		return true;
	}
	/* cancelled: the rest of a chain that failed, which has been told */
	return !e->rearm && res != -ECANCELED && failed(event, IO_OP_RECEIVE, res);
}

/* One completion: true when it is an event. */
static bool take(struct io_uring_engine *e, const struct io_uring_cqe *cqe, struct io_event *event)
{
	enum op op = (enum op)(cqe->user_data & 0xff);

	event->conn = (uint32_t)(cqe->user_data >> 32);
	if (!is_current(e, cqe->user_data)) {
		if (cqe->flags & IORING_CQE_F_BUFFER)
			uring_give_back(e, (int)(cqe->flags >> IORING_CQE_BUFFER_SHIFT));
		return false;
	}
	if (!(cqe->flags & IORING_CQE_F_MORE))
		e->slots[event->conn].under_way &= (uint8_t) ~(1U << op);
	switch (op) {
	case OP_SOCKET:
		return failed(event, IO_OP_CONNECT, cqe->res); /* its success is silent */
	case OP_CONNECT:
		return cqe->res ? failed(event, IO_OP_CONNECT, cqe->res) : opened(e, event);
	case OP_SEND:
		return cqe->res != -ECANCELED && sent(e, cqe->res, event);
	case OP_RECEIVE:
		return received(e, cqe->res, cqe->flags, event);
	default:
		return false;
	}
}

static bool uring_next(struct io *io, struct io_event *event)
{
	struct io_uring_engine *e = uring_of(io);
	struct io_uring_cqe *cqe;

	let_go(e);
	if (e->queue_len && next_queued(e, event))
		return true;
	while (io_uring_cq_ready(&e->ring)) {
		struct io_uring_cqe copy;
		bool told;

		io_uring_peek_cqe(&e->ring, &cqe);
		if (!cqe)
			return false;
		copy = *cqe;
		io_uring_cqe_seen(&e->ring, cqe);
		told = take(e, &copy, event);
		if (told)
			return true;
		let_go(e);
	}
	return false;
}

const struct io_ops uring_ops = {
    .connect = uring_connect,
    .send = uring_send,
    .sending = uring_sending,
    .close = uring_close,
    .wait = uring_await,
    .next = uring_next,
    .free = uring_free,
};
