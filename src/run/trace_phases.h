// SPDX-License-Identifier: GPL-3.0-or-later
/* The tracer of phases: what the server's processes do by system call, and what phase of a request that belongs to. */
#ifndef MAXQ_RUN_TRACE_PHASES_H
#define MAXQ_RUN_TRACE_PHASES_H

#include "run/plan.h"
#include "run/tracer.h"

/* Reads the plan's file of phases, and tries whether tracing works here: 0 or negative errno with a message. */
int trace_phases_check(const struct plan *plan, struct err *err);

/* A new tracer, to be freed by its own function. */
int trace_phases_new(struct tracer **tracer, const struct plan *plan, struct err *err);

#endif
