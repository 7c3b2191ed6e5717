// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the floors share: floor_X ADDRESS CLIENTS SECONDS PIPELINE, where ADDRESS is a port of 127.0.0.1 or the path of a unix
 * socket. A floor is the least program that keeps so many connections busy by one method: it reads nothing of a response but
 * its length, measures no latency, and gives up at the first failure.
 */
#ifndef MAXQ_BENCH_FLOOR_H
#define MAXQ_BENCH_FLOOR_H

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { FLOOR_CLIENTS_MAX = 16384, FLOOR_PIPELINE_MAX = 64 };

static const char floor_request[] = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
static const char floor_last_request[] =
    "GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

struct floor {
	struct sockaddr_storage addr;
	socklen_t addr_len;
	unsigned clients, pipeline;
	int64_t end_ns, began_ns;
	uint64_t bytes;                 /* received so far */
	size_t response_len;            /* of each: all are the same */
	size_t owed[FLOOR_CLIENTS_MAX]; /* bytes still to come before the next requests are sent */
	char requests[FLOOR_PIPELINE_MAX * sizeof(floor_request)];
	size_t requests_len;
};

static inline int64_t floor_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static inline void floor_die(const char *what)
{
	perror(what);
	exit(1);
}

static inline int floor_connect(const struct floor *f)
{
	int fd = socket(f->addr.ss_family, SOCK_STREAM, 0), one = 1;

	if (fd < 0 || connect(fd, (const struct sockaddr *)&f->addr, f->addr_len))
		floor_die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

/* Reads the command line, and asks once to learn how long a response is. */
static inline void floor_init(struct floor *f, int argc, char **argv, const char *request)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&f->addr;
	struct sockaddr_un *un = (struct sockaddr_un *)&f->addr;
	char response[4096];
	ssize_t n;
	int fd;

	if (argc != 5) {
		fprintf(stderr, "usage: %s PORT|PATH CLIENTS SECONDS PIPELINE\n", argv[0]);
		exit(2);
	}
	memset(f, 0, sizeof(*f));
	if (argv[1][0] == '/') {
		un->sun_family = AF_UNIX;
		snprintf(un->sun_path, sizeof(un->sun_path), "%s", argv[1]);
		f->addr_len = sizeof(*un);
	} else {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		f->addr_len = sizeof(*in);
	}
	f->clients = (unsigned)strtoul(argv[2], NULL, 10);
	f->pipeline = (unsigned)strtoul(argv[4], NULL, 10);
	if (!f->clients || f->clients > FLOOR_CLIENTS_MAX || !f->pipeline || f->pipeline > FLOOR_PIPELINE_MAX)
		exit(2);
	for (unsigned i = 0; i < f->pipeline; i++) {
		memcpy(f->requests + f->requests_len, request, strlen(request));
		f->requests_len += strlen(request);
	}
	fd = floor_connect(f);
	if (send(fd, request, strlen(request), 0) < 0)
		floor_die("send");
	n = recv(fd, response, sizeof(response), 0);
	if (n <= 0)
		floor_die("recv");
	close(fd);
	f->response_len = (size_t)n;
	f->began_ns = floor_now_ns();
	f->end_ns = f->began_ns + strtol(argv[3], NULL, 10) * 1000000000LL;
}

/* So many bytes have come for client i: true when it has all and may send again. */
static inline int floor_received(struct floor *f, unsigned i, size_t n)
{
	f->bytes += n;
	f->owed[i] -= n;
	if (f->owed[i])
		return 0;
	f->owed[i] = f->pipeline * f->response_len;
	return 1;
}

static inline int floor_report(const struct floor *f)
{
	printf("floor %.0f q/s\n",
	    (double)f->bytes / (double)f->response_len * 1e9 / (double)(floor_now_ns() - f->began_ns));
	return 0;
}

#endif
