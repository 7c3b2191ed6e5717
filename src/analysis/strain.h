// SPDX-License-Identifier: GPL-3.0-or-later
/* From the windows of a step to what was short besides CPUs and queues, and to what checks the account of the CPUs. */
#ifndef MAXQ_ANALYSIS_STRAIN_H
#define MAXQ_ANALYSIS_STRAIN_H

#include "analysis/result.h"

/* Fills these fields of a step whose processes and their use are known: see struct step. */
void summarize_strain(const struct step_sample *sample, struct step *step);

/*
 * The CPU time that nobody is known to have used, or that somebody used who should not have had it, as a share of all of
 * these CPUs' time; NAN where something of it is unknown.
 *
 * Idle time, steal and the processes' clocks are exact; they must add up to the time of the CPUs, but for interrupts: those
 * that come while a CPU is idle belong to no process, and are known by ticks only. So what is left may be anything from
 * nothing to all of the interrupts' time. Where the kernel's clocks run on while the hypervisor has the CPU, it is
 * counted twice: so much the sum may be too large. And idle time is told in steps of 10 ms a CPU.
 */
double cpu_unaccounted(const struct step_sample *sample);

#endif
