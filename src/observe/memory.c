// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "observe/group.h"
#include "observe/settings.h"

enum { WATCHED_MAX = 16, TEXT_SIZE = 1024 };

/* What a group has counted since it was made. */
struct tally {
	int64_t stalled_ns; /* -1: it does not tell */
	uint64_t refused, killed;
};

struct watched {
	struct group group;
	struct tally last;
};

struct memory {
	const char *root;
	size_t n;
	struct watched watched[WATCHED_MAX];
	int64_t host_stalled_ns; /* as in the tally, of the whole machine */
	uint64_t major_faults;
};

int memory_new(struct memory **memory, const char *root)
{
	*memory = calloc(1, sizeof(**memory));
	if (!*memory)
		return -ENOMEM;
	(*memory)->root = root;
	return 0;
}

void memory_free(struct memory *memory)
{
	free(memory);
}

/* The number behind `key` at the start of a line; 0 when there is none. */
static uint64_t value_of(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL)
		if (!strncmp(line, key, len) && line[len] == ' ')
			return strtoull(line + len, NULL, 10);
	return 0;
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=12": the time in which some task waited, in us. */
static int64_t parse_stalled(const char *text)
{
	const char *total = strstr(text, "total=");

	return !strncmp(text, "some ", 5) && total ? strtoll(total + 6, NULL, 10) * NS_PER_US : -1;
}

static void read_tally(const char *root, const struct group *group, struct tally *tally)
{
	char text[TEXT_SIZE];

	*tally = (struct tally){.stalled_ns = -1};
	if (group->is_v1) {
		int64_t refused = group_number(root, group, "memory.failcnt");

		tally->refused = refused > 0 ? (uint64_t)refused : 0;
		if (group_text(root, group, "memory.oom_control", text, sizeof(text)) > 0)
			tally->killed = value_of(text, "oom_kill");
		return;
	}
	if (group_text(root, group, "memory.pressure", text, sizeof(text)) > 0)
		tally->stalled_ns = parse_stalled(text);
	if (group_text(root, group, "memory.events", text, sizeof(text)) > 0) {
		tally->refused = value_of(text, "max");
		tally->killed = value_of(text, "oom_kill");
	}
}

static int64_t read_host(const char *root)
{
	char text[TEXT_SIZE];

	return settings_text(root, "/proc/pressure/memory", text, sizeof(text)) > 0 ? parse_stalled(text)
										    : -1;
}

static void watch(struct memory *m, const struct group *group)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->watched[i].group.is_v1 == group->is_v1 &&
		    !strcmp(m->watched[i].group.path, group->path))
			return;
	if (m->n == WATCHED_MAX)
		return;
	m->watched[m->n].group = *group;
	read_tally(m->root, group, &m->watched[m->n].last);
	m->n++;
}

/* The limits of a group, of which the first one that is there counts; INT64_MAX: none. */
static int64_t limit_of(const char *root, const struct group *group)
{
	/* version 1 says "no limit" by the largest number of whole pages */
	const int64_t none_v1 = INT64_MAX - 65536;
	int64_t limit = group_number(root, group, group->is_v1 ? "memory.limit_in_bytes" : "memory.max");

	return limit < 0 || limit >= none_v1 ? INT64_MAX : limit;
}

/* The group that has the tightest limit, of this one and those above it: its limit. */
static int64_t find_tightest(const char *root, struct group *group)
{
	struct group tightest = *group;
	int64_t least = INT64_MAX;

	do {
		int64_t limit = limit_of(root, group);

		if (limit < least) {
			least = limit;
			tightest = *group;
		}
	} while (group_up(group));
	*group = tightest;
	return least;
}

static void find_of(struct memory *m, const char *pid)
{
	struct group v1 = {.is_v1 = true}, v2 = {.is_v1 = false};

	/* the topmost group is the whole machine, and has none of these files */
	if (!group_find(m->root, pid, "memory", &v2) && *v2.path)
		watch(m, &v2);
	if (!group_find(m->root, pid, "memory", &v1) && find_tightest(m->root, &v1) < INT64_MAX)
		watch(m, &v1);
}

void memory_find(struct memory *m, const struct procs *procs)
{
	char pid[24];

	m->n = 0;
	for (size_t i = 0; procs && i < procs_count(procs) && m->n < WATCHED_MAX; i++) {
		if (!procs_alive(procs, i))
			continue;
		snprintf(pid, sizeof(pid), "%d", (int)procs_facts(procs, i)->pid);
		find_of(m, pid);
	}
	m->host_stalled_ns = read_host(m->root);
}

void memory_read(struct memory *m, const struct procs *procs, struct memory_state *state)
{
	uint64_t faults = procs ? procs_major_faults(procs) : 0;
	int64_t host_ns = read_host(m->root);

	*state = (struct memory_state){.stalled_ns = -1};
	for (size_t i = 0; i < m->n; i++) {
		struct tally *last = &m->watched[i].last, now;
		int64_t stalled_ns;

		read_tally(m->root, &m->watched[i].group, &now);
		stalled_ns = now.stalled_ns - last->stalled_ns;
		if (now.stalled_ns >= 0 && last->stalled_ns >= 0 && stalled_ns >= state->stalled_ns) {
			state->stalled_ns = stalled_ns;
			state->is_own = true;
		}
		state->refused += now.refused > last->refused ? now.refused - last->refused : 0;
		state->killed += now.killed > last->killed ? now.killed - last->killed : 0;
		*last = now;
	}
	/* what a group of version 1 waits for shows only in the sum of the machine */
	if (host_ns >= 0 && m->host_stalled_ns >= 0 && (!state->is_own || state->refused)) {
		int64_t stalled_ns = host_ns - m->host_stalled_ns;

		if (stalled_ns > state->stalled_ns)
			state->stalled_ns = stalled_ns;
	}
	state->major_faults = faults > m->major_faults ? faults - m->major_faults : 0;
	m->host_stalled_ns = host_ns;
	m->major_faults = faults;
}

static void take_tightest(const char *root, struct group *group, struct memory_limit *limit)
{
	int64_t bytes = find_tightest(root, group);

	if (bytes >= limit->bytes)
		return;
	limit->bytes = bytes;
	limit->used_bytes =
	    group_number(root, group, group->is_v1 ? "memory.usage_in_bytes" : "memory.current");
	limit->is_v1 = group->is_v1;
	limit->is_outermost = !*group->path;
	group_file(
	    group, group->is_v1 ? "memory.limit_in_bytes" : "memory.max", limit->file, sizeof(limit->file));
}

void memory_limit_read(const char *root, const char *pid, struct memory_limit *limit)
{
	struct group v1 = {.is_v1 = true}, v2 = {.is_v1 = false};

	*limit = (struct memory_limit){.bytes = INT64_MAX, .used_bytes = -1};
	if (!group_find(root, pid, "memory", &v2))
		take_tightest(root, &v2, limit);
	if (!group_find(root, pid, "memory", &v1))
		take_tightest(root, &v1, limit);
}

double memory_pressure_read(const char *root)
{
	char text[TEXT_SIZE];
	const char *avg10;

	if (settings_text(root, "/proc/pressure/memory", text, sizeof(text)) <= 0)
		return -1;
	avg10 = strstr(text, "some avg10=");
	return avg10 ? strtod(avg10 + strlen("some avg10="), NULL) / 100 : -1;
}
