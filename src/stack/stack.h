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
#include "stack/expected.h"
#include "stack/render.h"

struct stack_options {
	const char *catalog;
	cpu_set_t cpus;   /* of all components; empty: as we do */
	int64_t ready_ns; /* to be ready in */
	bool profiled;    /* its functions are to be named: with what the components' `profiled` says */
	/* The address, of IPv4, that its front listens on over TCP; NULL: 127.0.0.1, as all that is behind it */
	const char *host;
};

struct stack;

/* What one server of a stack is started with. All of it belongs to the stack. */
struct server_view {
	const struct element *element;
	const char *dir;             /* its private folder, where its files are */
	const struct rendered *with; /* its command and environment */
};

/*
 * Launches, and waits until /hello is answered rightly. A failure ends all of it again; its message has the end of the log
 * of the component that is to blame. `chain` stays the caller's until the stack is stopped.
 */
int stack_launch(
    struct stack **stack, const struct chain *chain, const struct stack_options *options, struct err *err);

/*
 * Where a workload is to be asked for, and the body that each response must have; it is asked for once, and verified. The
 * message has the end of a log as above.
 */
int stack_ask(
    struct stack *stack, const char *workload, struct url *url, struct expected *expected, struct err *err);

/* Whether it is the front of the stack that is reached there. */
bool stack_is_at(const struct stack *stack, const struct url *url);

/* The same as stack_ask, for those who only want to know. */
int stack_verify(struct stack *stack, const char *workload, struct err *err);

/*
 * Makes all that a launch makes, on free ports, but starts nothing: to show it. Nothing needs to be installed or built for it.
 */
int stack_prepare(
    struct stack **stack, const struct chain *chain, const struct stack_options *options, struct err *err);

/* The components that are processes: how many, and of each its main process, its name and its control group ("": none). */
unsigned stack_n_servers(const struct stack *stack);
pid_t stack_server(const struct stack *stack, unsigned i, const char **component, const char **cgroup);
struct server_view stack_server_view(const struct stack *stack, unsigned i);

/* 0 while all are running; else the message says which one ended, and how. */
int stack_alive(struct stack *stack, struct err *err);

/* Begins to end all of it: stack_stop will have less to wait for. Takes NULL. */
void stack_begin_stop(struct stack *stack);

/* Takes NULL. */
void stack_stop(struct stack *stack);

#endif
