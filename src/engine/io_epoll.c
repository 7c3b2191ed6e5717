// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Completions out of readiness. Edge-triggered: a connection is registered once, and each batch of events is worked off
 * lazily by io_next, so that one receive buffer is enough and data is taken when it is looked at.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/io.h"

enum { BATCH = 256, RECEIVE_SIZE = 64 * 1024 };

struct slot {
	int fd; /* -1: closed */
	/* Tells the events of this connection from those of the one that had its number before. */
	uint32_t generation;
	bool connecting;
	const uint8_t *unsent; /* the rest of a send that the socket would not take at once */
	size_t unsent_len;
	bool send_failed;
};

/* What completed inside a submission, to be told by io_next. */
struct queued {
	uint32_t conn, generation;
	enum io_event_kind kind;
	enum io_operation failed;
	int error;
};

struct io_epoll {
	struct io io;
	int fd;
	unsigned n_conns;
	struct slot *slots;
	/* A ring: a connection has at most one entry, and one that a close made stale. */
	struct queued *queue;
	size_t queue_first, queue_len, queue_size;
	struct epoll_event ready[BATCH];
	int n_ready, at;
	uint8_t received[RECEIVE_SIZE];
};

static struct io_epoll *epoll_of(struct io *io)
{
	return (struct io_epoll *)io; /* its first member */
}

/* The place in the ring that is `n` behind its first entry. */
static size_t queue_place(const struct io_epoll *e, size_t n)
{
	size_t place = e->queue_first + n;

	return place >= e->queue_size ? place - e->queue_size : place;
}

static void drop_first(struct io_epoll *e)
{
	e->queue_first = queue_place(e, 1);
	e->queue_len--;
}

static void enqueue(
    struct io_epoll *e, uint32_t conn, enum io_event_kind kind, enum io_operation failed, int error)
{
	/* Stale entries of a connection that was closed at once can fill the ring: drop those first. */
	while (e->queue_len == e->queue_size) {
		const struct queued *first = &e->queue[e->queue_first];

		if (e->slots[first->conn].generation == first->generation)
			abort(); /* more entries than connections: a broken invariant, not a state of the world */
		drop_first(e);
	}
	e->queue[queue_place(e, e->queue_len++)] = (struct queued){.conn = conn,
	    .generation = e->slots[conn].generation,
	    .kind = kind,
	    .failed = failed,
	    .error = error};
}

static void fail(struct io_epoll *e, uint32_t conn, enum io_operation op)
{
	enqueue(e, conn, IO_FAILED, op, errno);
}

static int watch(struct io_epoll *e, uint32_t conn, int op, uint32_t events)
{
	struct epoll_event ev = {
	    .events = events | EPOLLET | EPOLLRDHUP,
	    .data.u64 = (uint64_t)e->slots[conn].generation << 32 | conn,
	};

	return epoll_ctl(e->fd, op, e->slots[conn].fd, &ev);
}

