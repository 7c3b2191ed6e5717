// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/procs.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/pids.h"

enum { PROCS_MAX = 1024, DEPTH_MAX = 32 };

struct proc {
	struct process_facts facts;
	clockid_t clock;
	struct process_cpu last;
	bool alive;
	bool named; /* its component was given, and is its descendants' as well */
};

struct procs {
	size_t n;
	struct proc proc[PROCS_MAX];
};

/* Those fields of /proc/PID/stat (proc(5)) that are used; numbers are the field's. */
struct stat_fields {
	char comm[COMM_MAX];                         /* (2) */
	unsigned long long user_ticks, system_ticks; /* (14) (15) */
	unsigned threads;                            /* (20) */
};

static int read_stat(pid_t pid, struct stat_fields *f)
{
	char path[32], text[1024];
	char *open, *close;
	int rc;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	rc = file_read_text(path, text, sizeof(text));
	if (rc < 0)
		return rc;
	/* the name can contain anything, parentheses and spaces included: it ends at the last one */
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (!open || !close)
		return -EPROTO;
	*close = '\0';
	snprintf(f->comm, sizeof(f->comm), "%.15s", open + 1);
	for (char *c = f->comm; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?'; /* a process can choose its name, and terminals obey control characters */
	/* (3) state ... (14) utime (15) stime (16) cutime (17) cstime (18) priority (19) nice (20) num_threads */
	if (sscanf(close + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %u",
		&f->user_ticks, &f->system_ticks, &f->threads) != 3)
		return -EPROTO;
	return 0;
}

int procs_ticks(pid_t pid, char comm[COMM_MAX], unsigned long long *ticks)
{
	struct stat_fields f;
	int rc = read_stat(pid, &f);

	if (rc)
		return rc;
	memcpy(comm, f.comm, COMM_MAX);
	*ticks = f.user_ticks + f.system_ticks;
	return 0;
}

int procs_new(struct procs **procs, struct err *err)
{
	struct procs *p = calloc(1, sizeof(*p));

	if (!p)
		return err_set(err, -ENOMEM, "out of memory");
	*procs = p;
	return 0;
}

void procs_free(struct procs *procs)
{
	free(procs);
}

static struct proc *find(struct procs *procs, pid_t pid)
{
	for (size_t i = 0; i < procs->n; i++)
		if (procs->proc[i].facts.pid == pid && procs->proc[i].alive)
			return &procs->proc[i];
	return NULL;
}

/* Begins to watch one process: the entry, also if it was watched before, or NULL when it is gone. */
static struct proc *add(struct procs *procs, pid_t pid, const char *component)
{
	struct proc *p = find(procs, pid);
	struct stat_fields f;
	cpu_set_t cpus;

	if (p || procs->n == PROCS_MAX)
		return p;
	p = &procs->proc[procs->n];
	if (clock_getcpuclockid(pid, &p->clock) || read_stat(pid, &f))
		return NULL;
	*p = (struct proc){.clock = p->clock, .alive = true, .named = component != NULL};
	p->facts.pid = pid;
	p->facts.threads = f.threads;
	p->facts.cpus = sched_getaffinity(pid, sizeof(cpus), &cpus) ? 1 : (unsigned)CPU_COUNT(&cpus);
	snprintf(p->facts.comm, sizeof(p->facts.comm), "%s", f.comm);
	snprintf(p->facts.component, sizeof(p->facts.component), "%s", component ? component : f.comm);
	procs->n++;
	return p;
}

/* Adds all descendants. */
static void add_children(struct procs *procs, pid_t parent, const char *component, int depth)
{
	pid_t pids[PIDS_MAX];
	int n = depth > DEPTH_MAX ? 0 : pids_children(parent, pids);

	for (int i = 0; i < n; i++)
		if (add(procs, pids[i], component))
			add_children(procs, pids[i], component, depth + 1);
}

int procs_add_tree(struct procs *procs, pid_t root, const char *component)
{
	if (!add(procs, root, component))
		return -ESRCH;
	add_children(procs, root, component, 0);
	return 0;
}

void procs_refresh(struct procs *procs)
{
	size_t n = procs->n;

	for (size_t i = 0; i < n; i++) {
		struct proc *p = &procs->proc[i];

		if (p->alive)
			add_children(procs, p->facts.pid, p->named ? p->facts.component : NULL, 0);
	}
}

size_t procs_count(const struct procs *procs)
{
	return procs->n;
}

const struct process_facts *procs_facts(const struct procs *procs, size_t i)
{
	return &procs->proc[i].facts;
}

bool procs_alive(const struct procs *procs, size_t i)
{
	return procs->proc[i].alive;
}

void procs_affinity(const struct procs *procs, cpu_set_t *set)
{
	CPU_ZERO(set);
	for (size_t i = 0; i < procs->n; i++) {
		cpu_set_t cpus;

		if (procs->proc[i].alive && !sched_getaffinity(procs->proc[i].facts.pid, sizeof(cpus), &cpus))
			CPU_OR(set, set, &cpus);
	}
}

void procs_read(struct procs *procs, struct process_cpu *cpu)
{
	int64_t tick_ns = NS_PER_S / sysconf(_SC_CLK_TCK);

	for (size_t i = 0; i < procs->n; i++) {
		struct proc *p = &procs->proc[i];
		struct stat_fields f;
		struct timespec ts;

		if (p->alive && !clock_gettime(p->clock, &ts) && !read_stat(p->facts.pid, &f)) {
			p->last.total_ns = timespec_ns(&ts);
			p->last.user_ns = (int64_t)f.user_ticks * tick_ns;
			p->last.system_ns = (int64_t)f.system_ticks * tick_ns;
			p->facts.threads = f.threads;
		} else {
			p->alive = false;
		}
		cpu[i] = p->last;
	}
}
