// SPDX-License-Identifier: GPL-3.0-or-later
/* Whether the machine is fit to measure: by the command doctor, and in short at the beginning of sweeps. Read-only. */
#ifndef MAXQ_RUN_DOCTOR_H
#define MAXQ_RUN_DOCTOR_H

#include "report/sink.h"
#include "run/plan.h"
#include "run/target.h"

/*
 * All that can be looked at, of the machine and of the plan's target if it names one, into report->findings. Takes a
 * second to see what else the machine does, unless the plan says quick. 0, also when it is not fit; -EINTR.
 */
int run_doctor(const struct plan *plan, struct sink *sink, struct report *report, struct err *err);

/*
 * What takes no time, before a run: into report->findings, and those that matter to the sink. `target` is the server that
 * will be loaded, with its processes, or NULL when it is still to be launched; the sets are the CPUs of both sides, or
 * empty. Failing to look is no reason not to measure: then there are no findings.
 */
void run_quick_check(const struct plan *plan, const struct target *target, const cpu_set_t *server_cpus,
    const cpu_set_t *generator_cpus, struct sink *sink, struct report *report);

#endif