static void epoll_connect(struct io *io, uint32_t conn, const struct addr *to)
{
	struct io_epoll *e = epoll_of(io);
	struct slot *slot = &e->slots[conn];
	bool is_unix = to->sa.ss_family == AF_UNIX;
	int one = 1;

	slot->generation++;
	slot->unsent_len = 0;
	slot->send_failed = false;
	slot->connecting = false;
	slot->fd = socket(to->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (slot->fd < 0) {
		fail(e, conn, IO_OP_CONNECT);
		return;
	}
	if (!is_unix && io->linger)
		setsockopt(slot->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(slot->fd, (const struct sockaddr *)&to->sa, to->len)) {
		if (errno != EINPROGRESS) {
			fail(e, conn, IO_OP_CONNECT);
			return;
		}
		slot->connecting = true;
	}
	/* A unix socket reports writability at every read of its peer, so it is asked for only when it is missed. */
	if (watch(e, conn, EPOLL_CTL_ADD, is_unix ? EPOLLIN : EPOLLIN | EPOLLOUT))
		fail(e, conn, IO_OP_CONNECT);
	else if (!slot->connecting)
		enqueue(e, conn, IO_CONNECTED, 0, 0);
}

static void fail_send(struct io_epoll *e, uint32_t conn)
{
	e->slots[conn].unsent_len = 0;
	e->slots[conn].send_failed = true;
	fail(e, conn, IO_OP_SEND);
}

/* Sends what is unsent: true when all of it went or waits for room, false when it failed (and that is queued). */
static void push(struct io_epoll *e, uint32_t conn)
{
	struct slot *slot = &e->slots[conn];
	ssize_t n = send(slot->fd, slot->unsent, slot->unsent_len, MSG_NOSIGNAL);

	if (n == (ssize_t)slot->unsent_len) {
		slot->unsent_len = 0;
		return;
	}
	if (n >= 0) {
		slot->unsent += n;
		slot->unsent_len -= (size_t)n;
	} else if (errno != EAGAIN) {
		fail_send(e, conn);
		return;
	}
	if (watch(e, conn, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT))
		fail_send(e, conn);
}

static void epoll_send(struct io *io, uint32_t conn, const uint8_t *data, size_t len)
{
	struct io_epoll *e = epoll_of(io);

	e->slots[conn].unsent = data;
	e->slots[conn].unsent_len = len;
	push(e, conn);
}

static bool epoll_sending(struct io *io, uint32_t conn)
{
	const struct slot *slot = &epoll_of(io)->slots[conn];

	return slot->unsent_len || slot->send_failed;
}

static void epoll_close(struct io *io, uint32_t conn, bool reset)
{
	struct slot *slot = &epoll_of(io)->slots[conn];

	slot->generation++;
	if (slot->fd < 0)
		return;
	if (reset) {
		struct linger linger = {.l_onoff = 1, .l_linger = 0};

		setsockopt(slot->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	}
	close(slot->fd);
	slot->fd = -1;
}

static int epoll_await(struct io *io, int64_t until_ns)
{
	struct io_epoll *e = epoll_of(io);
	int64_t left_ns = e->queue_len ? 0 : until_ns - clock_ns();
	struct timespec ts = {0};

	if (e->at < e->n_ready) /* edges are told once: none may be lost */
		return 0;
	if (left_ns > 0)
		ts = (struct timespec){.tv_sec = left_ns / NS_PER_S, .tv_nsec = left_ns % NS_PER_S};
	e->at = 0;
	e->n_ready = epoll_pwait2(e->fd, e->ready, BATCH, &ts, NULL);
	if (e->n_ready >= 0)
		return 0;
	e->n_ready = 0;
	return errno == EINTR ? 0 : -errno;
}

static bool next_queued(struct io_epoll *e, struct io_event *event)
{
	while (e->queue_len) {
		const struct queued *q = &e->queue[e->queue_first];

		drop_first(e);
		if (e->slots[q->conn].generation != q->generation)
			continue;
		*event = (struct io_event){
		    .kind = q->kind, .conn = q->conn, .failed = q->failed, .error = q->error};
		return true;
	}
	return false;
}

static bool finish_connect(struct io_epoll *e, struct epoll_event *ready, struct io_event *event)
{
	struct slot *slot = &e->slots[event->conn];
	int error = 0;
	socklen_t len = sizeof(error);

	slot->connecting = false;
	event->kind = IO_CONNECTED;
	if (ready->events & (EPOLLERR | EPOLLHUP)) {
		getsockopt(slot->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error) {
			event->kind = IO_FAILED;
			event->failed = IO_OP_CONNECT;
			event->error = error;
		}
	}
	return true;
}

/* One receive: true with an event, false when there was nothing after all. Sets *again if more may be waiting. */
static bool receive(struct io_epoll *e, const struct epoll_event *ready, struct io_event *event, bool *again)
{
	ssize_t n = recv(e->slots[event->conn].fd, e->received, sizeof(e->received), 0);

	if (n > 0) {
		event->kind = IO_DATA;
		event->data = e->received;
		event->len = (size_t)n;
		/* an edge is reported once: go on until all of it, or the close, has been seen */
		*again = n == sizeof(e->received) || (ready->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
		return true;
	}
	if (!n) {
		event->kind = IO_EOF;
		return true;
	}
	if (errno == EAGAIN || errno == EINTR)
		return false;
	event->kind = IO_FAILED;
	event->failed = IO_OP_RECEIVE;
	event->error = errno;
	return true;
}

static bool epoll_next(struct io *io, struct io_event *event)
{
	struct io_epoll *e = epoll_of(io);

	if (e->queue_len && next_queued(e, event))
		return true;
	while (e->at < e->n_ready) {
		struct epoll_event *ready = &e->ready[e->at];
		uint32_t conn = (uint32_t)ready->data.u64;
		struct slot *slot = &e->slots[conn];
		bool again = false, told;

		event->conn = conn;
		if (slot->generation != ready->data.u64 >> 32 || slot->fd < 0) {
			e->at++;
			continue;
		}
		if (slot->connecting) {
			/* data may have come with the same event: the next call looks for it */
			return finish_connect(e, ready, event);
		}
		if (slot->unsent_len && (ready->events & EPOLLOUT))
			push(e, conn);
		told = (ready->events & ~(uint32_t)EPOLLOUT) && receive(e, ready, event, &again);
		if (!again)
			e->at++;
		if (told)
			return true;
	}
	return e->queue_len && next_queued(e, event);
}

static void epoll_free(struct io *io)
{
	struct io_epoll *e = epoll_of(io);

	for (unsigned i = 0; e->slots && i < e->n_conns; i++)
		if (e->slots[i].fd >= 0)
			close(e->slots[i].fd);
	if (e->fd >= 0)
		close(e->fd);
	free(e->slots);
	free(e->queue);
	free(e);
}

static const struct io_ops epoll_ops = {
    .name = "epoll",
    .connect = epoll_connect,
    .send = epoll_send,
    .sending = epoll_sending,
    .close = epoll_close,
    .wait = epoll_await,
    .next = epoll_next,
    .free = epoll_free,
};

int io_epoll_new(struct io **io, unsigned n_conns, struct err *err)
{
	struct io_epoll *e = calloc(1, sizeof(*e));

	if (!e)
		return err_set(err, -ENOMEM, "out of memory");
	e->io.ops = &epoll_ops;
	e->n_conns = n_conns;
	e->queue_size = 2 * (size_t)n_conns + 1;
	e->slots = calloc(n_conns, sizeof(*e->slots));
	e->queue = calloc(e->queue_size, sizeof(*e->queue));
	e->fd = epoll_create1(EPOLL_CLOEXEC);
	for (unsigned i = 0; e->slots && i < n_conns; i++)
		e->slots[i].fd = -1;
	if (!e->slots || !e->queue || e->fd < 0) {
		int rc = e->fd < 0 ? -errno : -ENOMEM;

		epoll_free(&e->io);
		return err_set(err, rc, "cannot set up epoll: %s", strerror(-rc));
	}
	*io = &e->io;
	return 0;
}
