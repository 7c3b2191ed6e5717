// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A server for tests of `maxq profile --functions`: answers any request by http, after it has spent a fixed work in two
 * functions, 7 parts in one and 3 in the other. It is compiled with frame pointers, so that callers show.
 *
 *     burn_server PORT THREAD     THREAD 1: the work is done by a thread that is started for each connection
 */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS_MAX = 64, WORK = 5000 };

static volatile unsigned long sink;

/* Not static: they are to be found. */
void burn_seventy(void);
void burn_thirty(void);
void answer(int fd);

/* Each step waits for the one before, so that all take alike long. */
static inline __attribute__((always_inline)) void burn(unsigned long steps)
{
	unsigned long x = steps;

	/* who calls nobody gets a frame only if he asks for it */
	__asm__ volatile("" : : "r"(__builtin_frame_address(0)));
	for (unsigned long i = 0; i < steps; i++)
		x = x * 6364136223846793005UL + 1442695040888963407UL;
	sink = x;
}

__attribute__((noinline)) void burn_seventy(void)
{
	burn(7UL * WORK);
}

__attribute__((noinline)) void burn_thirty(void)
{
	burn(3UL * WORK);
}

__attribute__((noinline)) void answer(int fd)
{
	static const char response[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";

	burn_seventy();
	burn_thirty();
	if (send(fd, response, sizeof(response) - 1, MSG_NOSIGNAL) < 0)
		return;
}

static void *answer_in_thread(void *fd)
{
	answer((int)(intptr_t)fd);
	return NULL;
}

/* Requests of maxq come in one piece: false when the client is gone. */
static int serve(int fd, int in_thread)
{
	char request[4096];
	pthread_t thread;

	if (recv(fd, request, sizeof(request), 0) <= 0)
		return 0;
	if (!in_thread) {
		answer(fd);
		return 1;
	}
	if (!pthread_create(&thread, NULL, answer_in_thread, (void *)(intptr_t)fd))
		pthread_join(thread, NULL);
	return 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct pollfd fds[1 + CLIENTS_MAX];
	unsigned n = 1;
	int one = 1;

	if (argc != 3)
		return 2;
	alarm(120);
	in.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	fds[0] = (struct pollfd){.fd = socket(AF_INET, SOCK_STREAM, 0), .events = POLLIN};
	setsockopt(fds[0].fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fds[0].fd, (struct sockaddr *)&in, sizeof(in)) || listen(fds[0].fd, 128)) {
		perror("listen");
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		if (poll(fds, n, -1) < 0)
			return 1;
		for (unsigned i = n; i-- > 1;) {
			if (fds[i].revents && !serve(fds[i].fd, argv[2][0] == '1')) {
				close(fds[i].fd);
				fds[i] = fds[--n];
			}
		}
		if (fds[0].revents && n <= CLIENTS_MAX) {
			int fd = accept(fds[0].fd, NULL, NULL);

			if (fd >= 0)
				fds[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
		}
	}
}
