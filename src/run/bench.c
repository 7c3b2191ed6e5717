// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/rank.h"
#include "base/cpus.h"
#include "base/interrupt.h"
#include "observe/listener.h"
#include "run/doctor.h"
#include "run/run.h"
#include "run/target.h"
#include "stack/catalog.h"
#include "stack/stack.h"

/* All that the rows of a bench share. */
struct bench {
	const struct plan *plan;
	char catalog[CATALOG_PATH_MAX];
	struct suite *suite; /* NULL: the user named the stacks */
	size_t n;
	struct chain chains[PLAN_STACKS_MAX];
	cpu_set_t server_cpus, generator_cpus;
	struct sink *sink;
	struct report *report;
	bool interrupted;
};

static void bench_release(struct bench *b)
{
	for (size_t i = 0; i < b->n; i++)
		chain_release(&b->chains[i]);
	suite_free(b->suite);
}

/* Reads all stacks before the first is launched: a typing error in the last must not cost the time of the others. */
static int read_stacks(struct bench *b, struct err *err)
{
	const struct plan *plan = b->plan;
	int rc = catalog_find(plan->catalog, b->catalog, sizeof(b->catalog), err);
	size_t n = plan->n_stacks;

	if (!rc && !n)
		rc = suite_load(&b->suite, b->catalog, plan->suite ? plan->suite : "default", err);
	if (!rc && b->suite)
		n = b->suite->rows_count;
	for (size_t i = 0; i < n && !rc; i++) {
		if (i == PLAN_STACKS_MAX)
			return err_set(err, -EINVAL, "too many stacks: at most %d", PLAN_STACKS_MAX);
		rc = chain_parse(
		    &b->chains[i], b->suite ? b->suite->rows[i].stack : plan->stacks[i], b->catalog, err);
		b->n += !rc;
	}
	return rc;
}

/* Servers on the first CPU, as on the one core of a small machine, and the generator on all others. */
static void place(struct bench *b)
{
	cpu_set_t allowed;

	b->server_cpus = b->plan->server_cpus;
	b->generator_cpus = b->plan->generator_cpus;
	if (cpus_allowed(&allowed) || CPU_COUNT(&allowed) < 2)
		return;
	if (!CPU_COUNT(&b->server_cpus)) {
		cpu_set_t left = allowed;

		cpus_subtract(&left, &b->generator_cpus);
		if (CPU_COUNT(&left))
			CPU_SET(cpus_nth(&left, 0), &b->server_cpus);
	}
	if (!CPU_COUNT(&b->generator_cpus)) {
		b->generator_cpus = allowed;
		cpus_subtract(&b->generator_cpus, &b->server_cpus);
	}
}

/* An answer proves little if it is another server's: whoever listens must be one of ours. */
static int check_owner(const struct target *target, struct err *err)
{
	pid_t pids[64];
	int n = listener_find(&target->addr, pids, 64);

	for (int i = 0; i < n; i++)
		for (size_t p = 0; p < procs_count(target->procs); p++)
			if (procs_facts(target->procs, p)->pid == pids[i])
				return 0;
	if (n <= 0) /* sock_diag is not available everywhere */
		return 0;
	return err_set(err, -EADDRINUSE, "'%s' is answered by process %d, which is not ours", target->text,
	    (int)pids[0]);
}

/* Sweeps a stack that runs. */
static int sweep_stack(struct bench *b, struct stack *stack, const char *name, struct progress *progress,
    struct result *result, struct err *err)
{
	struct plan plan = *b->plan;
	struct target target;
	struct err ended;
	int rc;

	plan.expect_body = stack_expected(stack, &plan.expect_body_len);
	plan.expect_status = 200;
	plan.generator_cpus = b->generator_cpus;
	rc = target_open(&target, &plan, stack_url(stack), err);
	if (rc)
		return rc;
	for (unsigned i = 0; i < stack_n_servers(stack); i++) {
		const char *component, *cgroup;
		pid_t pid = stack_server(stack, i, &component, &cgroup);

		procs_add_tree(target.procs, pid, component, cgroup);
	}
	target.server_cpus = b->server_cpus;
	rc = check_owner(&target, err);
	if (!rc && run_name_result(&target, name, result))
		rc = err_set(err, -ENOMEM, "out of memory");
	if (!rc)
		rc = run_sweep_target(&target, b->sink, progress, result, &b->interrupted, err);
	if (!rc && stack_alive(stack, &ended))
		result_not_valid(result, "%s", ended.msg);
	target_close(&target);
	return rc;
}

/* One row. What fails is told in the row, and the others go on. */
static void run_row(struct bench *b, size_t i, const struct stack_options *options)
{
	const char *name = b->chains[i].text;
	struct progress progress = {.name = name, .row = i, .n_rows = b->n};
	struct result *result = report_add_result(b->report);
	struct stack *stack = NULL;
	struct err err;
	int rc;

	if (!result)
		return;
	if (b->sink->row)
		b->sink->row(b->sink, &progress, "launching");
	rc = stack_launch(&stack, &b->chains[i], options, &err);
	if (!rc)
		rc = sweep_stack(b, stack, name, &progress, result, &err);
	stack_stop(stack);
	b->interrupted |= interrupt_signal() != 0;
	if (rc && b->interrupted && !result->n_steps) {
		report_drop_result(b->report);
		return;
	}
	if (rc) {
		free(result->name);
		result->name = strdup(name);
		result->failed = strdup(err.msg);
		result_not_valid(result, "%s", err.msg);
	}
	if (b->sink->result)
		b->sink->result(b->sink, result);
}

/* The stack of the row that the ith column compares with. */
static const char *compared_with(const struct suite *suite, unsigned column)
{
	for (unsigned i = 0; column < suite->compare_count && i < suite->rows_count; i++)
		if (!strcmp(suite_row_name(suite, i), suite->compare[column].row))
			return suite->rows[i].stack;
	return NULL;
}

int run_bench(const struct plan *plan, struct sink *sink, struct report *report, struct err *err)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct stack_options options;
	int rc;

	if (!b)
		return err_set(err, -ENOMEM, "out of memory");
	b->plan = plan;
	b->sink = sink;
	b->report = report;
	rc = read_stacks(b, err);
	if (rc)
		goto out;
	place(b);
	run_quick_check(plan, NULL, &b->server_cpus, &b->generator_cpus, sink, report);
	report->server_cpus = b->server_cpus;
	report->generator_cpus = b->generator_cpus;
	if (sink->begin)
		sink->begin(sink, report);
	if (CPU_COUNT(
		&b->generator_cpus)) /* our own work beside the load, too, stays off the servers' CPUs */
		sched_setaffinity(0, sizeof(b->generator_cpus), &b->generator_cpus);
	options = (struct stack_options){.catalog = b->catalog,
	    .workload = plan->workload,
	    .cpus = b->server_cpus,
	    .ready_ns = plan->ready_ns};
	for (size_t i = 0; i < b->n && !b->interrupted; i++)
		run_row(b, i, &options);
	report->complete = !b->interrupted;
	rc = rank_results(report, b->suite ? compared_with(b->suite, 0) : "nginx",
	    b->suite ? compared_with(b->suite, 1) : NULL);
	if (rc)
		err_set(err, rc, "out of memory");
	else if (b->interrupted && !report->n_results)
		rc = -EINTR;
out:
	bench_release(b);
	free(b);
	return rc;
}
