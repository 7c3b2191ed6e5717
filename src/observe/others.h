// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What else runs on the machine: the CPU time of all processes that are neither maxq nor the server's, between two looks at
 * /proc. Kernel threads are counted apart: they work for those that load the machine.
 */
#ifndef MAXQ_OBSERVE_OTHERS_H
#define MAXQ_OBSERVE_OTHERS_H

#include "observe/procs.h"

struct others;

/* 0 or -ENOMEM. */
int others_new(struct others **others);
void others_free(struct others *others);

/* The first look. Costs some 10 us a process. */
void others_begin(struct others *others);

/*
 * The second look: the cores of `cpus` that others used since the first one, NAN when there was none; the busiest of them in
 * most[0..n_most), what is left of it zero. A process is taken to have run where it ran last. `procs` (or NULL) are not
 * others; nor are processes that maxq started. What the kernel's own threads used goes to *kernel, if that is not NULL.
 */
double others_busy(struct others *others, const struct procs *procs, const cpu_set_t *cpus,
    struct other_process *most, size_t n_most, double *kernel);

#endif
