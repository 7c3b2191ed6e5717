// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/threads.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "observe/procstat.h"

enum { MARKS_MAX = 16384 };

struct mark {
	pid_t tid;
	uint64_t start_ticks;
	int64_t used_ns, waited_ns;
};

struct threads {
	int64_t begun_ns;
	size_t n;
	struct mark marks[MARKS_MAX];
};

int threads_new(struct threads **threads)
{
	*threads = calloc(1, sizeof(**threads));
	return *threads ? 0 : -ENOMEM;
}

void threads_free(struct threads *threads)
{
	free(threads);
}

void threads_begin(struct threads *t)
{
	t->n = 0;
	t->begun_ns = clock_ns();
}

/* The thread whose folder `d` comes to next: false after the last. */
static bool next_thread(DIR *d, pid_t pid, struct procstat *stat)
{
	for (struct dirent *entry = readdir(d); entry; entry = readdir(d)) {
		long tid = strtol(entry->d_name, NULL, 10);

		if (tid > 0 && !procstat_read(pid, (pid_t)tid, stat))
			return true;
	}
	return false;
}

static DIR *open_threads(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	return opendir(path);
}

/* How long a thread has been ready to run while it did not, ever; 0 where the kernel does not say (schedstats). */
static int64_t waited_ns(pid_t pid, pid_t tid)
{
	char path[64], text[128];
	long long waited;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", (int)pid, (int)tid);
	if (file_read_text(path, text, sizeof(text)) < 0 || sscanf(text, "%*d %lld", &waited) != 1)
		return 0;
	return waited;
}

void threads_mark(struct threads *t, pid_t pid)
{
	DIR *d = open_threads(pid);
	struct procstat s;

	while (d && t->n < MARKS_MAX && next_thread(d, pid, &s))
		t->marks[t->n++] = (struct mark){.tid = s.pid,
		    .start_ticks = s.start_ticks,
		    .used_ns = s.user_ns + s.system_ns,
		    .waited_ns = waited_ns(pid, s.pid)};
	if (d)
		closedir(d);
}

/* The mark of that thread; one that is younger had used nothing. */
static const struct mark *mark_of(const struct threads *t, const struct procstat *s)
{
	static const struct mark none;

	for (size_t i = 0; i < t->n; i++)
		if (t->marks[i].tid == s->pid && t->marks[i].start_ticks == s->start_ticks)
			return &t->marks[i];
	return &none;
}

void threads_read(const struct threads *t, pid_t pid, double *busiest, double *waited)
{
	int64_t elapsed_ns = clock_ns() - t->begun_ns, most_ns = -1, wait_ns = 0;
	DIR *d = open_threads(pid);
	struct procstat s;

	while (d && next_thread(d, pid, &s)) {
		const struct mark *mark = mark_of(t, &s);
		int64_t used_ns = s.user_ns + s.system_ns - mark->used_ns;

		wait_ns += waited_ns(pid, s.pid) - mark->waited_ns;
		if (used_ns > most_ns)
			most_ns = used_ns;
	}
	if (d)
		closedir(d);
	*busiest = most_ns < 0 || elapsed_ns <= 0 ? NAN : (double)most_ns / (double)elapsed_ns;
	*waited = most_ns < 0 || elapsed_ns <= 0 ? NAN : (double)wait_ns / (double)elapsed_ns;
}
