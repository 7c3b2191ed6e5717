// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The kernel's part of sampling Python: python.bpf.c, loaded and attached to the events that sample. Before each sample of a
 * process that was added, and that is in Python, its stack (struct python_stack) comes as a record of its own in the same ring.
 */
#ifndef MAXQ_OBSERVE_PYTHON_BPF_LOADER_H
#define MAXQ_OBSERVE_PYTHON_BPF_LOADER_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "observe/python.bpf.h"

struct python_bpf;

/* -EPERM with a message where this user may not; -ENOTSUP where maxq was built without libbpf. */
int python_bpf_new(struct python_bpf **bpf, struct err *err);
void python_bpf_free(struct python_bpf *bpf);

/* Runs it at each sample of the event `fd`, which is on that CPU and has a ring. *id is that of its records. */
int python_bpf_attach(struct python_bpf *bpf, int fd, int cpu, uint64_t *id, struct err *err);

/* From now on that process's stacks are taken. What cannot be added has none. */
void python_bpf_add(struct python_bpf *bpf, pid_t pid, const struct python_layout *layout);

#endif
