// SPDX-License-Identifier: GPL-3.0-or-later
/* A target whose server is a stack that maxq has launched. */
#ifndef MAXQ_RUN_TARGET_STACK_H
#define MAXQ_RUN_TARGET_STACK_H

#include "run/target.h"
#include "stack/stack.h"

/* Adds the processes of the stack; -EADDRINUSE when the target is answered by another one. */
int target_take_stack(struct target *target, const struct stack *stack, struct err *err);

/* What all processes of the target's server have used so far. */
int64_t target_cpu_ns(const struct target *target);

#endif
