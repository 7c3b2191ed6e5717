// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Readiness by poll, which needs no call to register and costs the server's core less than epoll's wake-ups do; it looks at
 * every connection each time, so it is for few of them. Where most were ready the last time, to receive without asking
 * first is cheaper still: then every connection is tried, and poll is called when that found too little.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/io_ready.h"

enum {
	/* After a round of tries in which fewer than half of the connections had something: so many rounds by poll. */
	POLLS_AFTER_MISS = 64,
};

struct io_poll {
	struct io_ready ready;
	struct pollfd *fds; /* by connection; fd -1: closed */
	unsigned at;        /* of this round: the next connection to look at; n_conns: the round is over */
	unsigned top;       /* no connection beyond it was ever opened */
	unsigned hits;      /* of this round: connections that had something */
	unsigned n_open;
	unsigned polls_left; /* rounds until the next one may try */
	bool trying;         /* in this round without having asked */
};

static struct io_poll *poll_of(struct io *io)
{
	return (struct io_poll *)io; /* the first member of its first member */
}

static int poll_watch(struct io_ready *r, uint32_t conn, bool opened)
{
	struct io_poll *p = poll_of(&r->io);
	struct pollfd *pfd = &p->fds[conn];

	p->n_open += opened;
	if (conn >= p->top)
		p->top = conn + 1;
	pfd->fd = r->slots[conn].fd;
	pfd->events = opened && !r->slots[conn].connecting ? POLLIN : POLLIN | POLLOUT;
	pfd->revents = 0;
	return 0;
}

static void poll_forget(struct io_ready *r, uint32_t conn)
{
	struct io_poll *p = poll_of(&r->io);

	p->n_open -= p->fds[conn].fd >= 0;
	p->fds[conn].fd = -1;
	p->fds[conn].revents = 0;
}

/* Ends the round, and decides how the next one is done: true when it is by trying. */
static bool begin_round(struct io_poll *p)
{
	bool most = p->hits && 2 * p->hits >= p->n_open;

	if (p->trying && !most)
		p->polls_left = POLLS_AFTER_MISS;
	else if (p->polls_left)
		p->polls_left--;
	p->trying = most && !p->polls_left;
	p->hits = 0;
	p->at = 0;
	return p->trying;
}

static int poll_await(struct io *io, int64_t until_ns)
{
	struct io_poll *p = poll_of(io);
	int64_t left_ns;
	struct timespec ts = {0};

	if (p->at < p->top || p->ready.queue_len || begin_round(p))
		return 0;
	left_ns = until_ns - clock_ns();
	if (left_ns > 0)
		ts = (struct timespec){.tv_sec = left_ns / NS_PER_S, .tv_nsec = left_ns % NS_PER_S};
	if (ppoll(p->fds, p->top, &ts, NULL) >= 0)
		return 0;
	p->at = p->top;
	return errno == EINTR ? 0 : -errno;
}

static bool poll_next(struct io *io, struct io_event *event)
{
	struct io_poll *p = poll_of(io);
	struct io_ready *r = &p->ready;

	if (r->queue_len && ready_next_queued(r, event))
		return true;
	while (p->at < p->top) {
		uint32_t conn = p->at++;
		struct pollfd *pfd = &p->fds[conn];
		struct ready_slot *slot = &r->slots[conn];
		short seen = pfd->revents;

		pfd->revents = 0;
		if (pfd->fd < 0 || (!seen && !p->trying))
			continue;
		event->conn = conn;
		/* what is not simply open needs poll's word */
		if (slot->connecting) {
			if (!seen)
				continue;
			ready_finish_connect(r, seen & (POLLERR | POLLHUP), event);
			pfd->events = (short)(slot->unsent_len ? POLLIN | POLLOUT : POLLIN);
			return true;
		}
		if (slot->unsent_len && (seen & POLLOUT || p->trying)) {
			ready_push(r, conn);
			if (!slot->unsent_len)
				pfd->events = POLLIN;
		}
		if ((seen & ~POLLOUT || p->trying) && ready_receive(r, event)) {
			p->hits++;
			return true;
		}
	}
	return r->queue_len && ready_next_queued(r, event);
}

static void poll_free(struct io *io)
{
	ready_release(ready_of(io));
	free(poll_of(io)->fds);
	free(io);
}

static const struct io_ops poll_ops = {
    .connect = ready_connect,
    .send = ready_send,
    .sending = ready_sending,
    .close = ready_close,
    .wait = poll_await,
    .next = poll_next,
    .free = poll_free,
};

int io_poll_new(struct io **io, const struct io_spec *spec, struct err *err)
{
	struct io_poll *p = calloc(1, sizeof(*p));

	if (!p)
		return err_set(err, -ENOMEM, "out of memory");
	p->ready.io.ops = &poll_ops;
	p->ready.watch = poll_watch;
	p->ready.forget = poll_forget;
	p->fds = calloc(spec->n_conns, sizeof(*p->fds));
	if (!p->fds || ready_init(&p->ready, spec->n_conns)) {
		poll_free(&p->ready.io);
		return err_set(err, -ENOMEM, "out of memory for %u connections", spec->n_conns);
	}
	for (unsigned i = 0; i < spec->n_conns; i++)
		p->fds[i].fd = -1;
	*io = &p->ready.io;
	return 0;
}
