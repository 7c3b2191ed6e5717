// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/interrupt.h"

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

int addr_parse_ip(const char *text, struct addr *addr)
{
	struct addr parsed = {0};
	struct sockaddr_in *in4 = (struct sockaddr_in *)&parsed.sa;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&parsed.sa;

	if (inet_pton(AF_INET, text, &in4->sin_addr) == 1) {
		in4->sin_family = AF_INET;
		parsed.len = sizeof(*in4);
	} else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		parsed.len = sizeof(*in6);
	} else {
		return -EINVAL;
	}
	*addr = parsed;
	return 0;
}

void addr_format_ip(const struct addr *addr, char *text, size_t size)
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)&addr->sa;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&addr->sa;
	const void *ip = addr->sa.ss_family == AF_INET ? (const void *)&in4->sin_addr : &in6->sin6_addr;

	if (!inet_ntop(addr->sa.ss_family, ip, text, (socklen_t)size))
		snprintf(text, size, "?");
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

/* An IPv4 address in IPv6 clothes, "::ffff:127.0.0.1": true, and *in4, when it is one. */
static bool is_mapped(const struct sockaddr_in6 *in6, struct in_addr *in4)
{
	if (!IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		return false;
	memcpy(in4, &in6->sin6_addr.s6_addr[12], sizeof(*in4));
	return true;
}

static bool has_in4(const struct ifaddrs *list, struct in_addr in4)
{
	if (ntohl(in4.s_addr) >> 24 == IN_LOOPBACKNET || in4.s_addr == INADDR_ANY)
		return true;
	for (const struct ifaddrs *i = list; i; i = i->ifa_next)
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET &&
		    ((const struct sockaddr_in *)i->ifa_addr)->sin_addr.s_addr == in4.s_addr)
			return true;
	return false;
}

static bool has_in6(const struct ifaddrs *list, const struct sockaddr_in6 *in6)
{
	if (IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) || IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr))
		return true;
	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		const struct sockaddr_in6 *own = (const struct sockaddr_in6 *)i->ifa_addr;

		if (!own || own->sin6_family != AF_INET6 ||
		    !IN6_ARE_ADDR_EQUAL(&own->sin6_addr, &in6->sin6_addr))
			continue;
		/* neighbours on different links may have the same link-local address */
		if (!IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr) || own->sin6_scope_id == in6->sin6_scope_id)
			return true;
	}
	return false;
}

/* Not by binding to it: where net.ipv4.ip_nonlocal_bind is set, any address can be bound to. */
bool addr_is_local(const struct addr *addr)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&addr->sa;
	struct in_addr in4 = ((const struct sockaddr_in *)&addr->sa)->sin_addr;
	struct ifaddrs *list = NULL;
	bool found;

	if (addr->sa.ss_family == AF_UNIX)
		return true;
	if (getifaddrs(&list))
		list = NULL; /* loopback is known without */
	if (addr->sa.ss_family == AF_INET || is_mapped(in6, &in4))
		found = has_in4(list, in4);
	else
		found = addr->sa.ss_family == AF_INET6 && has_in6(list, in6);
	freeifaddrs(list);
	return found;
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
		if (interrupt_signal())
			return -EINTR;
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
