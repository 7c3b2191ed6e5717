// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A window: what load and observers saw in one fixed slice of a step. It is the unit of all statistics.
 */
#ifndef MAXQ_SAMPLE_WINDOW_H
#define MAXQ_SAMPLE_WINDOW_H

#include <stdint.h>

#include "sample/counts.h"

/* CPU time, or a difference of two. */
struct cpu_time {
	int64_t user_ns, system_ns;
};

struct window {
	int64_t start_ns, end_ns; /* monotonic */
	unsigned round;           /* of the sample that it is in, from 0 */
	unsigned
	    spans; /* windows of the usual length that it covers: more than 1 when the generator did not run at an end */
	struct counts counts; /* what ended in it (completed, errors) or began in it (started, connections) */
	/* The generator's threads: all their CPU time between the samples next to both ends, and the most of any one thread. */
	struct cpu_time generator;
	int64_t generator_busiest_ns;
	/* The time that the thread which waited longest for a CPU was ready to run and did not; -1: the kernel does not tell. */
	int64_t generator_wait_ns;
};

#endif
