// SPDX-License-Identifier: GPL-3.0-or-later
#include "skeleton/serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "skeleton/listener.h"
#include "skeleton/server.h"

enum { BATCH = 256, ACCEPT_AT_ONCE = 64 };

/* What an event of epoll is about: a peer, or one of these small numbers in its place. */
enum { EVENT_STOP = 0, EVENT_LISTENER = 1 };

static const struct body_spec any_body;

static void watch(struct server_thread *t, int op, struct peer *peer, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = peer};

	epoll_ctl(t->epoll, op, peer->fd, &event);
}

static void close_peer(struct server_thread *t, struct peer *peer)
{
	for (struct late *late = TAILQ_FIRST(&t->late); late; late = TAILQ_NEXT(late, entry))
		if (late->peer == peer)
			late->peer = NULL;
	close(peer->fd);
	free(peer->unsent);
	LIST_REMOVE(peer, entry);
	LIST_INSERT_HEAD(&t->spare, peer, entry);
}

/* A peer to fill: one that has been closed, or a new one. */
static struct peer *take_spare(struct server_thread *t)
{
	struct peer *peer = LIST_FIRST(&t->spare);

	if (!peer)
		return malloc(sizeof(*peer));
	LIST_REMOVE(peer, entry);
	return peer;
}

static void accept_peers(struct server_thread *t, int listener)
{
	/* with several threads one at a time, so that connections spread over them */
	int at_once = t->server->n_threads > 1 ? 1 : ACCEPT_AT_ONCE;

	for (int i = 0; i < at_once; i++) {
		struct peer *peer;
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE)
				usleep(1000); /* the listener stays ready: do not spin */
			return;
		}
		peer = take_spare(t);
		if (!peer) {
			close(fd);
			return;
		}
		peer->fd = fd;
		peer->closing = peer->dead = false;
		peer->n_late = 0;
		peer->unsent = NULL;
		peer->unsent_len = peer->unsent_at = 0;
		LIST_INSERT_HEAD(&t->peers, peer, entry);
		request_begin(&peer->request, t->server->options.protocol, &any_body);
		served_add(&t->served.connections, 1);
		watch(t, EPOLL_CTL_ADD, peer, EPOLLIN);
	}
}

/* Keeps `len` bytes until the socket takes them. */
static void keep(struct server_thread *t, struct peer *peer, const uint8_t *bytes, size_t len)
{
	uint8_t *unsent = realloc(peer->unsent, peer->unsent_len + len);

	if (!unsent) {
		peer->dead = true;
		return;
	}
	if (!peer->unsent)
		watch(t, EPOLL_CTL_MOD, peer, EPOLLOUT);
	memcpy(unsent + peer->unsent_len, bytes, len);
	peer->unsent = unsent;
	peer->unsent_len += len;
}

/* Writes what the socket takes: how much; a failure marks the peer as dead. */
static size_t write_some(struct server_thread *t, struct peer *peer, const uint8_t *bytes, size_t len)
{
	ssize_t n = len ? send(peer->fd, bytes, len, MSG_NOSIGNAL) : 0;

	if (n < 0 && errno != EAGAIN)
		peer->dead = true;
	if (n <= 0)
		return 0;
	served_add(&t->served.bytes_out, (uint64_t)n);
	return (size_t)n;
}

void peer_flush(struct server_thread *t, struct peer *peer)
{
	size_t n = peer->unsent ? 0 : write_some(t, peer, t->out, t->out_len);

	if (n < t->out_len && !peer->dead)
		keep(t, peer, t->out + n, t->out_len - n);
	t->out_len = 0;
}

static void close_if_done(struct server_thread *t, struct peer *peer)
{
	if (peer->dead || (peer->closing && !peer->unsent))
		close_peer(t, peer);
}

