// SPDX-License-Identifier: GPL-3.0-or-later
/* Sets of CPUs: read and written as the kernel does ("0-3,6"), chosen, and pinned to. Needs _GNU_SOURCE (set by the build). */
#ifndef MAXQ_BASE_CPUS_H
#define MAXQ_BASE_CPUS_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Room for a formatted list of any set. */
enum { CPUS_TEXT_MAX = 512 };

/* Reads "0-3,6". -EINVAL with a message when malformed or empty. */
int cpus_parse(const char *text, cpu_set_t *set, struct err *err);

/* Writes the set as ranges; an empty set is "". */
void cpus_format(const cpu_set_t *set, char *text, size_t size);

/* The CPUs that the calling thread may run on. */
int cpus_allowed(cpu_set_t *set);

/* The number of the nth (from 0) CPU of the set, or -1. */
int cpus_nth(const cpu_set_t *set, int nth);

/* Removes from `set` all that is in `other`. */
void cpus_subtract(cpu_set_t *set, const cpu_set_t *other);

bool cpus_overlap(const cpu_set_t *a, const cpu_set_t *b);

/* Restricts the calling thread to one CPU. */
int cpus_pin_self(int cpu);

#endif
