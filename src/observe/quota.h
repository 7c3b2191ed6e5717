// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What control groups (cgroups(7)) leave to a process: of version 2, or of version 1 where that still holds the CPU
 * controllers. `root` is as in observe/settings.h, `pid` is "self" or a number.
 */
#ifndef MAXQ_OBSERVE_QUOTA_H
#define MAXQ_OBSERVE_QUOTA_H

#include "sample/machine.h"

/* The tightest CPU limit of its group and all above it, as far as they can be seen; cores is INFINITY without any. */
void quota_read(const char *root, const char *pid, struct cpu_quota *quota);

/* The CPUs of its group; empty when that has no such list. */
void quota_cpuset(const char *root, const char *pid, cpu_set_t *cpus);

#endif
