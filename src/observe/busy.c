// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/busy.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "observe/host.h"
#include "observe/procstat.h"

enum { SCAN_MAX = 32768 }; /* processes; what is beyond is not seen */

struct seen {
	pid_t pid;
	char comm[COMM_MAX];
	uint64_t start_ticks;
	int64_t used_ns;
};

struct scan {
	int64_t at_ns;
	struct host_cpu host;
	size_t n;
	struct seen seen[SCAN_MAX]; /* in the order of pids */
};

static int compare_pids(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static int scan(struct scan *s, struct err *err)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	struct host_cpu unused;
	cpu_set_t none;
	int rc;

	if (!proc) {
		rc = errno ? -errno : -EIO;
		err_set(err, rc, "cannot open '/proc': %s", strerror(-rc));
		return rc;
	}
	s->n = 0;
	s->at_ns = clock_ns();
	CPU_ZERO(&none);
	rc = host_read(&none, &s->host, &unused);
	for (entry = readdir(proc); entry && s->n < SCAN_MAX; entry = readdir(proc)) {
		struct seen *seen = &s->seen[s->n];
		struct procstat stat;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		seen->pid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (seen->pid == getpid() || procstat_read(seen->pid, 0, &stat))
			continue;
		memcpy(seen->comm, stat.comm, sizeof(seen->comm));
		seen->start_ticks = stat.start_ticks;
		seen->used_ns = stat.user_ns + stat.system_ns;
		s->n++;
	}
	closedir(proc);
	qsort(s->seen, s->n, sizeof(s->seen[0]), compare_pids);
	return rc ? err_set(err, rc, "cannot read '/proc/stat': %s", strerror(-rc)) : 0;
}

/* Keeps the busiest, in order. */
static void keep(struct machine_sample *sample, const struct busy_process *process)
{
	unsigned at = sample->n_busy;

	while (at > 0 && sample->busy[at - 1].busy < process->busy) {
		if (at < BUSY_MAX)
			sample->busy[at] = sample->busy[at - 1];
		at--;
	}
	if (at == BUSY_MAX)
		return;
	sample->busy[at] = *process;
	if (sample->n_busy < BUSY_MAX)
		sample->n_busy++;
}

static void compare(const struct scan *before, const struct scan *after, struct machine_sample *sample)
{
	*sample = (struct machine_sample){
	    .elapsed_s = (double)(after->at_ns - before->at_ns) / (double)NS_PER_S,
	    .host = host_difference(&after->host, &before->host),
	};
	for (size_t i = 0; i < after->n; i++) {
		const struct seen *now = &after->seen[i];
		const struct seen *then =
		    bsearch(now, before->seen, before->n, sizeof(before->seen[0]), compare_pids);
		/* one that began meanwhile used all of its time in between; so did one that took an old number */
		bool is_new = !then || then->start_ticks != now->start_ticks;
		int64_t used_ns = now->used_ns - (is_new ? 0 : then->used_ns);
		struct busy_process process = {
		    .pid = now->pid,
		    .busy = (double)used_ns / (double)NS_PER_S / sample->elapsed_s,
		};

		if (used_ns <= 0)
			continue;
		memcpy(process.comm, now->comm, sizeof(process.comm));
		sample->busy_cores += process.busy;
		keep(sample, &process);
	}
}

int busy_sample(int64_t duration_ns, struct machine_sample *sample, struct err *err)
{
	struct scan *before = calloc(1, sizeof(*before)), *after = calloc(1, sizeof(*after));
	int rc = -ENOMEM;

	if (!before || !after) {
		err_set(err, rc, "out of memory");
		goto out;
	}
	rc = scan(before, err);
	if (rc)
		goto out;
	clock_sleep_until(before->at_ns + duration_ns);
	rc = interrupt_signal() ? -EINTR : scan(after, err);
	if (!rc)
		compare(before, after, sample);
out:
	free(before);
	free(after);
	return rc;
}
