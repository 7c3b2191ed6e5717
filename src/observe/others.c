// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/others.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "observe/procstat.h"

enum { LOOKS_MAX = 32768, DEPTH_MAX = 64, KTHREADD = 2 };

/* What a process and its ended children had used at a look. */
struct look {
	pid_t pid, parent;
	uint64_t start_ticks;
	int64_t used_ns;
	/* at the second look: it is still there, and one of the others; what it used in between */
	bool seen_again, counted;
	int64_t since_ns;
	char comm[COMM_MAX];
};

struct others {
	int64_t begun_ns; /* 0: not yet */
	size_t n;
	struct look looks[LOOKS_MAX]; /* sorted by pid */
};

int others_new(struct others **others)
{
	*others = calloc(1, sizeof(**others));
	return *others ? 0 : -ENOMEM;
}

void others_free(struct others *others)
{
	free(others);
}

/* The next process of /proc: false after the last. */
static bool next_process(DIR *d, struct procstat *stat)
{
	for (struct dirent *entry = readdir(d); entry; entry = readdir(d)) {
		pid_t pid =
		    isdigit((unsigned char)*entry->d_name) ? (pid_t)strtol(entry->d_name, NULL, 10) : 0;

		if (pid > 0 && !procstat_read(pid, 0, stat))
			return true;
	}
	return false;
}

static bool is_kernel(const struct procstat *s)
{
	return s->pid == KTHREADD || s->parent == KTHREADD;
}

static int64_t used_ns(const struct procstat *s)
{
	return s->user_ns + s->system_ns + s->reaped_user_ns + s->reaped_system_ns;
}

static int by_pid(const void *a, const void *b)
{
	pid_t x = ((const struct look *)a)->pid, y = ((const struct look *)b)->pid;

	return (x > y) - (x < y);
}

void others_begin(struct others *o)
{
	DIR *d = opendir("/proc");
	struct procstat s;

	o->n = 0;
	o->begun_ns = clock_ns();
	while (d && o->n < LOOKS_MAX && next_process(d, &s))
		o->looks[o->n++] = (struct look){
		    .pid = s.pid, .parent = s.parent, .start_ticks = s.start_ticks, .used_ns = used_ns(&s)};
	if (d)
		closedir(d);
	qsort(o->looks, o->n, sizeof(*o->looks), by_pid);
}

static struct look *find(struct others *o, pid_t pid)
{
	return bsearch(&(struct look){.pid = pid}, o->looks, o->n, sizeof(*o->looks), by_pid);
}

/* The process itself if it is still there, else the nearest of its ancestors that is, or NULL. */
static struct look *heir_of(struct others *o, struct look *look)
{
	for (int depth = 0; look && !look->seen_again && depth < DEPTH_MAX; depth++)
		look = find(o, look->parent);
	return look && look->seen_again ? look : NULL;
}

static bool is_ours(const struct procs *procs, const struct procstat *s)
{
	pid_t self = getpid();

	if (s->pid == self || s->parent == self || !strcmp(s->comm, "maxq-keeper"))
		return true;
	for (size_t i = 0; procs && i < procs_count(procs); i++)
		if (procs_facts(procs, i)->pid == s->pid || procs_facts(procs, i)->pid == s->parent)
			return true;
	return false;
}

/* The processes that used the most, the first of them first. */
struct ranking {
	struct other_process *list;
	size_t n, room;
	int64_t elapsed_ns;
};

static void take_if_most(struct ranking *most, pid_t pid, const char *comm, int64_t ns)
{
	struct other_process process = {.pid = pid, .busy = (double)ns / (double)most->elapsed_ns};
	size_t at = most->n;

	memcpy(process.comm, comm, sizeof(process.comm));
	while (at > 0 && most->list[at - 1].busy < process.busy)
		at--;
	if (ns <= 0 || at == most->room)
		return;
	if (most->n < most->room)
		most->n++;
	memmove(&most->list[at + 1], &most->list[at], (most->n - 1 - at) * sizeof(*most->list));
	most->list[at] = process;
}

/* What one of the processes of the second look used: all of one that is younger, which is told at once. */
static int64_t count(struct others *o, const struct procstat *s, bool is_other)
{
	struct look *look = find(o, s->pid);

	if (!look || look->start_ticks != s->start_ticks)
		return is_other ? used_ns(s) : 0;
	look->seen_again = true;
	look->counted = is_other;
	look->since_ns = used_ns(s) - look->used_ns;
	memcpy(look->comm, s->comm, sizeof(look->comm));
	return 0;
}

/* The sum over all looks. */
static int64_t add_up(struct others *o, struct ranking *most)
{
	int64_t sum_ns = 0;

	/* who is gone was waited for, and its heir is charged with all of it: also with what was before */
	for (size_t i = 0; i < o->n; i++) {
		struct look *heir = heir_of(o, &o->looks[i]);

		if (heir && heir != &o->looks[i])
			heir->since_ns -= o->looks[i].used_ns;
	}
	for (size_t i = 0; i < o->n; i++) {
		const struct look *look = &o->looks[i];

		if (!look->seen_again || !look->counted || look->since_ns < 0)
			continue;
		sum_ns += look->since_ns;
		take_if_most(most, look->pid, look->comm, look->since_ns);
	}
	return sum_ns;
}

double others_busy(struct others *o, const struct procs *procs, const cpu_set_t *cpus,
    struct other_process *most, size_t n_most, double *kernel)
{
	struct ranking ranking = {.list = most, .room = n_most, .elapsed_ns = clock_ns() - o->begun_ns};
	DIR *d = o->begun_ns && ranking.elapsed_ns > 0 ? opendir("/proc") : NULL;
	struct procstat s;
	int64_t sum_ns = 0, kernel_ns = 0;

	if (kernel)
		*kernel = NAN;
	for (size_t i = 0; i < n_most; i++)
		most[i] = (struct other_process){0};
	if (!d)
		return NAN;
	for (size_t i = 0; i < o->n; i++)
		o->looks[i].seen_again = false;
	while (next_process(d, &s)) {
		bool is_near = s.cpu >= 0 && s.cpu < CPU_SETSIZE && CPU_ISSET((size_t)s.cpu, cpus);
		const struct look *look = find(o, s.pid);
		int64_t young_ns;

		if (is_kernel(&s)) {
			kernel_ns += is_near && look ? used_ns(&s) - look->used_ns : 0;
			continue;
		}
		young_ns = count(o, &s, is_near && !is_ours(procs, &s));
		sum_ns += young_ns;
		take_if_most(&ranking, s.pid, s.comm, young_ns);
	}
	closedir(d);
	sum_ns += add_up(o, &ranking);
	if (kernel)
		*kernel = (double)kernel_ns / (double)ranking.elapsed_ns;
	return (double)sum_ns / (double)ranking.elapsed_ns;
}
