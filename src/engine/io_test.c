// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The contract of io.h on real sockets, for each engine: a peer in the same thread, over a unix socket and over TCP. What was
 * submitted goes out when the io waits, so the peer looks for it only then.
 */
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

/* With connections to keep. */
static const struct io_spec usual = {.n_conns = 4, .keepalive = true};

static struct peer *peer_new_like(const struct io_spec *spec, enum io_kind kind, int family)
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
	assert_int_equal(io_new(&p->io, kind, spec, NULL), 0);
	return p;
}

static struct peer *peer_new(void **state, int family)
{
	return peer_new_like(&usual, *(enum io_kind *)*state, family);
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

/* Lets go out what was submitted. */
static void flush(struct peer *p)
{
	assert_int_equal(io_wait(p->io, 0), 0);
}

static void start_conn(struct peer *p, uint32_t conn)
{
	io_connect(p->io, conn, &(struct io_open){.to = &p->addr});
}

static int open_conn(struct peer *p, uint32_t conn)
{
	struct io_event event;
	int fd;

	start_conn(p, conn);
	event = next(p);
	assert_int_equal(event.kind, IO_CONNECTED);
	assert_int_equal(event.conn, conn);
	fd = accept(p->listener, NULL, NULL);
	assert_true(fd >= 0);
	return fd;
}

static void converse(void **state, int family)
{
	struct peer *p = peer_new(state, family);
	int fd = open_conn(p, 2);
	struct io_event event;
	char data[16];

	io_send(p->io, 2, (const uint8_t *)"ping", 4);
	flush(p);
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
	io_close(p->io, 2);
	expect_nothing(p);
	peer_free(p);
}

static void conversation_unix(void **state)
{
	converse(state, AF_UNIX);
}

static void conversation_tcp(void **state)
{
	converse(state, AF_INET);
}

/* More than a socket takes at once arrives whole, without the sender hearing of it. */
static void send_a_lot(void **state, int family)
{
	enum { SIZE = 8 << 20 };
	struct peer *p = peer_new(state, family);
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
	send_a_lot(state, AF_UNIX);
}

static void long_sends_tcp(void **state)
{
	send_a_lot(state, AF_INET);
}

/* Until all has gone out, the connection is sending: also when the peer has spoken meanwhile. */
static void sending_lasts_until_all_has_gone(void **state)
{
	enum { SIZE = 8 << 20 };
	struct peer *p = peer_new(state, AF_INET);
	int fd = open_conn(p, 0);
	uint8_t *data = calloc(1, SIZE);
	struct io_event event;
	size_t n = 0;

	io_send(p->io, 0, data, 4);
	expect_nothing(p);
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
	struct peer *p = peer_new(state, AF_UNIX);
	int fd = open_conn(p, 0);
	struct io_event event;

	close(fd);
	io_send(p->io, 0, (const uint8_t *)"ping", 4);
	assert_true(io_sending(p->io, 0));
	event = next(p);
	assert_int_equal(event.kind, IO_FAILED);
	assert_int_equal(event.failed, IO_OP_SEND);
	assert_int_equal(event.error, EPIPE);
	assert_true(io_sending(p->io, 0));
	io_close(p->io, 0);
	fd = open_conn(p, 0);
	assert_false(io_sending(p->io, 0));
	close(fd);
	peer_free(p);
}

/* A receive larger than the buffer comes in pieces, from a single edge. */
static void long_receives(void **state)
{
	enum { SIZE = 200 * 1024 };
	struct peer *p = peer_new(state, AF_UNIX);
	int fd = open_conn(p, 0), size = 4 * SIZE;
	uint8_t *sent = calloc(1, SIZE);
	size_t n = 0;

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
	struct peer *p = peer_new(state, AF_INET);
	struct io_event event;

	close(p->listener);
	p->listener = -1;
	start_conn(p, 1);
	event = next(p);
	assert_int_equal(event.kind, IO_FAILED);
	assert_int_equal(event.failed, IO_OP_CONNECT);
	assert_int_equal(event.error, ECONNREFUSED);
	io_close(p->io, 1);
	peer_free(p);

	p = peer_new(state, AF_UNIX);
	close(p->listener);
	p->listener = -1;
	start_conn(p, 1);
	event = next(p);
	assert_int_equal(event.kind, IO_FAILED);
	assert_int_equal(event.error, ECONNREFUSED);
	peer_free(p);
}

static void resets(void **state)
{
	struct linger linger = {.l_onoff = 1};
	struct peer *p = peer_new(state, AF_INET);
	int fd = open_conn(p, 0);
	struct io_event event;
	char data[4];

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
	event = next(p);
	assert_int_equal(event.kind, IO_FAILED);
	assert_int_equal(event.failed, IO_OP_RECEIVE);
	assert_int_equal(event.error, ECONNRESET);
	io_close(p->io, 0);
	peer_free(p);

	/* ours, too: the peer sees a reset, not an orderly end */
	for (int keepalive = 0; keepalive < 2; keepalive++) {
		struct io_spec spec = {.n_conns = 1, .keepalive = keepalive, .reset = true};

		p = peer_new_like(&spec, *(enum io_kind *)*state, AF_INET);
		fd = open_conn(p, 0);
		io_close(p->io, 0);
		expect_nothing(p);
		assert_int_equal(read(fd, data, sizeof(data)), -1);
		assert_int_equal(errno, ECONNRESET);
		close(fd);
		peer_free(p);
	}
}

/* Opened, sent, received and closed, again and again, as with a connection for each request. */
static void one_request_each(void **state, int family)
{
	struct io_spec spec = {.n_conns = 2};
	struct peer *p = peer_new_like(&spec, *(enum io_kind *)*state, family);
	struct io_open with_data = {.to = &p->addr, .data = (const uint8_t *)"ping", .len = 4};
	struct io_event event;
	char data[8];

	for (int i = 0; i < 8; i++) {
		int fd;

		io_connect(p->io, 1, &with_data);
		event = next(p);
		assert_int_equal(event.kind, IO_CONNECTED);
		expect_nothing(p);
		assert_false(io_sending(p->io, 1));
		fd = accept(p->listener, NULL, NULL);
		assert_int_equal(read(fd, data, sizeof(data)), 4);
		/* in two pieces, each of which is told */
		for (int k = 0; k < 2; k++) {
			assert_int_equal(write(fd, "pong", 4), 4);
			event = next(p);
			assert_int_equal(event.kind, IO_DATA);
			assert_memory_equal(event.data, "pong", 4);
		}
		io_close(p->io, 1);
		expect_nothing(p);
		assert_int_equal(read(fd, data, sizeof(data)), 0);
		close(fd);
	}
	/* one that ends in the middle, and one that nobody takes */
	io_connect(p->io, 0, &with_data);
	event = next(p);
	assert_int_equal(event.kind, IO_CONNECTED);
	close(accept(p->listener, NULL, NULL));
	event = next(p);
	assert_true(event.kind == IO_FAILED || event.kind == IO_EOF); /* what was not read resets */
	io_close(p->io, 0);
	close(p->listener);
	p->listener = -1;
	io_connect(p->io, 0, &with_data);
	event = next(p);
	assert_int_equal(event.kind, IO_FAILED);
	assert_int_equal(event.failed, IO_OP_CONNECT);
	assert_int_equal(event.error, ECONNREFUSED);
	io_close(p->io, 0);
	expect_nothing(p);
	peer_free(p);
}

static void one_request_each_unix(void **state)
{
	one_request_each(state, AF_UNIX);
}

static void one_request_each_tcp(void **state)
{
	one_request_each(state, AF_INET);
}

/* What is sent by opening is sent whole, too, however large. */
static void long_sends_by_opening(void **state)
{
	enum { SIZE = 8 << 20 };
	struct io_spec spec = {.n_conns = 1};
	struct peer *p = peer_new_like(&spec, *(enum io_kind *)*state, AF_INET);
	uint8_t *sent = calloc(1, SIZE), *got = malloc(SIZE);
	struct io_event event;
	size_t n = 0;
	int fd;

	for (size_t i = 0; i < SIZE; i++)
		sent[i] = (uint8_t)(i * 5 >> 3);
	io_connect(p->io, 0, &(struct io_open){.to = &p->addr, .data = sent, .len = SIZE});
	flush(p);
	fd = accept(p->listener, NULL, NULL);
	while (n < SIZE) {
		ssize_t r = recv(fd, got + n, SIZE - n, MSG_DONTWAIT);

		if (r > 0)
			n += (size_t)r;
		assert_int_equal(io_wait(p->io, clock_ns() + NS_PER_MS), 0);
		while (io_next(p->io, &event))
			assert_int_equal(event.kind, IO_CONNECTED);
	}
	assert_memory_equal(sent, got, SIZE);
	assert_false(io_sending(p->io, 0));
	free(sent);
	free(got);
	close(fd);
	peer_free(p);
}

/* From an address of our choice, as --source gives it. */
static void source_addresses(void **state)
{
	struct peer *p = peer_new(state, AF_INET);
	struct addr from = {.len = sizeof(struct sockaddr_in)};
	struct sockaddr_in *in = (struct sockaddr_in *)&from.sa, seen;
	socklen_t len = sizeof(seen);
	struct io_event event;
	int fd;

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK + 6);
	io_connect(p->io, 0, &(struct io_open){.to = &p->addr, .from = &from});
	event = next(p);
	assert_int_equal(event.kind, IO_CONNECTED);
	fd = accept(p->listener, (struct sockaddr *)&seen, &len);
	assert_int_equal(seen.sin_addr.s_addr, in->sin_addr.s_addr);
	close(fd);
	/* not one of this machine */
	in->sin_addr.s_addr = htonl(0xc0000201);
	io_connect(p->io, 1, &(struct io_open){.to = &p->addr, .from = &from});
	do
		event = next(p);
	while (!event.conn); /* the end of the one above */
	assert_int_equal(event.kind, IO_FAILED);
	assert_int_equal(event.failed, IO_OP_CONNECT);
	assert_int_equal(event.error, EADDRNOTAVAIL);
	peer_free(p);
}

