// SPDX-License-Identifier: GPL-3.0-or-later
/* The events of struct samples: one of the clock for each CPU, or for each thread on each CPU, and a ring for each CPU. */
#ifndef MAXQ_OBSERVE_SAMPLES_OPEN_H
#define MAXQ_OBSERVE_SAMPLES_OPEN_H

#include "observe/perf_ring.h"
#include "observe/samples.h"

struct samples_ring {
	int cpu;
	int fd; /* the event that it is of */
	struct perf_ring ring;
	uint64_t bpf_id; /* of the records with stacks of Python; 0: there are none */
};

struct samples_events {
	bool all; /* of everybody, and in the kernel: else of the processes' threads, in user mode */
	size_t n_fds;
	int *fds;
	size_t n_rings;
	struct samples_ring *rings;
};

/* As samples_new says. Close also what failed or is zero. */
int samples_events_open(struct samples_events *events, const struct process_facts *const *processes, size_t n,
    const cpu_set_t *cpus, unsigned frequency_hz, struct python_bpf *bpf, struct err *err);
void samples_events_close(struct samples_events *events);

/* Lets all of them count, or not. */
void samples_events_switch(const struct samples_events *events, bool on);

#endif
