// SPDX-License-Identifier: GPL-3.0-or-later
/* The contract of io.h on real sockets: a peer in the same thread, over a unix socket and over TCP. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/unittest.h"
#include "engine/io.h"

struct peer {
	struct io *io;
	struct addr addr;
	int listener;
	char path[64];
};

static struct peer *peer_new(int family)
{
	struct peer *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->listener = socket(family, SOCK_STREAM, 0);
	if (family == AF_UNIX) {
		struct sockaddr_un *un = (struct sockaddr_un *)&p->addr.sa;

		snprintf(p->path, sizeof(p->path), "/tmp/maxq-io-test-%d", (int)getpid());
		unlink(p->path);
		un->sun_family = AF_UNIX;
		strcpy(un->sun_path, p->path);
		p->addr.len = sizeof(*un);
	} else {
		struct sockaddr_in *in = (struct sockaddr_in *)&p->addr.sa;

		in->sin_family = AF_INET;
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		p->addr.len = sizeof(*in);
	}
	assert_int_equal(bind(p->listener, (struct sockaddr *)&p->addr.sa, p->addr.len), 0);
	assert_int_equal(listen(p->listener, 16), 0);
	getsockname(p->listener, (struct sockaddr *)&p->addr.sa, &p->addr.len);
	assert_int_equal(io_new(&p->io, IO_KIND_EPOLL, 4, true, NULL), 0);
	return p;
}

static void peer_free(struct peer *p)
{
	io_free(p->io);
	close(p->listener);
	if (*p->path)
		unlink(p->path);
	free(p);
}

/* The next completion, which must come. */
static struct io_event next(struct peer *p)
{
	int64_t deadline_ns = clock_ns() + 5 * NS_PER_S;
	struct io_event event;

	while (!io_next(p->io, &event)) {
		assert_true(clock_ns() < deadline_ns);
		assert_int_equal(io_wait(p->io, deadline_ns), 0);
	}
	return event;
}

static void expect_nothing(struct peer *p)
{
	struct io_event event;

	assert_int_equal(io_wait(p->io, clock_ns() + 20 * NS_PER_MS), 0);
	assert_false(io_next(p->io, &event));
}

static int open_conn(struct peer *p, uint32_t conn)
{
	struct io_event event;
	int fd;

	io_connect(p->io, conn, &p->addr);
	event = next(p);
	assert_int_equal(event.kind, IO_CONNECTED);
	assert_int_equal(event.conn, conn);
	fd = accept(p->listener, NULL, NULL);
	assert_true(fd >= 0);
	return fd;
}

static void converse(int family)
{
	struct peer *p = peer_new(family);
	int fd = open_conn(p, 2);
	struct io_event event;
	char data[16];

	io_send(p->io, 2, (const uint8_t *)"ping", 4);
	assert_int_equal(read(fd, data, sizeof(data)), 4);
	assert_int_equal(write(fd, "pong", 4), 4);
	event = next(p);
	assert_int_equal(event.kind, IO_DATA);
	assert_int_equal(event.conn, 2);
	assert_int_equal(event.len, 4);
	assert_memory_equal(event.data, "pong", 4);
	expect_nothing(p);
	/* the last bytes and the close at once: both are told, in order */
	assert_int_equal(write(fd, "bye", 3), 3);
	close(fd);
	event = next(p);
	assert_int_equal(event.kind, IO_DATA);
	assert_int_equal(event.len, 3);
	event = next(p);
	assert_int_equal(event.kind, IO_EOF);
	io_close(p->io, 2, false);
	expect_nothing(p);
	peer_free(p);
}

static void conversation_unix(void **state)
{
	(void)state;
	converse(AF_UNIX);
}

static void conversation_tcp(void **state)
{
	(void)state;
	converse(AF_INET);
}

/* More than a socket takes at once arrives whole, without the sender hearing of it. */
static void send_a_lot(int family)
{
	enum { SIZE = 8 << 20 };
	struct peer *p = peer_new(family);
	int fd = open_conn(p, 0);
	uint8_t *sent = malloc(SIZE), *got = malloc(SIZE);
	size_t n = 0;

	for (size_t i = 0; i < SIZE; i++)
		sent[i] = (uint8_t)(i * 7 >> 3);
	io_send(p->io, 0, sent, SIZE);
	while (n < SIZE) {
		struct pollfd pfd = {.fd = fd, .events = POLLIN};
		struct io_event event;

		if (poll(&pfd, 1, 0) > 0) {
			ssize_t r = read(fd, got + n, SIZE - n);

			assert_true(r > 0);
			n += (size_t)r;
		}
		io_wait(p->io, clock_ns() + NS_PER_MS);
		assert_false(io_next(p->io, &event));
	}
	assert_memory_equal(sent, got, SIZE);
	free(sent);
	free(got);
	close(fd);
	peer_free(p);
}

static void long_sends_unix(void **state)
{
	(void)state;
	send_a_lot(AF_UNIX);
}

static void long_sends_tcp(void **state)
{
	(void)state;
	send_a_lot(AF_INET);
}

/* Until all has gone out, the connection is sending: also when the peer has spoken meanwhile. */
static void sending_lasts_until_all_has_gone(void **state)
{
	enum { SIZE = 8 << 20 };
	struct peer *p = peer_new(AF_INET);
	int fd = open_conn(p, 0);
	uint8_t *data = calloc(1, SIZE);
	struct io_event event;
	size_t n = 0;

	(void)state;
	io_send(p->io, 0, data, 4);
	assert_false(io_sending(p->io, 0));
	io_send(p->io, 0, data, SIZE);
	assert_true(io_sending(p->io, 0));
	assert_int_equal(write(fd, "early", 5), 5);
	event = next(p);
	assert_int_equal(event.kind, IO_DATA);
	assert_true(io_sending(p->io, 0));
	while (n < SIZE + 4) {
		ssize_t r = recv(fd, data, SIZE, MSG_DONTWAIT);

		if (r > 0)
			n += (size_t)r;
		io_wait(p->io, clock_ns() + NS_PER_MS);
		assert_false(io_next(p->io, &event));
	}
	assert_false(io_sending(p->io, 0));
	free(data);
	close(fd);
	peer_free(p);
}