static void write_unsent(struct server_thread *t, struct peer *peer)
{
	peer->unsent_at +=
	    write_some(t, peer, peer->unsent + peer->unsent_at, peer->unsent_len - peer->unsent_at);
	if (peer->unsent_at < peer->unsent_len) {
		close_if_done(t, peer);
		return;
	}
	free(peer->unsent);
	peer->unsent = NULL;
	peer->unsent_len = peer->unsent_at = 0;
	watch(t, EPOLL_CTL_MOD, peer, EPOLLIN);
	close_if_done(t, peer);
}

/* Reads once, and answers all requests that are whole. */
static void read_peer(struct server_thread *t, struct peer *peer)
{
	ssize_t n = recv(peer->fd, t->in, sizeof(t->in), 0);
	size_t at = 0, used;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		close_peer(t, peer);
		return;
	}
	served_add(&t->served.bytes_in, (uint64_t)n);
	while (at < (size_t)n && !peer->closing && !peer->dead) {
		enum codec_result rc = request_feed(&peer->request, t->in + at, (size_t)n - at, &used);

		at += used;
		if (rc == CODEC_MORE)
			break;
		if (rc == CODEC_DONE)
			respond_to(t, peer);
		else
			respond_bad(t, peer);
		request_begin(&peer->request, t->server->options.protocol, &any_body);
	}
	if (t->out_len)
		peer_flush(t, peer);
	close_if_done(t, peer);
}

static void send_late(struct server_thread *t, int64_t now_ns)
{
	while (!TAILQ_EMPTY(&t->late) && TAILQ_FIRST(&t->late)->due_ns <= now_ns) {
		struct late *late = TAILQ_FIRST(&t->late);
		struct peer *peer = late->peer;

		TAILQ_REMOVE(&t->late, late, entry);
		if (peer) {
			peer->n_late--;
			memcpy(t->out, late->bytes, late->len);
			t->out_len = late->len;
			peer->closing |= late->close;
			peer_flush(t, peer);
			close_if_done(t, peer);
		}
		free(late);
	}
}

/* Does nothing for as long as the server is asked to stall. */
static void stall(struct server_thread *t)
{
	int64_t first_ns = atomic_load_explicit(&t->server->first_request_ns, memory_order_relaxed);
	int64_t until_ns =
	    first_ns ? faults_stalled_until(&t->server->options.faults, first_ns, clock_ns()) : 0;

	if (until_ns)
		clock_sleep_until(until_ns);
}

/* Waits for events, or until the next late answer is due. */
static int await(struct server_thread *t, struct epoll_event *events)
{
	struct timespec ts = {0};
	int64_t left_ns;

	if (TAILQ_EMPTY(&t->late))
		return epoll_wait(t->epoll, events, BATCH, -1);
	left_ns = TAILQ_FIRST(&t->late)->due_ns - clock_ns();
	if (left_ns > 0)
		ts = (struct timespec){.tv_sec = left_ns / NS_PER_S, .tv_nsec = left_ns % NS_PER_S};
	return epoll_pwait2(t->epoll, events, BATCH, &ts, NULL);
}

static void handle(struct server_thread *t, const struct epoll_event *event)
{
	uintptr_t what = (uintptr_t)event->data.ptr;

	if (what < EVENT_LISTENER + SERVE_LISTEN_MAX)
		accept_peers(t, t->server->listeners[what - EVENT_LISTENER]);
	else if (event->events & EPOLLOUT)
		write_unsent(t, event->data.ptr);
	else
		read_peer(t, event->data.ptr);
}

static void *serve_thread(void *arg)
{
	struct server_thread *t = arg;
	struct epoll_event events[BATCH];

	interrupt_block();
	prctl(PR_SET_TIMERSLACK, 1); /* delays are to be exact */
	for (;;) {
		int n = await(t, events);

		if (t->server->options.faults.stall_ns)
			stall(t);
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == (void *)EVENT_STOP)
				return NULL;
			handle(t, &events[i]);
		}
		if (!TAILQ_EMPTY(&t->late))
			send_late(t, clock_ns());
	}
}

