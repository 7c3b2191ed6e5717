// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A program that we run and that cannot outlive us.
 *
 * Between us and the program stands a keeper: a small process that does nothing but wait, for the program's end or for
 * ours. However we end (kill -9 included), its pipe to us closes, and it ends the program and all that descends from it:
 * by SIGTERM, then by SIGKILL to its control group and to every descendant. It is a subreaper, so none can get away by
 * being orphaned. Then it removes the control group and the program's private folder, and ends.
 */
#ifndef MAXQ_BASE_CHILD_H
#define MAXQ_BASE_CHILD_H

#include <sched.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct child_spec {
	const char *const *argv; /* ended by NULL; argv[0] is searched in the PATH of `env` */
	const char *const *env;  /* the whole environment, ended by NULL */
	const char *dir;         /* to run in */
	const char *log;         /* standard output and error are appended to this file */
	const char *cgroup; /* the folder of a group to run in, which is removed in the end; "" for none */
	const char *
	    remove_dir; /* a folder to remove in the end, and the one above if that leaves it empty; "" for none */
	cpu_set_t cpus;   /* to run on; empty: as we do */
	int64_t grace_ns; /* between SIGTERM and SIGKILL */
};

struct child;

/*
 * Starts the program: 0 once it has been executed, or negative errno with a message. Call it while no other thread runs.
 * What it removes in the end is left alone when it could not be started.
 */
int child_start(struct child **child, const struct child_spec *spec, struct err *err);

/* The program's process. */
pid_t child_pid(const struct child *child);

/* True once the program has ended, with its wait status (see wait(2)); its descendants may still be there. */
bool child_ended(struct child *child, int *status);

/* Begins to end it: child_stop will find that done. For many that are to end at the same time. */
void child_begin_stop(struct child *child);

/* Ends the program and all its descendants, and frees. Returns when all of it is gone. Takes NULL. */
void child_stop(struct child *child);

#endif
