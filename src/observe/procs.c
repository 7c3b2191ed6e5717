// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/procs.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/clock.h"
#include "base/pids.h"
#include "observe/procstat.h"
#include "observe/quota.h"
#include "observe/threads.h"

enum { PROCS_MAX = 1024, GROUPS_MAX = 64, DEPTH_MAX = 32, NO_GROUP = -1 };

struct proc {
	struct process_facts facts;
	clockid_t clock;
	uint64_t start_ticks;
	uint64_t major_faults, faults_before; /* ever, and when it was found */
	pid_t parent;
	bool alive;
	bool named; /* its component was given, and is its descendants' as well */
	int group;  /* an index, or NO_GROUP */
	/* Its own: all that it ever used, what of it is from before it was found, and the difference. */
	struct process_cpu own, own_before, counted;
	/* Of its ended children: all ever, what of it is not to be counted (as it was before, or counted as theirs). */
	struct process_cpu reaped, reaped_elsewhere;
	struct process_cpu unseen; /* charged to it for processes that were never seen; only grows */
};

/* A control group: what it used beyond its known processes is charged to the first of them. */
struct group {
	char path[CGROUP_PATH_MAX];
	struct process_cpu before;    /* when it was found */
	struct process_cpu forgotten; /* counted for processes that gave up their places */
};

struct procs {
	size_t n;
	struct proc proc[PROCS_MAX];
	int n_groups;
	struct group groups[GROUPS_MAX];
	uint64_t read_ticks; /* since boot, at the last procs_read */
	struct threads *threads;
};

static void add_cpu(struct process_cpu *into, const struct process_cpu *cpu)
{
	into->total_ns += cpu->total_ns;
	into->user_ns += cpu->user_ns;
	into->system_ns += cpu->system_ns;
}

static struct process_cpu less(const struct process_cpu *a, const struct process_cpu *b)
{
	return (struct process_cpu){
	    .total_ns = a->total_ns - b->total_ns,
	    .user_ns = a->user_ns - b->user_ns,
	    .system_ns = a->system_ns - b->system_ns,
	};
}

int procs_new(struct procs **procs, struct err *err)
{
	struct procs *p = calloc(1, sizeof(*p));

	if (!p || threads_new(&p->threads)) {
		free(p);
		return err_set(err, -ENOMEM, "out of memory");
	}
	*procs = p;
	return 0;
}

void procs_free(struct procs *procs)
{
	if (!procs)
		return;
	threads_free(procs->threads);
	free(procs);
}

static struct proc *find(struct procs *procs, pid_t pid)
{
	for (size_t i = 0; i < procs->n; i++)
		if (procs->proc[i].facts.pid == pid && procs->proc[i].alive)
			return &procs->proc[i];
	return NULL;
}

/* Reads what the process used: false when it is gone, or its number is another's by now. */
static bool read_proc(struct proc *p)
{
	struct procstat s;
	struct timespec ts;

	if (procstat_read(p->facts.pid, 0, &s) || (p->start_ticks && s.start_ticks != p->start_ticks))
		return false;
	p->start_ticks = s.start_ticks;
	p->parent = s.parent;
	p->major_faults = s.major_faults;
	p->facts.threads = s.threads;
	p->facts.start_ticks = s.start_ticks;
	snprintf(p->facts.comm, sizeof(p->facts.comm), "%s", s.comm);
	p->own = (struct process_cpu){.user_ns = s.user_ns, .system_ns = s.system_ns};
	/* the clock is exact; a process that has ended but was not waited for has none any more */
	p->own.total_ns = clock_gettime(p->clock, &ts) ? s.user_ns + s.system_ns : timespec_ns(&ts);
	p->reaped = (struct process_cpu){.total_ns = s.reaped_user_ns + s.reaped_system_ns,
	    .user_ns = s.reaped_user_ns,
	    .system_ns = s.reaped_system_ns};
	return true;
}

/* Begins to watch one process: the entry, also if it was watched before, or NULL when it is gone or not to be watched. */
static struct proc *add(struct procs *procs, pid_t pid, const char *component, int group)
{
	struct proc *p = find(procs, pid);
	cpu_set_t cpus;

	if (p || procs->n == PROCS_MAX || pid == getpid())
		return p;
	p = &procs->proc[procs->n];
	*p = (struct proc){.alive = true, .named = component != NULL, .group = group};
	p->facts = (struct process_facts){.pid = pid, .busiest_thread = NAN, .waited = NAN, .quota = NAN};
	if (clock_getcpuclockid(pid, &p->clock) || !read_proc(p))
		return NULL;
	p->facts.cpus = sched_getaffinity(pid, sizeof(cpus), &cpus) ? 1 : (unsigned)CPU_COUNT(&cpus);
	snprintf(p->facts.component, sizeof(p->facts.component), "%s", component ? component : p->facts.comm);
	p->reaped_elsewhere = p->reaped;
	p->faults_before = p->major_faults;
	/* all of a process that is younger than the last reading is ours; a group has been charged for it already */
	if (group != NO_GROUP || !procs->read_ticks || p->start_ticks < procs->read_ticks)
		p->own_before = p->own;
	procs->n++;
	return p;
}

