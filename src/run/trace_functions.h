// SPDX-License-Identifier: GPL-3.0-or-later
/* The tracer of functions: samples of what the server's processes spend their CPU time in. */
#ifndef MAXQ_RUN_TRACE_FUNCTIONS_H
#define MAXQ_RUN_TRACE_FUNCTIONS_H

#include "run/plan.h"
#include "run/tracer.h"

/* Reads the plan's file of parts, and tries whether sampling works here: 0 or negative errno with a message. */
int trace_functions_check(const struct plan *plan, struct err *err);

/* A new tracer, to be freed by its own function. */
int trace_functions_new(struct tracer **tracer, const struct plan *plan, struct err *err);

#endif