/* What had arrived for a connection that was closed is not told of the one that takes its number. */
static void old_events_do_not_reach_new_connections(void **state)
{
	struct peer *p = peer_new(state, AF_UNIX);
	int first = open_conn(p, 0), second = open_conn(p, 1), third;
	struct io_event event;

	assert_int_equal(write(first, "old", 3), 3);
	assert_int_equal(write(second, "old", 3), 3);
	/* both are in one batch; while the first is handled, the other is closed and opened anew */
	event = next(p);
	assert_int_equal(event.kind, IO_DATA);
	io_close(p->io, !event.conn);
	start_conn(p, !event.conn);
	flush(p);
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
	struct peer *p = peer_new(state, AF_UNIX);

	for (int i = 0; i < 10; i++) { /* more than the queue is long */
		start_conn(p, 3);
		io_close(p->io, 3);
		expect_nothing(p);
		close(accept(p->listener, NULL, NULL));
	}
	expect_nothing(p);
	peer_free(p);
}

#define TEST(name)          \
	{                   \
#name, name \
	}

static const struct {
	const char *name;
	CMUnitTestFunction run;
} contract[] = {
    TEST(conversation_unix),
    TEST(conversation_tcp),
    TEST(long_sends_unix),
    TEST(long_sends_tcp),
    TEST(sending_lasts_until_all_has_gone),
    TEST(a_failed_send_is_never_over),
    TEST(long_receives),
    TEST(refusals),
    TEST(resets),
    TEST(one_request_each_unix),
    TEST(one_request_each_tcp),
    TEST(long_sends_by_opening),
    TEST(source_addresses),
    TEST(old_events_do_not_reach_new_connections),
    TEST(closing_at_once_is_silent),
};

