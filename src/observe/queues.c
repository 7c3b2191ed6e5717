// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/queues.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "observe/sockdiag.h"

enum { SOCKETS_MAX = 65536, LISTENING_MAX = 256 };

/* A listening socket of the server's. */
struct owned {
	uint32_t inode;
	char component[COMPONENT_NAME_MAX];
};

struct queues {
	struct sockdiag *sockdiag; /* NULL: nothing can be asked */
	size_t n;
	struct owned owned[LISTENING_MAX];
	/* of all listening sockets, while those of the server are looked for */
	size_t n_all;
	uint32_t all[LISTENING_MAX * 16];
};

int queues_new(struct queues **queues)
{
	*queues = calloc(1, sizeof(**queues));
	if (!*queues)
		return -ENOMEM;
	if (sockdiag_new(&(*queues)->sockdiag))
		(*queues)->sockdiag = NULL;
	return 0;
}

void queues_free(struct queues *queues)
{
	if (queues)
		sockdiag_free(queues->sockdiag);
	free(queues);
}

static void note_inode(const struct listening *l, void *data)
{
	struct queues *q = data;

	if (q->n_all < sizeof(q->all) / sizeof(q->all[0]))
		q->all[q->n_all++] = l->inode;
}

static void for_all(struct queues *q, void (*visit)(const struct listening *, void *), void *data)
{
	static const int families[] = {AF_INET, AF_INET6, AF_UNIX};

	for (size_t i = 0; q->sockdiag && i < sizeof(families) / sizeof(families[0]); i++)
		sockdiag_visit(q->sockdiag, families[i], visit, data);
}

/* The socket behind a link such as "socket:[123]", if it listens. */
static void take_link(struct queues *q, const char *link, const char *component)
{
	unsigned inode;

	if (sscanf(link, "socket:[%u]", &inode) != 1 || q->n == LISTENING_MAX)
		return;
	for (size_t i = 0; i < q->n; i++)
		if (q->owned[i].inode == inode)
			return;
	for (size_t i = 0; i < q->n_all; i++) {
		if (q->all[i] != inode)
			continue;
		q->owned[q->n].inode = inode;
		snprintf(q->owned[q->n].component, COMPONENT_NAME_MAX, "%s", component);
		q->n++;
		return;
	}
}

static void find_of(struct queues *q, pid_t pid, const char *component)
{
	char path[64], link[64];
	struct dirent *entry;
	size_t files = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	for (entry = dir ? readdir(dir) : NULL; entry && files < SOCKETS_MAX; entry = readdir(dir)) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);

		files++;
		if (n <= 0)
			continue;
		link[n] = '\0';
		take_link(q, link, component);
	}
	if (dir)
		closedir(dir);
}

void queues_find(struct queues *q, const struct procs *procs)
{
	q->n = 0;
	q->n_all = 0;
	for_all(q, note_inode, q);
	for (size_t i = 0; procs && i < procs_count(procs); i++)
		if (procs_alive(procs, i))
			find_of(q, procs_facts(procs, i)->pid, procs_facts(procs, i)->component);
}

struct reading {
	const struct queues *queues;
	struct queue_state *state;
};

static void read_queue(const struct listening *l, void *data)
{
	const struct reading *reading = data;
	struct queue_state *state = reading->state;

	for (size_t i = 0; i < reading->queues->n; i++) {
		const struct owned *owned = &reading->queues->owned[i];
		/* one more than the backlog may wait, in both families */
		bool full = l->waiting > l->backlog;

		if (owned->inode != l->inode)
			continue;
		if (state->component[0] &&
		    (full < state->full || (full == state->full && l->waiting <= state->waiting)))
			return;
		state->full = full;
		state->waiting = l->waiting;
		state->backlog = l->backlog;
		snprintf(state->component, sizeof(state->component), "%s", owned->component);
		return;
	}
}

/* The value of a name in the section TcpExt of /proc/net/netstat: a line of names, then one of values. */
static uint64_t netstat_value(const char *text, const char *name)
{
	const char *names = strstr(text, "TcpExt: "), *values = names ? strchr(names, '\n') : NULL;
	size_t len = strlen(name);

	values = values ? strstr(values, "TcpExt: ") : NULL;
	while (values && *names != '\n') {
		names += strcspn(names, " \n");
		values += strcspn(values, " \n");
		if (*names != ' ' || *values != ' ')
			break;
		names++;
		values++;
		if (!strncmp(names, name, len) && (names[len] == ' ' || names[len] == '\n'))
			return strtoull(values, NULL, 10);
	}
	return 0;
}

void queues_read(struct queues *q, struct queue_state *state)
{
	struct reading reading = {.queues = q, .state = state};
	struct buf text;

	*state = (struct queue_state){0};
	if (q->n)
		for_all(q, read_queue, &reading);
	buf_init(&text, 65536);
	if (!file_read("/proc/self/net/netstat", &text, NULL))
		state->overflows = netstat_value(text.data, "ListenOverflows");
	buf_release(&text);
}
