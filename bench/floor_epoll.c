// SPDX-License-Identifier: GPL-3.0-or-later
/* Keep-alive by epoll, edge-triggered. */
#include <sys/epoll.h>

#include "floor.h"

static struct floor f;
static int fds[FLOOR_CLIENTS_MAX];

static void ask(unsigned i)
{
	if (send(fds[i], f.requests, f.requests_len, MSG_NOSIGNAL) < 0)
		floor_die("send");
}

int main(int argc, char **argv)
{
	static struct epoll_event events[1024];
	static char data[65536];
	int epoll = epoll_create1(0);

	floor_init(&f, argc, argv, floor_request);
	for (unsigned i = 0; i < f.clients; i++) {
		struct epoll_event ev = {.events = EPOLLIN | EPOLLET, .data.u32 = i};

		fds[i] = floor_connect(&f);
		f.owed[i] = f.pipeline * f.response_len;
		epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &ev);
		ask(i);
	}
	while (floor_now_ns() < f.end_ns) {
		int n_events = epoll_wait(epoll, events, 1024, 100);

		for (int k = 0; k < n_events; k++) {
			unsigned i = events[k].data.u32;
			ssize_t n = recv(fds[i], data, sizeof(data), MSG_DONTWAIT);

			if (n > 0 && floor_received(&f, i, (size_t)n))
				ask(i);
			else if (!n || (n < 0 && errno != EAGAIN))
				floor_die("recv");
		}
	}
	return floor_report(&f);
}