/* Adds all descendants. */
static void add_children(struct procs *procs, pid_t parent, const char *component, int group, int depth)
{
	pid_t pids[PIDS_MAX];
	int n = depth > DEPTH_MAX || parent == 1 ? 0 : pids_children(parent, pids);

	for (int i = 0; i < n; i++)
		if (add(procs, pids[i], component, group))
			add_children(procs, pids[i], component, group, depth + 1);
}

static int add_group(struct procs *procs, const char *path)
{
	struct group *g = &procs->groups[procs->n_groups];

	if (!path || !*path || procs->n_groups == GROUPS_MAX)
		return NO_GROUP;
	*g = (struct group){0};
	snprintf(g->path, sizeof(g->path), "%s", path);
	if (cgroup_cpu(path, &g->before.user_ns, &g->before.system_ns, &g->before.total_ns))
		return NO_GROUP;
	return procs->n_groups++;
}

int procs_add_tree(struct procs *procs, pid_t root, const char *component, const char *cgroup)
{
	int group = find(procs, root) ? NO_GROUP : add_group(procs, cgroup);

	if (!add(procs, root, component, group))
		return -ESRCH;
	add_children(procs, root, component, group, 0);
	return 0;
}

void procs_refresh(struct procs *procs)
{
	size_t n = procs->n;

	for (size_t i = 0; i < n; i++) {
		struct proc *p = &procs->proc[i];

		if (p->alive)
			add_children(procs, p->facts.pid, p->named ? p->facts.component : NULL, p->group, 0);
	}
}

void procs_forget_ended(struct procs *procs)
{
	size_t kept = 0;

	for (size_t i = 0; i < procs->n; i++) {
		struct proc *p = &procs->proc[i];

		if (p->alive)
			procs->proc[kept++] = *p;
		else if (p->group != NO_GROUP)
			add_cpu(&procs->groups[p->group].forgotten, &p->counted);
	}
	procs->n = kept;
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

/* Its parent will be told, or has been, what it used: that is counted here already, or was before our time. */
static void end(struct procs *procs, struct proc *p)
{
	struct proc *parent = find(procs, p->parent);

	p->alive = false;
	if (!parent)
		return;
	add_cpu(&parent->reaped_elsewhere, &p->own);
	add_cpu(&parent->reaped_elsewhere, &p->reaped);
}

static void charge(struct proc *p, struct process_cpu unseen)
{
	/* what is read at slightly different times, in steps of a tick, can seem to fall */
	if (unseen.total_ns > p->unseen.total_ns)
		p->unseen = unseen;
}

/* The first process of a group is charged for those that nobody saw. */
static void charge_group(struct procs *procs, int group)
{
	struct group *g = &procs->groups[group];
	struct process_cpu used;
	struct proc *first = NULL;

	if (cgroup_cpu(g->path, &used.user_ns, &used.system_ns, &used.total_ns))
		return;
	used = less(&used, &g->before);
	used = less(&used, &g->forgotten);
	for (size_t i = 0; i < procs->n; i++) {
		struct proc *p = &procs->proc[i];

		if (p->group != group)
			continue;
		if (!first)
			first = p;
		used = less(&used, &p->counted);
	}
	if (first)
		charge(first, used);
}

void procs_read(struct procs *procs, struct process_cpu *cpu)
{
	int64_t tick_ns = NS_PER_S / sysconf(_SC_CLK_TCK);
	struct timespec ts;

	for (size_t i = 0; i < procs->n; i++) {
		struct proc *p = &procs->proc[i];

		if (!p->alive)
			continue;
		if (read_proc(p))
			p->counted = less(&p->own, &p->own_before);
		else
			end(procs, p);
	}
	for (size_t i = 0; i < procs->n; i++) {
		struct proc *p = &procs->proc[i];

		if (p->group == NO_GROUP)
			charge(p, less(&p->reaped, &p->reaped_elsewhere));
	}
	for (int g = 0; g < procs->n_groups; g++)
		charge_group(procs, g);
	for (size_t i = 0; i < procs->n; i++) {
		cpu[i] = procs->proc[i].counted;
		add_cpu(&cpu[i], &procs->proc[i].unseen);
	}
	if (!clock_gettime(CLOCK_BOOTTIME, &ts))
		procs->read_ticks = (uint64_t)(timespec_ns(&ts) / tick_ns);
}

uint64_t procs_major_faults(const struct procs *procs)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < procs->n; i++)
		sum += procs->proc[i].major_faults - procs->proc[i].faults_before;
	return sum;
}

/* Once a process, as it takes a dozen files to find out. */
static void read_quota(struct process_facts *facts)
{
	struct cpu_quota quota;
	char pid[24];

	if (!isnan(facts->quota))
		return;
	snprintf(pid, sizeof(pid), "%d", (int)facts->pid);
	quota_read("", pid, &quota);
	facts->quota = quota.cores;
}

void procs_mark_threads(struct procs *procs)
{
	threads_begin(procs->threads);
	for (size_t i = 0; i < procs->n; i++)
		if (procs->proc[i].alive)
			threads_mark(procs->threads, procs->proc[i].facts.pid);
}

void procs_read_threads(struct procs *procs)
{
	for (size_t i = 0; i < procs->n; i++) {
		struct process_facts *facts = &procs->proc[i].facts;

		if (!procs->proc[i].alive)
			continue;
		threads_read(procs->threads, facts->pid, &facts->busiest_thread, &facts->waited);
		read_quota(facts);
	}
}
