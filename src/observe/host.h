// SPDX-License-Identifier: GPL-3.0-or-later
/* What the machine is, and what all of its CPUs did. */
#ifndef MAXQ_OBSERVE_HOST_H
#define MAXQ_OBSERVE_HOST_H

#include "sample/step.h"

/* Facts that do not change while maxq runs; what cannot be read is 0 or "unknown". */
void host_describe(struct host_facts *facts);

/* The machine's CPU time since its boot: 0 or negative errno. Its resolution is a tick of 10 ms a CPU. */
int host_read(struct host_cpu *cpu);

/* What was used between two readings. */
struct host_cpu host_difference(const struct host_cpu *now, const struct host_cpu *before);

#endif
