// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The busiest thread of a process. A process can be at its end while most of its threads sleep: one thread cannot use
 * more than one core.
 */
#ifndef MAXQ_OBSERVE_THREADS_H
#define MAXQ_OBSERVE_THREADS_H

#include <sys/types.h>

struct threads;

/* 0 or -ENOMEM. */
int threads_new(struct threads **threads);
void threads_free(struct threads *threads);

/* Forgets all marks; time counts from now. */
void threads_begin(struct threads *threads);

/* Notes what each thread of the process has used so far. */
void threads_mark(struct threads *threads, pid_t pid);

/*
 * The share of a core that the busiest thread of the process has used since threads_begin; and how long all of them together
 * were ready to run but did not, in cores. NAN when the process is gone.
 */
void threads_read(const struct threads *threads, pid_t pid, double *busiest, double *waited);

#endif
