// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The files /tmp/perf-PID.map in which programs that compile themselves tell perf of it. They outlive the program: what a server
 * that we launched has left there is removed.
 */
#ifndef MAXQ_STACK_PERF_MAPS_H
#define MAXQ_STACK_PERF_MAPS_H

#include <stddef.h>
#include <sys/types.h>

enum { PERF_MAPS_MAX = 64 };

/* Of which processes. */
struct perf_maps {
	size_t n;
	pid_t pids[PERF_MAPS_MAX];
};

/* Notes the process and its children, while they run; once noted, they stay. */
void perf_maps_note(struct perf_maps *maps, pid_t pid);

/* Removes their files, if they are ours, once the processes have ended. */
void perf_maps_remove(const struct perf_maps *maps);

#endif
