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
#include "base/clock.h"
#include "base/file.h"
#include "observe/sockdiag.h"

enum { SOCKETS_MAX = 65536, LISTENING_MAX = 256, NAME_SIZE = 108 };

/*
 * The kernel looks through all of its tables of sockets for an answer, which are as large as its memory allows: that takes
 * up to some ms on the generator's CPU. So it is asked for one part in READING_SHARE of the time at most.
 */
enum { READING_SHARE = 50, UNREAD_EVERY = 5, UNREAD_SOCKETS_MAX = 4096 };

/* A listening socket of the server's. */
struct owned {
	uint32_t inode;
	int family;
	char component[COMPONENT_NAME_MAX];
	/* as it was seen last: of TCP its port, else its name; on its connections there are the same */
	in_port_t port;
	char name[NAME_SIZE];
	uint32_t unread; /* connections with something to read, in this reading */
};

struct queues {
	struct sockdiag *sockdiag; /* NULL: nothing can be asked */
	unsigned reads;
	int64_t next_ns;    /* not to be read before */
	uint64_t overflows; /* at the last reading */
	size_t n;
	struct owned owned[LISTENING_MAX];
	/* of all listening sockets, while those of the server are looked for */
	size_t n_all;
	struct {
		uint32_t inode;
		int family;
	} all[LISTENING_MAX * 16];
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

	if (q->n_all < sizeof(q->all) / sizeof(q->all[0])) {
		q->all[q->n_all].inode = l->inode;
		q->all[q->n_all].family = l->family;
		q->n_all++;
	}
}

static const int all_families[] = {AF_INET, AF_INET6, AF_UNIX};
enum { FAMILIES = sizeof(all_families) / sizeof(all_families[0]) };

static bool has_family(const struct queues *q, int family)
{
	for (size_t i = 0; i < q->n; i++)
		if (q->owned[i].family == family)
			return true;
	return false;
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
		if (q->all[i].inode != inode)
			continue;
		q->owned[q->n].inode = inode;
		q->owned[q->n].family = q->all[i].family;
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
	q->next_ns = 0;
	for (size_t i = 0; q->sockdiag && i < FAMILIES; i++)
		sockdiag_visit(q->sockdiag, all_families[i], note_inode, q);
	for (size_t i = 0; procs && i < procs_count(procs); i++)
		if (procs_alive(procs, i))
			find_of(q, procs_facts(procs, i)->pid, procs_facts(procs, i)->component);
}

struct reading {
	struct queues *queues;
	struct queue_state *state;
};

static void read_queue(const struct listening *l, void *data)
{
	const struct reading *reading = data;
	struct queue_state *state = reading->state;

	for (size_t i = 0; i < reading->queues->n; i++) {
		struct owned *owned = &reading->queues->owned[i];
		/* one more than the backlog may wait, in both families */
		bool full = l->waiting > l->backlog;

		if (owned->inode != l->inode)
			continue;
		owned->port = l->name ? 0 : l->port;
		snprintf(owned->name, sizeof(owned->name), "%.*s", (int)l->name_len, l->name ? l->name : "");
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

/* True if the connection is one that this socket accepted. */
static bool is_accepted_by(const struct owned *owned, const struct listening *connected)
{
	if (connected->family != AF_UNIX)
		return owned->port && connected->port == owned->port;
	return owned->name[0] && connected->name && connected->name_len == strlen(owned->name) &&
	    !memcmp(connected->name, owned->name, connected->name_len);
}

static void count_unread(const struct listening *l, void *data)
{
	struct queues *q = data;

	/* those that wait to be accepted have no inode yet */
	for (size_t i = 0; l->inode && l->waiting && i < q->n; i++) {
		if (!is_accepted_by(&q->owned[i], l))
			continue;
		q->owned[i].unread++;
		return;
	}
}

/* "sockets: used 123" */
static bool are_few_sockets(void)
{
	char text[256];
	unsigned used;

	return file_read_text("/proc/self/net/sockstat", text, sizeof(text)) > 0 &&
	    sscanf(text, "sockets: used %u", &used) == 1 && used <= UNREAD_SOCKETS_MAX;
}

static void read_unread(struct queues *q, struct queue_state *state)
{
	if (q->reads++ % UNREAD_EVERY || !are_few_sockets())
		return;
	for (size_t i = 0; i < q->n; i++)
		q->owned[i].unread = 0;
	for (size_t i = 0; i < FAMILIES; i++)
		if (has_family(q, all_families[i]))
			sockdiag_visit_connected(q->sockdiag, all_families[i], count_unread, q);
	for (size_t i = 0; i < q->n; i++) {
		if (state->unread_component[0] && q->owned[i].unread <= state->unread)
			continue;
		state->unread = q->owned[i].unread;
		memcpy(state->unread_component, q->owned[i].component, sizeof(state->unread_component));
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

static void read_sockets(struct queues *q, struct queue_state *state)
{
	struct reading reading = {.queues = q, .state = state};
	int64_t begun_ns = clock_ns();

	if (!q->n || !q->sockdiag || begun_ns < q->next_ns)
		return;
	for (size_t i = 0; i < FAMILIES; i++)
		if (has_family(q, all_families[i]))
			sockdiag_visit(q->sockdiag, all_families[i], read_queue, &reading);
	read_unread(q, state);
	q->next_ns = begun_ns + READING_SHARE * (clock_ns() - begun_ns);
}

void queues_read(struct queues *q, struct queue_state *state)
{
	struct buf text;

	*state = (struct queue_state){0};
	read_sockets(q, state);
	buf_init(&text, 65536);
	/* which cannot be opened when this process has no file left */
	if (!file_read("/proc/self/net/netstat", &text, NULL))
		q->overflows = netstat_value(text.data, "ListenOverflows");
	state->overflows = q->overflows;
	buf_release(&text);
}
