// SPDX-License-Identifier: GPL-3.0-or-later
/* The fields of /proc/PID/stat and /proc/PID/task/TID/stat that are used: proc(5), whose field numbers stand beside. */
#ifndef MAXQ_OBSERVE_PROCSTAT_H
#define MAXQ_OBSERVE_PROCSTAT_H

#include "sample/step.h"

struct procstat {
	pid_t pid;             /* (1) of the process or the thread */
	char comm[COMM_MAX];   /* (2) without control characters */
	pid_t parent;          /* (4) */
	uint64_t major_faults; /* (12) pages that had to be read from disk or swap */
	/* (14) (15) its own; (16) (17) of its children that ended and were waited for, with theirs. Steps of a tick. */
	int64_t user_ns, system_ns, reaped_user_ns, reaped_system_ns;
	unsigned threads;     /* (20) */
	uint64_t start_ticks; /* (22) since boot: tells a process from a later one of the same number */
	int cpu;              /* (39) on which it ran last */
};

/* Of a process, or of one of its threads with `tid` not 0: 0, -ENOENT or -ESRCH when it is gone, -EPROTO. */
int procstat_read(pid_t pid, pid_t tid, struct procstat *stat);

#endif
