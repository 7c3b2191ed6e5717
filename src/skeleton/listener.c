// SPDX-License-Identifier: GPL-3.0-or-later
#include "skeleton/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

/* Removes the file of a socket that nobody listens on any more, as a killed server leaves it. */
static void remove_stale(const struct addr *addr)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)&addr->sa;
	struct stat st;
	int fd;

	if (lstat(un->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return;
	fd = addr_connect(addr, NS_PER_S);
	if (fd == -ECONNREFUSED)
		unlink(un->sun_path);
	else if (fd >= 0)
		close(fd);
}

int listener_open(struct addr *addr, unsigned backlog, struct err *err)
{
	char text[ADDR_TEXT_MAX];
	int one = 1, rc;
	int fd = socket(addr->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	addr_format(addr, text, sizeof(text));
	if (fd < 0)
		return err_set(err, -errno, "cannot open a socket for '%s': %s", text, strerror(errno));
	if (addr->sa.ss_family == AF_UNIX) {
		remove_stale(addr);
	} else {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		/* what is accepted inherits it */
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	}
	if (bind(fd, (struct sockaddr *)&addr->sa, addr->len) || listen(fd, (int)backlog) ||
	    getsockname(fd, (struct sockaddr *)&addr->sa, &addr->len)) {
		rc = err_set(err, -errno, "cannot listen on '%s': %s", text, strerror(errno));
		close(fd);
		return rc;
	}
	return fd;
}