/* A send that failed stays on the connection's account, whether it has been told yet or not, until it is opened anew. */
static void a_failed_send_is_never_over(void **state)
{
	struct peer *p = peer_new(AF_UNIX);
	int fd = open_conn(p, 0);
	struct io_event event;

	(void)state;
	close(fd);
	io_send(p->io, 0, (const uint8_t *)"ping", 4);
	assert_true(io_sending(p->io, 0));
	event = next(p);
	assert_int_equal(event.kind, IO_FAILED);
	assert_int_equal(event.failed, IO_OP_SEND);
	assert_int_equal(event.error, EPIPE);
	assert_true(io_sending(p->io, 0));
	io_close(p->io, 0, false);
	fd = open_conn(p, 0);
	assert_false(io_sending(p->io, 0));
	close(fd);
	peer_free(p);
}

/* A receive larger than the buffer comes in pieces, from a single edge. */
static void long_receives(void **state)
{
	enum { SIZE = 200 * 1024 };
	struct peer *p = peer_new(AF_UNIX);
	int fd = open_conn(p, 0), size = 4 * SIZE;
	uint8_t *sent = calloc(1, SIZE);
	size_t n = 0;

	(void)state;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	assert_int_equal(write(fd, sent, SIZE), SIZE);
	while (n < SIZE) {
		struct io_event event = next(p);

		assert_int_equal(event.kind, IO_DATA);
		n += event.len;
	}
	assert_int_equal(n, SIZE);
	free(sent);
	close(fd);
	peer_free(p);
}

static void refusals(void **state)
{
	struct peer *p = peer_new(AF_INET);
	struct io_event event;

	(void)state;
	close(p->listener);
	p->listener = -1;
	io_connect(p->io, 1, &p->addr);
	event = next(p);
	assert_int_equal(event.kind, IO_FAILED);
	assert_int_equal(event.failed, IO_OP_CONNECT);
	assert_int_equal(event.error, ECONNREFUSED);
	io_close(p->io, 1, false);
	peer_free(p);

	p = peer_new(AF_UNIX);
	close(p->listener);
	p->listener = -1;
	io_connect(p->io, 1, &p->addr);
	event = next(p);
	assert_int_equal(event.kind, IO_FAILED);
	assert_int_equal(event.error, ECONNREFUSED);
	peer_free(p);
}

static void resets(void **state)
{
	struct linger linger = {.l_onoff = 1};
	struct peer *p = peer_new(AF_INET);
	int fd = open_conn(p, 0);
	struct io_event event;
	char data[4];

	(void)state;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
	event = next(p);
	assert_int_equal(event.kind, IO_FAILED);
	assert_int_equal(event.failed, IO_OP_RECEIVE);
	assert_int_equal(event.error, ECONNRESET);
	io_close(p->io, 0, false);
	/* ours, too: the peer sees a reset, not an orderly end */
	fd = open_conn(p, 0);
	io_close(p->io, 0, true);
	assert_int_equal(read(fd, data, sizeof(data)), -1);
	assert_int_equal(errno, ECONNRESET);
	close(fd);
	peer_free(p);
}

/* What had arrived for a connection that was closed is not told of the one that takes its number. */
static void old_events_do_not_reach_new_connections(void **state)
{
	struct peer *p = peer_new(AF_UNIX);
	int first = open_conn(p, 0), second = open_conn(p, 1), third;
	struct io_event event;

	(void)state;
	assert_int_equal(write(first, "old", 3), 3);
	assert_int_equal(write(second, "old", 3), 3);
	/* both are in one batch; while the first is handled, the other is closed and opened anew */
	event = next(p);
	assert_int_equal(event.kind, IO_DATA);
	io_close(p->io, !event.conn, false);
	io_connect(p->io, !event.conn, &p->addr);
	third = accept(p->listener, NULL, NULL);
	event = next(p);
	assert_int_equal(event.kind, IO_CONNECTED);
	expect_nothing(p);
	assert_int_equal(write(third, "new", 3), 3);
	event = next(p);
	assert_memory_equal(event.data, "new", 3);
	close(first);
	close(second);
	close(third);
	peer_free(p);
}

static void closing_at_once_is_silent(void **state)
{
	struct peer *p = peer_new(AF_UNIX);

	(void)state;
	for (int i = 0; i < 10; i++) { /* more than the queue is long */
		io_connect(p->io, 3, &p->addr);
		io_close(p->io, 3, false);
		close(accept(p->listener, NULL, NULL));
	}
	expect_nothing(p);
	peer_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(conversation_unix),
	    cmocka_unit_test(conversation_tcp),
	    cmocka_unit_test(long_sends_unix),
	    cmocka_unit_test(long_sends_tcp),
	    cmocka_unit_test(sending_lasts_until_all_has_gone),
	    cmocka_unit_test(a_failed_send_is_never_over),
	    cmocka_unit_test(long_receives),
	    cmocka_unit_test(refusals),
	    cmocka_unit_test(resets),
	    cmocka_unit_test(old_events_do_not_reach_new_connections),
	    cmocka_unit_test(closing_at_once_is_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
