// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/io_ready.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/io_socket.h"

int ready_init(struct io_ready *r, unsigned n_conns)
{
	r->n_conns = n_conns;
	r->queue_size = 2 * (size_t)n_conns + 1;
	r->slots = calloc(n_conns, sizeof(*r->slots));
	r->queue = calloc(r->queue_size, sizeof(*r->queue));
	for (unsigned i = 0; r->slots && i < n_conns; i++)
		r->slots[i].fd = -1;
	return r->slots && r->queue ? 0 : -ENOMEM;
}

void ready_release(struct io_ready *r)
{
	for (unsigned i = 0; r->slots && i < r->n_conns; i++)
		if (r->slots[i].fd >= 0)
			close(r->slots[i].fd);
	free(r->slots);
	free(r->queue);
}

/* The entry of the ring that is `n` behind its first one. */
static struct ready_queued *queue_at(const struct io_ready *r, size_t n)
{
	size_t place = r->queue_first + n;

	return &r->queue[place >= r->queue_size ? place - r->queue_size : place];
}

static bool is_stale(const struct io_ready *r, const struct ready_queued *q)
{
	return r->slots[q->conn].generation != q->generation;
}

/* Connections that were opened and closed again before anyone looked can fill the ring with what is stale. */
static void drop_stale(struct io_ready *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->queue_len; i++)
		if (!is_stale(r, queue_at(r, i)))
			*queue_at(r, kept++) = *queue_at(r, i);
	r->queue_len = kept;
}

static void enqueue(
    struct io_ready *r, uint32_t conn, enum io_event_kind kind, enum io_operation failed, int error)
{
	if (r->queue_len == r->queue_size)
		drop_stale(r);
	if (r->queue_len == r->queue_size)
		abort(); /* more than two a connection: a broken invariant, not a state of the world */
	*queue_at(r, r->queue_len++) = (struct ready_queued){.conn = conn,
	    .generation = r->slots[conn].generation,
	    .kind = kind,
	    .failed = failed,
	    .error = error};
}

bool ready_next_queued(struct io_ready *r, struct io_event *event)
{
	while (r->queue_len) {
		struct ready_queued *q = queue_at(r, 0);

		r->queue_first = r->queue_first + 1 == r->queue_size ? 0 : r->queue_first + 1;
		r->queue_len--;
		if (is_stale(r, q))
			continue;
		*event = (struct io_event){
		    .kind = q->kind, .conn = q->conn, .failed = q->failed, .error = q->error};
		return true;
	}
	return false;
}

void ready_connect(struct io *io, uint32_t conn, const struct io_open *open)
{
	struct io_ready *r = ready_of(io);
	struct ready_slot *slot = &r->slots[conn];
	int rc;

	slot->generation++;
	slot->is_unix = open->to->sa.ss_family == AF_UNIX;
	slot->unsent = open->data;
	slot->unsent_len = open->len;
	slot->send_failed = false;
	slot->connecting = false;
	rc = io_socket_open(&slot->fd, &io->spec, open);
	if (!rc) {
		rc = connect(slot->fd, (const struct sockaddr *)&open->to->sa, open->to->len) ? -errno : 0;
		slot->connecting = rc == -EINPROGRESS;
	}
	if (!rc || slot->connecting)
		rc = r->watch(r, conn, true);
	if (rc) {
		enqueue(r, conn, IO_FAILED, IO_OP_CONNECT, -rc);
		return;
	}
	if (slot->connecting)
		return;
	enqueue(r, conn, IO_CONNECTED, 0, 0);
	if (slot->unsent_len)
		ready_push(r, conn);
}

static void fail_send(struct io_ready *r, uint32_t conn, int error)
{
	r->slots[conn].unsent_len = 0;
	r->slots[conn].send_failed = true;
	enqueue(r, conn, IO_FAILED, IO_OP_SEND, error);
}

void ready_push(struct io_ready *r, uint32_t conn)
{
	struct ready_slot *slot = &r->slots[conn];
	ssize_t n = send(slot->fd, slot->unsent, slot->unsent_len, MSG_NOSIGNAL);
	int rc;

	if (n == (ssize_t)slot->unsent_len) {
		slot->unsent_len = 0;
		return;
	}
	if (n >= 0) {
		slot->unsent += n;
		slot->unsent_len -= (size_t)n;
	} else if (errno != EAGAIN) {
		fail_send(r, conn, errno);
		return;
	}
	rc = r->watch(r, conn, false);
	if (rc)
		fail_send(r, conn, -rc);
}

void ready_send(struct io *io, uint32_t conn, const uint8_t *data, size_t len)
{
	struct io_ready *r = ready_of(io);

	r->slots[conn].unsent = data;
	r->slots[conn].unsent_len = len;
	ready_push(r, conn);
}

bool ready_sending(struct io *io, uint32_t conn)
{
	const struct ready_slot *slot = &ready_of(io)->slots[conn];

	return slot->unsent_len || slot->send_failed;
}

void ready_close(struct io *io, uint32_t conn)
{
	struct io_ready *r = ready_of(io);
	struct ready_slot *slot = &r->slots[conn];

	slot->generation++;
	if (slot->fd < 0)
		return;
	if (r->forget)
		r->forget(r, conn);
	io_socket_linger(slot->fd, &io->spec);
	close(slot->fd);
	slot->fd = -1;
}

void ready_finish_connect(struct io_ready *r, bool with_error, struct io_event *event)
{
	struct ready_slot *slot = &r->slots[event->conn];
	int error = 0;
	socklen_t len = sizeof(error);

	slot->connecting = false;
	if (with_error)
		getsockopt(slot->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error) {
		event->kind = IO_FAILED;
		event->failed = IO_OP_CONNECT;
		event->error = error;
		return;
	}
	event->kind = IO_CONNECTED;
	if (slot->unsent_len)
		ready_push(r, event->conn);
}

bool ready_receive(struct io_ready *r, struct io_event *event)
{
	ssize_t n = recv(r->slots[event->conn].fd, r->received, sizeof(r->received), 0);

	if (n > 0) {
		event->kind = IO_DATA;
		event->data = r->received;
		event->len = (size_t)n;
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
