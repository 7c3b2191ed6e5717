// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <string.h>

#include "base/interrupt.h"
#include "run/machines.h"
#include "run/row.h"
#include "run/run.h"
#include "run/target_stack.h"

static int open_stack(struct bench *b, struct row *row, struct err *err)
{
	struct machines *machines = b->plan.machines;
	struct stack *stack = row->on->stack;
	int rc;

	if (machines)
		rc = machines->ask(
		    machines, (size_t)(row->on - b->running), row->workload, &row->url, &row->expected, err);
	else
		rc = stack_ask(stack, row->workload, &row->url, &row->expected, err);
	if (rc)
		return rc;
	row->plan = b->plan;
	row->plan.expect_status = 200;
	row->plan.expect_body = row->expected.body;
	row->plan.expect_body_len = row->expected.len;
	row->plan.generator_cpus = b->generator_cpus;
	rc = target_open(&row->target, &row->plan, &row->url, err);
	if (rc || machines)
		return rc;
	row->target.server_cpus = b->server_cpus;
	return target_take_stack(&row->target, stack, err);
}

/* The request of the plan, by whatever protocol: what only some of them have is for those. */
static void suit_protocol(struct plan *plan, enum protocol protocol)
{
	if (protocol == PROTOCOL_HTTP)
		plan->n_params = 0;
	if (protocol != PROTOCOL_UWSGI)
		plan->modifier1 = 0;
}

/* A server that runs already, and those that it is said to pass requests on to. */
static int open_running(struct bench *b, struct row *row, struct err *err)
{
	int rc;

	row->plan = b->plan;
	suit_protocol(&row->plan, row->url.protocol);
	row->plan.generator_cpus = b->generator_cpus;
	rc = target_open(&row->target, &row->plan, &row->url, err);
	if (!rc && !b->n_served)
		target_find_server(&row->target);
	for (size_t i = row->index; i < b->n_served && !rc; i++)
		if (target_add_server(&row->target, &b->served[i].addr, b->served[i].component) <= 0)
			rc = err_set(err, -ESRCH, "nobody serves '%s' any more", b->rows[i].name);
	return rc;
}

void row_open(struct bench *b, struct row *row)
{
	struct result *result = report_add_result(b->report);
	struct err err;
	int rc = 0;

	if (!result) {
		row->over = true;
		return;
	}
	row->has_result = true;
	row->result = b->report->n_results - 1;
	result->name = strdup(row->name);
	result->stack = row->on ? strdup(row->on->chain.text) : NULL;
	result->workload = row->workload ? strdup(row->workload) : NULL;
	result->reference_rps = row->reference_rps;
	row_tell(b, row, "verifying");
	if (row->on && row->on->failed)
		rc = err_set(&err, -ECHILD, "%s", row->on->why.msg);
	if (!rc)
		rc = row->on ? open_stack(b, row, &err) : open_running(b, row, &err);
	if (!rc)
		rc = run_name_result(&row->target, row->name, result);
	if (rc == -ENOMEM)
		err_set(&err, rc, "out of memory");
	b->interrupted |= interrupt_signal() != 0;
	if (rc && b->interrupted)
		row->over = true;
	else if (rc)
		row_fail(b, row, &err);
}
