// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/io_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

int io_socket_open(int *fd, const struct io_spec *spec, const struct io_open *open)
{
	int one = 1, rc;

	*fd = socket(open->to->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return -errno;
	if (open->to->sa.ss_family == AF_UNIX)
		return 0;
	if (spec->keepalive)
		setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (!open->from)
		return 0;
	/* the port is chosen by connect, when both ends are known: so each destination has all ports again */
	setsockopt(*fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (!bind(*fd, (const struct sockaddr *)&open->from->sa, open->from->len))
		return 0;
	rc = -errno;
	close(*fd);
	*fd = -1;
	return rc;
}

void io_socket_linger(int fd, const struct io_spec *spec)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	if (spec->reset)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}
