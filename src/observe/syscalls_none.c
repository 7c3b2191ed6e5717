// SPDX-License-Identifier: GPL-3.0-or-later
/* In the place of syscalls.c where that cannot be built. */
#include <errno.h>

#include "observe/syscalls.h"

int syscalls_check(struct err *err)
{
	return err_set(err, -ENOTSUP,
	    "cannot watch system calls: this maxq was built without BPF: install clang, bpftool, libbpf-dev and libseccomp-dev, and build it anew");
}

bool syscalls_knows(const char *name)
{
	(void)name;
	return true;
}

int syscalls_begin(struct syscalls **syscalls, const struct procs *procs, const char *const *asks_kind,
    size_t n_kinds, struct err *err)
{
	(void)syscalls;
	(void)procs;
	(void)asks_kind;
	(void)n_kinds;
	return syscalls_check(err);
}

int syscalls_end(struct syscalls *syscalls, struct process_syscalls **processes, size_t *n, struct err *err)
{
	(void)syscalls;
	(void)processes;
	(void)n;
	return syscalls_check(err);
}

void syscalls_release(struct process_syscalls *processes, size_t n)
{
	(void)processes;
	(void)n;
}

void syscalls_free(struct syscalls *syscalls)
{
	(void)syscalls;
}
