// SPDX-License-Identifier: GPL-3.0-or-later
/* Keep-alive by trying every socket, and by poll where that found nothing. */
#include <poll.h>

#include "floor.h"

static struct floor f;
static struct pollfd fds[FLOOR_CLIENTS_MAX];

static void ask(unsigned i)
{
	if (send(fds[i].fd, f.requests, f.requests_len, MSG_NOSIGNAL) < 0)
		floor_die("send");
}

int main(int argc, char **argv)
{
	static char data[65536];

	floor_init(&f, argc, argv, floor_request);
	for (unsigned i = 0; i < f.clients; i++) {
		fds[i] = (struct pollfd){.fd = floor_connect(&f), .events = POLLIN};
		f.owed[i] = f.pipeline * f.response_len;
		ask(i);
	}
	while (floor_now_ns() < f.end_ns) {
		unsigned found = 0;

		for (unsigned i = 0; i < f.clients; i++) {
			ssize_t n = recv(fds[i].fd, data, sizeof(data), MSG_DONTWAIT);

			if (n > 0 && floor_received(&f, i, (size_t)n))
				ask(i);
			else if (!n || (n < 0 && errno != EAGAIN))
				floor_die("recv");
			found += n > 0;
		}
		if (2 * found < f.clients)
			poll(fds, f.clients, 100);
	}
	return floor_report(&f);
}
