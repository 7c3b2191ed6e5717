// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Samples of what processes do with their CPU time, by the kernel's software clock (perf_event_open(2), PERF_COUNT_SW_CPU_CLOCK),
 * which needs no counters of the hardware: while a process runs, its stack is taken at a fixed frequency.
 *
 * Where this user may, all that runs on the processes' CPUs is sampled, and what is not theirs is left out at once; processes
 * that they start are theirs. Else each of their threads is sampled, in user mode only, with what it starts. A thread of ours reads
 * the rings meanwhile. Equal stacks are kept once, so that memory is bounded by how many differ.
 */
#ifndef MAXQ_OBSERVE_SAMPLES_H
#define MAXQ_OBSERVE_SAMPLES_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "observe/python_bpf.h"
#include "sample/step.h"

struct samples;

enum { SAMPLES_DEPTH_MAX = 127 };

/* A process that was sampled, or that its children descend from. */
struct sampled_process {
	pid_t pid, parent; /* parent: 0: it was there from the beginning */
	bool executed;     /* another program since it was started: nothing of the parent's is true of it */
	char component[COMPONENT_NAME_MAX];
};

/* A stack that was seen: addresses, each part's innermost first. */
struct raw_stack {
	const struct sampled_process *process;
	unsigned n_kernel, n_user, n_python;
	const uint64_t *kernel, *user, *python; /* python: of code objects */
	uint64_t count;
};

/*
 * Opens the events of these processes: nothing is sampled yet. `cpus` are those that they may run on. *all becomes true if the
 * kernel's part is sampled, too. `bpf` (NULL: none) takes stacks of Python, for which all of it is needed. The message of a
 * failure says what this user may not.
 */
int samples_new(struct samples **samples, const struct process_facts *const *processes, size_t n,
    const cpu_set_t *cpus, unsigned frequency_hz, struct python_bpf *bpf, bool *all, struct err *err);
void samples_free(struct samples *samples);

/*
 * A process with an interpreter, which was told to samples_new: its stacks of Python, and those of what it forks, are taken from
 * now on.
 */
void samples_add_python(struct samples *samples, pid_t pid, const struct python_layout *layout);

/* Begins to sample; until samples_stop a thread of ours reads what comes. */
int samples_start(struct samples *samples, struct err *err);
void samples_stop(struct samples *samples);

/* Once stopped: samples that were lost, of anybody, and the stacks. */
uint64_t samples_lost(const struct samples *samples);
size_t samples_count(const struct samples *samples);
struct raw_stack samples_at(const struct samples *samples, size_t i);

/* The process of that number, or NULL. */
const struct sampled_process *samples_process(const struct samples *samples, pid_t pid);

#endif