/* As many connections as the hard limit of open files allows. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int watch_number(int epoll, int fd, uintptr_t number, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = (void *)number};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int start_thread(struct server *server, struct server_thread *t)
{
	int rc = 0;

	t->server = server;
	t->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (t->epoll < 0 || watch_number(t->epoll, server->stop, EVENT_STOP, EPOLLIN))
		return -errno;
	for (unsigned i = 0; i < server->options.n_listen && !rc; i++)
		rc = watch_number(
		    t->epoll, server->listeners[i], EVENT_LISTENER + i, EPOLLIN | EPOLLEXCLUSIVE);
	if (rc)
		return -errno;
	rc = -pthread_create(&t->thread, NULL, serve_thread, t);
	t->running = !rc;
	return rc;
}

int serve_start(struct server **server, const struct serve_options *options, struct err *err)
{
	struct server *s = calloc(1, sizeof(*s));
	int rc = 0;

	if (!s)
		return err_set(err, -ENOMEM, "out of memory");
	s->options = *options;
	s->options.n_listen = 0; /* counts those that are open */
	s->faulty = faults_any(&options->faults);
	s->stop = eventfd(0, EFD_CLOEXEC);
	s->threads = calloc(options->threads, sizeof(*s->threads));
	if (s->stop < 0 || !s->threads)
		rc = err_set(err, -ENOMEM, "out of memory");
	for (unsigned i = 0; s->threads && i < options->threads; i++) {
		s->threads[i].epoll = -1;
		LIST_INIT(&s->threads[i].peers);
		LIST_INIT(&s->threads[i].spare);
		TAILQ_INIT(&s->threads[i].late);
	}
	raise_file_limit();
	respond_init(s);
	for (unsigned i = 0; i < options->n_listen && !rc; i++) {
		s->listeners[i] = listener_open(&s->options.listen[i], options->backlog, err);
		if (s->listeners[i] < 0)
			rc = s->listeners[i];
		else
			s->options.n_listen++;
	}
	/* before any thread runs, as each of them sums over all for /stats */
	s->n_threads = options->threads;
	for (unsigned i = 0; i < options->threads && !rc; i++) {
		rc = start_thread(s, &s->threads[i]);
		if (rc)
			err_set(err, rc, "cannot start a thread: %s", strerror(-rc));
	}
	if (rc) {
		serve_stop(s);
		return rc;
	}
	*server = s;
	return 0;
}

const struct addr *serve_address(const struct server *server, unsigned nth)
{
	return &server->options.listen[nth];
}

static void release_thread(struct server_thread *t)
{
	if (t->running)
		pthread_join(t->thread, NULL);
	while (!LIST_EMPTY(&t->peers))
		close_peer(t, LIST_FIRST(&t->peers));
	while (!LIST_EMPTY(&t->spare)) {
		struct peer *peer = LIST_FIRST(&t->spare);

		LIST_REMOVE(peer, entry);
		free(peer);
	}
	while (!TAILQ_EMPTY(&t->late)) {
		struct late *late = TAILQ_FIRST(&t->late);

		TAILQ_REMOVE(&t->late, late, entry);
		free(late);
	}
	if (t->epoll >= 0)
		close(t->epoll);
}

void serve_stop(struct server *s)
{
	uint64_t one = 1;

	if (!s)
		return;
	if (s->stop >= 0 && write(s->stop, &one, sizeof(one)) < 0)
		abort(); /* cannot fail: the counter is at 0 */
	for (unsigned i = 0; s->threads && i < s->n_threads; i++)
		release_thread(&s->threads[i]);
	for (unsigned i = 0; i < s->options.n_listen; i++) {
		const struct sockaddr_un *un = (const struct sockaddr_un *)&s->options.listen[i].sa;

		close(s->listeners[i]);
		if (un->sun_family == AF_UNIX)
			unlink(un->sun_path);
	}
	if (s->stop >= 0)
		close(s->stop);
	free(s->threads);
	free(s);
}
