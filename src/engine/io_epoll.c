// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Readiness by epoll. Edge-triggered: a connection is registered once, and each batch of events is worked off lazily by
 * io_next, so that one receive buffer is enough and data is taken when it is looked at.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/io_ready.h"

enum { BATCH = 256 };

struct io_epoll {
	struct io_ready ready;
	int fd;
	struct epoll_event events[BATCH];
	int n_events, at;
};

static struct io_epoll *epoll_of(struct io *io)
{
	return (struct io_epoll *)io; /* the first member of its first member */
}

/* A unix socket reports writability at every read of its peer, so it is asked for only when it is missed. */
static int epoll_watch(struct io_ready *r, uint32_t conn, bool opened)
{
	const struct ready_slot *slot = &r->slots[conn];
	uint32_t events = opened && slot->is_unix ? EPOLLIN : EPOLLIN | EPOLLOUT;
	struct epoll_event ev = {
	    .events = events | EPOLLET | EPOLLRDHUP,
	    .data.u64 = (uint64_t)slot->generation << 32 | conn,
	};

	return epoll_ctl(epoll_of(&r->io)->fd, opened ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, slot->fd, &ev) ? -errno
												      : 0;
}

static int epoll_await(struct io *io, int64_t until_ns)
{
	struct io_epoll *e = epoll_of(io);
	int64_t left_ns = e->ready.queue_len ? 0 : until_ns - clock_ns();
	struct timespec ts = {0};

	if (e->at < e->n_events) /* edges are told once: none may be lost */
		return 0;
	if (left_ns > 0)
		ts = (struct timespec){.tv_sec = left_ns / NS_PER_S, .tv_nsec = left_ns % NS_PER_S};
	e->at = 0;
	e->n_events = epoll_pwait2(e->fd, e->events, BATCH, &ts, NULL);
	if (e->n_events >= 0)
		return 0;
	e->n_events = 0;
	return errno == EINTR ? 0 : -errno;
}

static bool epoll_next(struct io *io, struct io_event *event)
{
	struct io_epoll *e = epoll_of(io);
	struct io_ready *r = &e->ready;

	if (r->queue_len && ready_next_queued(r, event))
		return true;
	while (e->at < e->n_events) {
		const struct epoll_event *ev = &e->events[e->at];
		uint32_t conn = (uint32_t)ev->data.u64;
		struct ready_slot *slot = &r->slots[conn];
		bool told;

		event->conn = conn;
		if (slot->generation != ev->data.u64 >> 32 || slot->fd < 0) {
			e->at++;
			continue;
		}
		if (slot->connecting) {
			/* data may have come with the same event: the next call looks for it */
			ready_finish_connect(r, ev->events & (EPOLLERR | EPOLLHUP), event);
			return true;
		}
		if (slot->unsent_len && (ev->events & EPOLLOUT))
			ready_push(r, conn);
		told = (ev->events & ~(uint32_t)EPOLLOUT) && ready_receive(r, event);
		/* an edge is reported once: go on until all of it, or the close, has been seen */
		if (!told || event->kind != IO_DATA ||
		    (event->len < READY_RECEIVE_SIZE && !(ev->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))))
			e->at++;
		if (told)
			return true;
	}
	return r->queue_len && ready_next_queued(r, event);
}

static void epoll_free(struct io *io)
{
	struct io_epoll *e = epoll_of(io);

	ready_release(&e->ready);
	if (e->fd >= 0)
		close(e->fd);
	free(e);
}

static const struct io_ops epoll_ops = {
    .connect = ready_connect,
    .send = ready_send,
    .sending = ready_sending,
    .close = ready_close,
    .wait = epoll_await,
    .next = epoll_next,
    .free = epoll_free,
};

int io_epoll_new(struct io **io, const struct io_spec *spec, struct err *err)
{
	struct io_epoll *e = calloc(1, sizeof(*e));
	int rc;

	if (!e)
		return err_set(err, -ENOMEM, "out of memory");
	e->ready.io.ops = &epoll_ops;
	e->ready.watch = epoll_watch;
	e->fd = epoll_create1(EPOLL_CLOEXEC);
	rc = e->fd < 0 ? -errno : ready_init(&e->ready, spec->n_conns);
	if (rc) {
		epoll_free(&e->ready.io);
		return err_set(err, rc, "cannot set up epoll: %s", strerror(-rc));
	}
	*io = &e->ready.io;
	return 0;
}
