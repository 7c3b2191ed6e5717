// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

static int resolve_unix(const struct url *url, struct addr *addr)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&addr->sa;

	memset(addr, 0, sizeof(*addr));
	un->sun_family = AF_UNIX;
	snprintf(un->sun_path, sizeof(un->sun_path), "%s", url->socket_path);
	addr->len = sizeof(*un);
	return 1;
}

int addr_resolve(const struct url *url, struct addr *addrs, size_t max, struct err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *list, *ai;
	char port[8];
	size_t n = 0;
	int rc;

	if (url->is_unix)
		return resolve_unix(url, addrs);
	snprintf(port, sizeof(port), "%u", url->port);
	rc = getaddrinfo(url->host, port, &hints, &list);
	if (rc)
		return err_set(err, -EHOSTUNREACH, "cannot find host '%s': %s", url->host,
		    rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
	for (ai = list; ai && n < max; ai = ai->ai_next, n++) {
		memset(&addrs[n], 0, sizeof(addrs[n]));
		memcpy(&addrs[n].sa, ai->ai_addr, ai->ai_addrlen);
		addrs[n].len = ai->ai_addrlen;
	}
	freeaddrinfo(list);
	return (int)n;
}

void addr_format(const struct addr *addr, char *text, size_t size)
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)&addr->sa;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&addr->sa;
	char host[INET6_ADDRSTRLEN] = "?";

	switch (addr->sa.ss_family) {
	case AF_UNIX:
		snprintf(text, size, "unix:%s", ((const struct sockaddr_un *)&addr->sa)->sun_path);
		return;
	case AF_INET:
		inet_ntop(AF_INET, &in4->sin_addr, host, sizeof(host));
		snprintf(text, size, "%s:%u", host, ntohs(in4->sin_port));
		return;
	case AF_INET6:
		inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		snprintf(text, size, "[%s]:%u", host, ntohs(in6->sin6_port));
		return;
	default:
		snprintf(text, size, "address family %d", addr->sa.ss_family);
	}
}

bool addr_is_local(const struct addr *addr)
{
	struct addr any_port = *addr;
	int fd, rc;

	if (addr->sa.ss_family == AF_UNIX)
		return true;
	/* only an address of this machine can be bound to */
	if (addr->sa.ss_family == AF_INET)
		((struct sockaddr_in *)&any_port.sa)->sin_port = 0;
	else
		((struct sockaddr_in6 *)&any_port.sa)->sin6_port = 0;
	fd = socket(addr->sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	rc = bind(fd, (struct sockaddr *)&any_port.sa, any_port.len);
	close(fd);
	return rc == 0;
}

int addr_wait(int fd, short events, int64_t deadline_ns)
{
	struct pollfd pfd = {.fd = fd, .events = events};

	for (;;) {
		int64_t left_ns = deadline_ns - clock_ns();
		struct timespec ts;
		int n;

		if (left_ns <= 0)
			return -ETIMEDOUT;
		ts = (struct timespec){.tv_sec = left_ns / NS_PER_S, .tv_nsec = left_ns % NS_PER_S};
		n = ppoll(&pfd, 1, &ts, NULL);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

int addr_connect(const struct addr *addr, int64_t timeout_ns)
{
	int fd = socket(addr->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int failure = 0;
	socklen_t len = sizeof(failure);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&addr->sa, addr->len)) {
		rc = errno == EINPROGRESS ? addr_wait(fd, POLLOUT, clock_ns() + timeout_ns) : -errno;
		if (!rc && !getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len))
			rc = -failure;
	}
	if (!rc && fcntl(fd, F_SETFL, 0) < 0)
		rc = -errno;
	if (rc) {
		close(fd);
		return rc;
	}
	return fd;
}
