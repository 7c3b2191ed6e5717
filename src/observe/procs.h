// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The CPU time of process trees: of servers that maxq launched, or that were there before. Processes are found anew by
 * procs_refresh; one that ends keeps its place and its last reading.
 */
#ifndef MAXQ_OBSERVE_PROCS_H
#define MAXQ_OBSERVE_PROCS_H

#include <sched.h>

#include "base/err.h"
#include "sample/step.h"

struct procs;

int procs_new(struct procs **procs, struct err *err);
void procs_free(struct procs *procs);

/*
 * Watches the process and all its descendants as `component`; NULL: each under its own command's name. A process that
 * already belongs to a tree that is watched changes nothing.
 */
int procs_add_tree(struct procs *procs, pid_t root, const char *component);

/* Looks for processes that are new. */
void procs_refresh(struct procs *procs);

size_t procs_count(const struct procs *procs);
const struct process_facts *procs_facts(const struct procs *procs, size_t i);
/* True if the process has not been seen to end. */
bool procs_alive(const struct procs *procs, size_t i);

/* The CPUs that the watched processes may run on, all together. */
void procs_affinity(const struct procs *procs, cpu_set_t *set);

/* Reads all, into procs_count() entries: CPU time since each process began. */
void procs_read(struct procs *procs, struct process_cpu *cpu);

/* Of any process: its name, and the CPU time since it began, in ticks (sysconf _SC_CLK_TCK); or negative errno. */
int procs_ticks(pid_t pid, char comm[COMM_MAX], unsigned long long *ticks);

#endif
