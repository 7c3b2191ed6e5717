// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A chain, running: every component launched in a private folder, on a free port or a unix socket of its own, ready and
 * verified. Whatever happens, stopping it leaves no process, socket, file or control group behind.
 */
#ifndef MAXQ_STACK_STACK_H
#define MAXQ_STACK_STACK_H

#include <sched.h>
#include <sys/types.h>

#include "stack/chain.h"

struct stack_options {
	const char *catalog;
	const char *workload; /* the path that will be asked for */
	cpu_set_t cpus;       /* of all components; empty: as we do */
	int64_t ready_ns;     /* to be ready in */
};

struct stack;

/*
 * Launches, waits until /hello and the workload are answered, and verifies the answers. A failure ends all of it again;
 * its message has the end of the log of the component that is to blame.
 */
int stack_launch(
    struct stack **stack, const struct chain *chain, const struct stack_options *options, struct err *err);

/* Where the workload is to be asked for. */
const struct url *stack_url(const struct stack *stack);

/* The body that each response must have. */
const uint8_t *stack_expected(const struct stack *stack, size_t *len);

/* The components that are processes: how many, and of each its main process, its name and its control group ("": none). */
unsigned stack_n_servers(const struct stack *stack);
pid_t stack_server(const struct stack *stack, unsigned i, const char **component, const char **cgroup);

/* 0 while all are running; else the message says which one ended, and how. */
int stack_alive(struct stack *stack, struct err *err);

/* Takes NULL. */
void stack_stop(struct stack *stack);

#endif
