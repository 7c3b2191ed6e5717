// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which functions the server's processes spend their CPU time in: samples (samples.h), and the names of what they show, C by
 * symbol tables, the kernel, Python's functions, and what a program that compiles itself tells of that.
 *
 * A stack is the calls from the outermost function to the one that ran, as far as frame pointers tell: code that is compiled
 * without them, as that of Debian's packages is, shows the function that ran alone. Of a process in Python the functions are
 * Python's, then what these call beyond the interpreter, whose own work counts as that of the function that it interprets.
 */
#ifndef MAXQ_OBSERVE_FUNCTIONS_H
#define MAXQ_OBSERVE_FUNCTIONS_H

#include "observe/procs.h"
#include "sample/stacks.h"

enum { FUNCTIONS_FREQUENCY_MIN = 10, FUNCTIONS_FREQUENCY_MAX = 10000, FUNCTIONS_FREQUENCY_DEFAULT = 997 };

struct functions;

/* Fails, with a message, when maxq was built without what it takes, or the kernel does not let this user. */
int functions_new(struct functions **functions, unsigned frequency_hz, struct err *err);
void functions_free(struct functions *functions);

/* Samples all processes of `procs` from now until functions_end, and those that they start. As often as wanted. */
int functions_begin(struct functions *functions, const struct procs *procs, struct err *err);

/* While the processes are still there: their names are read. -ENOMEM. */
int functions_end(struct functions *functions, struct err *err);

/* Tries whether this user may sample anything at all: 0 or negative errno with a message. */
int functions_check(struct err *err);

/* Hands over all that was sampled until now, and begins anew: the stacks become the caller's. */
void functions_take(struct functions *functions, struct stacks *stacks);

#endif
