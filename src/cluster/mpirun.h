// SPDX-License-Identifier: GPL-3.0-or-later
/* How mpirun is asked to start maxq-mpi on several machines, and what it means when it fails. No process is started here. */
#ifndef MAXQ_CLUSTER_MPIRUN_H
#define MAXQ_CLUSTER_MPIRUN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum { MPIRUN_HOSTS_MAX = 256, MPIRUN_HOST_MAX = 256 };

struct mpirun_spec {
	const char *program; /* maxq-mpi, at the same path on all machines */
	const char
	    *generators; /* names of machines, separated by commas; the same one again is a rank more there */
	const char *server; /* NULL: nobody watches it */
	const char *subnet; /* NULL: Open MPI chooses */
	bool as_root;
	bool own_agent;          /* the user has an agent of his own in the place of ssh */
	const char *const *args; /* of the program, ended by NULL: its command first */
};

/* An argument vector, ended by NULL; all of it is from malloc. */
struct mpirun_args {
	char **argv;
	size_t n;
};

/* -EINVAL when a name is none, -ENOMEM; with a message. The coordinator is rank 0, here; generators follow, and the observer. */
int mpirun_args_make(struct mpirun_args *args, const struct mpirun_spec *spec, struct err *err);
/* Only to ask that machine for its version, on which nothing waits for other ranks. */
int mpirun_args_ask(
    struct mpirun_args *args, const struct mpirun_spec *spec, const char *host, struct err *err);
void mpirun_args_release(struct mpirun_args *args);

/* How many machines the list names; -EINVAL with a message when one of them is no name. */
int mpirun_count(const char *hosts, struct err *err);

/* The ith of the list, cut at `size`. */
void mpirun_host(const char *hosts, size_t i, char *name, size_t size);

/*
 * Says in one line why mpirun failed: from what it and those that it started wrote, and its wait status. What it does not
 * recognise, it quotes. `started`: all ranks had found each other by then.
 */
void mpirun_explain(const char *log, bool started, int status, struct err *err);

#endif
