// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The system calls of the server's processes, traced in the kernel by BPF (syscalls.bpf.c). It needs root, or CAP_BPF and
 * CAP_PERFMON, and Linux 5.18 with BTF; a maxq that was built without libbpf has none of it. While it watches, every system
 * call on the machine takes a little longer, and those of the watched processes some more.
 */
#ifndef MAXQ_OBSERVE_SYSCALLS_H
#define MAXQ_OBSERVE_SYSCALLS_H

#include "base/err.h"
#include "observe/procs.h"
#include "sample/syscalls.h"

struct syscalls;

/* 0 when it would work here, else negative errno and a message that says why not. */
int syscalls_check(struct err *err);

/* True if the kernel has a call of that name, on whatever architecture. */
bool syscalls_knows(const char *name);

/*
 * Begins to watch all processes of `procs`, with the children that they get. Of the calls named in asks_kind[0..n_kinds) it is
 * noted whether their first argument is a socket.
 */
int syscalls_begin(struct syscalls **syscalls, const struct procs *procs, const char *const *asks_kind,
    size_t n_kinds, struct err *err);

/*
 * Ends it. *processes and what it points to are from malloc, the caller's; syscalls_release frees both. Fails only for want of
 * memory.
 */
int syscalls_end(struct syscalls *syscalls, struct process_syscalls **processes, size_t *n, struct err *err);

void syscalls_release(struct process_syscalls *processes, size_t n);

/* Takes NULL, and also one that has not ended. */
void syscalls_free(struct syscalls *syscalls);

#endif
