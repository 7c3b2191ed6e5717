// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Whether the server waits for memory: what the kernel says of its control groups (of version 2: PSI and memory.events; of
 * version 1: memory.failcnt and memory.oom_control), else of the whole machine (PSI: Documentation/accounting/psi.rst).
 */
#ifndef MAXQ_OBSERVE_MEMORY_H
#define MAXQ_OBSERVE_MEMORY_H

#include "observe/procs.h"
#include "sample/machine.h"

struct memory;

/* 0 or -ENOMEM. `root` is as in observe/settings.h, and stays the caller's. */
int memory_new(struct memory **memory, const char *root);
void memory_free(struct memory *memory);

/* Looks up in which groups the processes are. */
void memory_find(struct memory *memory, const struct procs *procs);

/* What has happened since the last call. `procs` (or NULL) have been read. */
void memory_read(struct memory *memory, const struct procs *procs, struct memory_state *state);

/*
 * The tightest memory limit of a process's group and all above it, as far as they can be seen, with what is used of it; bytes
 * is INT64_MAX without any. `pid` is "self" or a number.
 */
void memory_limit_read(const char *root, const char *pid, struct memory_limit *limit);

/* The share of the last ten seconds in which some process of the machine waited for memory; -1: not known. */
double memory_pressure_read(const char *root);

#endif
