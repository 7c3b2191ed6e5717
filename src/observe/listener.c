// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/listener.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "observe/sockdiag.h"

enum { INODES_MAX = 64 }; /* listeners with SO_REUSEPORT can be many */

struct search {
	const struct addr *addr;
	uint64_t inodes[INODES_MAX];
	size_t n;
	struct listen_queue queue;
};

/* True when a listener at `local` gets connections to `wanted`: the same address, or any. */
static bool tcp_covers(const struct listening *l, const struct addr *wanted)
{
	static const uint32_t any[4];
	uint32_t mapped[4] = {0, 0, htonl(0xffff), 0};

	if (!memcmp(l->ip, any, l->family == AF_INET ? 4 : 16))
		return wanted->sa.ss_family == AF_INET || l->family == AF_INET6;
	if (wanted->sa.ss_family == AF_INET) {
		mapped[3] = ((const struct sockaddr_in *)&wanted->sa)->sin_addr.s_addr;
		return l->family == AF_INET ? l->ip[0] == mapped[3] : !memcmp(l->ip, mapped, 16);
	}
	return l->family == AF_INET6 &&
	    !memcmp(l->ip, &((const struct sockaddr_in6 *)&wanted->sa)->sin6_addr, 16);
}

static bool is_wanted(const struct listening *l, const struct addr *wanted)
{
	const char *path = ((const struct sockaddr_un *)&wanted->sa)->sun_path;

	if (wanted->sa.ss_family == AF_UNIX)
		return l->name && l->name_len == strlen(path) && !memcmp(l->name, path, l->name_len);
	/* the port is at the same place in both families */
	return l->port == ((const struct sockaddr_in *)&wanted->sa)->sin_port && tcp_covers(l, wanted);
}

static void visit(const struct listening *l, void *data)
{
	struct search *search = data;
	struct listen_queue *queue = &search->queue;

	if (!is_wanted(l, search->addr))
		return;
	if (l->inode && search->n < INODES_MAX)
		search->inodes[search->n++] = l->inode;
	if (!queue->listeners || l->backlog < queue->backlog)
		queue->backlog = l->backlog;
	queue->waiting += l->waiting;
	queue->listeners++;
}

static int find_inodes(struct search *search)
{
	int rc;

	if (search->addr->sa.ss_family == AF_UNIX)
		return sockdiag_listening(AF_UNIX, visit, search);
	rc = sockdiag_listening(AF_INET6, visit, search); /* which may cover IPv4, too */
	if (search->addr->sa.ss_family == AF_INET && rc != -ENOMEM)
		rc = sockdiag_listening(AF_INET, visit, search);
	return rc;
}

static bool is_wanted_socket(const struct search *search, const char *link)
{
	char wanted[32];

	for (size_t i = 0; i < search->n; i++) {
		snprintf(wanted, sizeof(wanted), "socket:[%llu]", (unsigned long long)search->inodes[i]);
		if (!strcmp(link, wanted))
			return true;
	}
	return false;
}

static bool holds_socket(const struct search *search, const char *pid)
{
	char path[64], link[64];
	struct dirent *entry;
	bool holds = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	dir = opendir(path);
	for (entry = dir ? readdir(dir) : NULL; entry && !holds; entry = readdir(dir)) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);

		if (n > 0) {
			link[n] = '\0';
			holds = is_wanted_socket(search, link);
		}
	}
	if (dir)
		closedir(dir);
	return holds;
}

int listener_queue(const struct addr *addr, struct listen_queue *queue)
{
	struct search search = {.addr = addr};
	int rc = find_inodes(&search);

	if (!rc)
		*queue = search.queue;
	return rc;
}

int listener_find(const struct addr *addr, pid_t *pids, size_t max)
{
	struct search search = {.addr = addr};
	struct dirent *entry;
	int n = 0, rc = find_inodes(&search);
	DIR *proc;

	if (rc || !search.n)
		return rc;
	proc = opendir("/proc");
	for (entry = proc ? readdir(proc) : NULL; entry && (size_t)n < max; entry = readdir(proc))
		if (isdigit((unsigned char)entry->d_name[0]) && holds_socket(&search, entry->d_name))
			pids[n++] = (pid_t)strtol(entry->d_name, NULL, 10);
	if (proc)
		closedir(proc);
	return n;
}