static void test_choice(void **state)
{
	struct io_spec spec = {.n_conns = 1, .keepalive = true};
	enum io_kind many, closing;

	(void)state;
	assert_int_equal(io_choose(IO_KIND_AUTO, &spec), IO_KIND_POLL);
	assert_int_equal(io_choose(IO_KIND_EPOLL, &spec), IO_KIND_EPOLL);
	spec.n_conns = 1000;
	many = io_choose(IO_KIND_AUTO, &spec);
	spec.keepalive = false;
	closing = io_choose(IO_KIND_AUTO, &spec);
	assert_int_equal(closing, many);
	/* no io_uring here */
	if (io_choose(IO_KIND_URING, &spec) != IO_KIND_URING)
		assert_int_equal(many, IO_KIND_EPOLL);
	else
		assert_int_equal(many, IO_KIND_URING);
}

/* All of the contract by each engine that works here. */
int main(void)
{
	static enum io_kind kinds[] = {IO_KIND_EPOLL, IO_KIND_POLL, IO_KIND_URING};
	static char names[ARRAY_SIZE(kinds) * ARRAY_SIZE(contract)][80];
	struct CMUnitTest tests[1 + ARRAY_SIZE(names)] = {0};
	size_t n = 1;

	tests[0] = (struct CMUnitTest)cmocka_unit_test(test_choice);
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		if (io_choose(kinds[k], &usual) != kinds[k]) {
			fprintf(stderr, "# %s does not work here\n", io_kind_name(kinds[k]));
			continue;
		}
		for (size_t i = 0; i < ARRAY_SIZE(contract); i++) {
			snprintf(names[n - 1], sizeof(names[n - 1]), "%s: %s", io_kind_name(kinds[k]),
			    contract[i].name);
			tests[n] = (struct CMUnitTest){
			    .name = names[n - 1], .test_func = contract[i].run, .initial_state = &kinds[k]};
			n++;
		}
	}
	return _cmocka_run_group_tests("io", tests, n, NULL, NULL);
}
