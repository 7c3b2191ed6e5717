// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The CPU time of process trees: of servers that maxq launched, or that were there before.
 *
 * Processes are found anew by procs_refresh; one that ends keeps its place and its last reading until procs_forget_ended.
 * What processes used that lived too short to be found, is not lost: a component with a control group of its own is
 * charged what its group used beyond its known processes; else a process is charged what the kernel says that its
 * children used that have ended. Only what was waited for by nobody of the tree (SIGCHLD ignored, or left to init)
 * remains unseen.
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
 * Watches the process and all its descendants as `component`; NULL: each under its own command's name. `cgroup`: the folder
 * of a control group that holds all of them and nobody else, or NULL. A process that already belongs to a tree that is
 * watched changes nothing. Never watched: this process and what it started, as its descendants; and of process 1, whose
 * children all orphans are, only itself.
 */
int procs_add_tree(struct procs *procs, pid_t root, const char *component, const char *cgroup);

/* Looks for processes that are new. */
void procs_refresh(struct procs *procs);

/* Gives the places of processes that have ended to others: indices change. */
void procs_forget_ended(struct procs *procs);

size_t procs_count(const struct procs *procs);
const struct process_facts *procs_facts(const struct procs *procs, size_t i);
/* True if the process has not been seen to end. */
bool procs_alive(const struct procs *procs, size_t i);

/* The CPUs that the watched processes may run on, all together. */
void procs_affinity(const struct procs *procs, cpu_set_t *set);

/* Reads all, into procs_count() entries: CPU time since each process was found (since its start, if it is younger). */
void procs_read(struct procs *procs, struct process_cpu *cpu);

/* Pages that all of them have had to read from disk or swap, since each was found: as of the last procs_read. */
uint64_t procs_major_faults(const struct procs *procs);

/* Notes the CPU time of each thread of each process: procs_read_threads counts from here. */
void procs_mark_threads(struct procs *procs);

/* Fills the facts' `busiest_thread` and `waited`, which count since the mark, and `quota`. */
void procs_read_threads(struct procs *procs);

#endif
