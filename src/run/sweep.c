// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/checks.h"
#include "analysis/limit.h"
#include "analysis/search.h"
#include "base/clock.h"
#include "observe/host.h"
#include "run/doctor.h"
#include "run/run.h"
#include "run/step.h"

/* Of each step of the search, and of the last one, which measures the maximum anew. */
static const int64_t step_ns = NS_PER_S, step_warmup_ns = 300 * NS_PER_MS;
static const int64_t final_warmup_ns = 500 * NS_PER_MS;
enum { FINAL_TIMES_LONGER = 4 };

void run_describe(const struct plan *plan, const char *command, struct report *report)
{
	*report = (struct report){.command = command};
	clock_rfc3339(report->started_at, sizeof(report->started_at));
	host_describe(&report->host);
	plan_describe(plan, report);
}

int run_name_result(const struct target *target, const char *name, struct result *result)
{
	result->name = strdup(name);
	result->url = strdup(target->text);
	result->workload = strndup(target->url.path, strcspn(target->url.path, "?"));
	result->protocol = target->url.protocol;
	result->is_unix = target->url.is_unix;
	result->keepalive = target->plan->keepalive;
	result->valid = true;
	return result->name && result->url && result->workload ? 0 : -ENOMEM;
}

/* Measures one more step and adds it to the result. */
static int add_step(const struct target *target, const struct step_spec *spec, struct sink *sink,
    struct progress *progress, struct result *result, bool *interrupted, struct err *err)
{
	struct step step;
	struct step *added;
	int rc = run_step(target, spec, sink, progress, &step, interrupted, err);

	if (rc)
		return rc;
	added = result_add_step(result, &step);
	if (!added) {
		free(step.processes);
		return err_set(err, -ENOMEM, "out of memory");
	}
	if (sink->step)
		sink->step(sink, progress, added);
	return 0;
}

/* The step of that index is the maximum. */
static void set_maximum(const struct target *target, size_t index, enum growth growth, struct result *result)
{
	const struct step *step = &result->steps[index];
	struct limit_context context = {
	    .server_cores = usable_cores(step, target_server_cpus(target)),
	    .growth = growth,
	};

	result->has_maximum = true;
	result->maximum = (struct maximum){
	    .throughput_rps = step->throughput_rps,
	    .ci95_rps = step->throughput_ci95_rps,
	    .clients = step->clients,
	    .step = index,
	    .cost = server_cost(step),
	    .implied_rps = implied_rps(step, context.server_cores),
	};
	find_limit(step, &context, &result->limit);
	explain_checks(step, result);
}

/* No step had a correct response: the last one says why. */
static void set_hopeless(const struct target *target, struct result *result)
{
	const struct step *last = &result->steps[result->n_steps - 1];
	struct limit_context context = {.server_cores = usable_cores(last, target_server_cpus(target))};

	find_limit(last, &context, &result->limit);
	explain_checks(last, result);
}

int run_sweep_target(const struct target *target, struct sink *sink, struct progress *progress,
    struct result *result, bool *interrupted, struct err *err)
{
	const struct plan *plan = target->plan;
	struct search search = {
	    .list = plan->n_clients ? plan->clients : NULL,
	    .n_list = plan->n_clients,
	    .clients_max = RUN_CLIENTS_MAX_DEFAULT,
	};
	struct step_spec spec = {.requests = plan->requests, .warmup_ns = step_warmup_ns};
	enum growth growth = GROWTH_UNKNOWN;
	int best, rc = 0;

	*interrupted = false;
	spec.duration_ns = plan->duration_ns ? plan->duration_ns : step_ns;
	spec.clients = search_next(&search, NULL, 0);
	while (!*interrupted && !rc && spec.clients) {
		rc = add_step(target, &spec, sink, progress, result, interrupted, err);
		spec.clients = search_next(&search, result->steps, result->n_steps);
	}
	if (rc && !result->n_steps)
		return rc;
	best = search_best(result->steps, result->n_steps);
	if (best >= 0 && !rc && !*interrupted) {
		growth = search_plateau(result->steps, result->n_steps) ? GROWTH_NONE : GROWTH_STILL;
		spec.clients = result->steps[best].clients;
		spec.warmup_ns = final_warmup_ns;
		spec.duration_ns *= FINAL_TIMES_LONGER;
		rc = add_step(target, &spec, sink, progress, result, interrupted, err);
		if (!rc && !*interrupted)
			best = (int)result->n_steps - 1;
	}
	if (best >= 0)
		set_maximum(target, (size_t)best, growth, result);
	else
		set_hopeless(target, result);
	/* what was measured before a failure is still worth showing */
	if (rc)
		result_not_valid(result, "%s", err->msg);
	if (*interrupted)
		result_not_valid(result, "interrupted: this is what was measured until then");
	*interrupted |= rc != 0;
	return 0;
}

int run_sweep(const struct plan *plan, struct sink *sink, struct report *report, struct err *err)
{
	struct progress progress = {.n_rows = 1};
	struct result *result;
	struct target target;
	bool interrupted = false;
	int rc = target_open(&target, plan, &plan->url, err);

	if (rc)
		return rc;
	target_find_server(&target);
	run_quick_check(plan, &target, &plan->server_cpus, &target.generator_cpus, sink, report);
	target_pin_self(&target);
	report->generator_cpus = target.generator_cpus;
	progress.name = target.text;
	if (sink->begin)
		sink->begin(sink, report);
	if (sink->row)
		sink->row(sink, &progress, NULL);
	result = report_add_result(report);
	rc = result ? run_name_result(&target, target.text, result) : -ENOMEM;
	if (rc)
		err_set(err, rc, "out of memory");
	else
		rc = run_sweep_target(&target, sink, &progress, result, &interrupted, err);
	if (rc && result)
		report_drop_result(report);
	report->complete = !rc && !interrupted;
	if (!rc && sink->result)
		sink->result(sink, result);
	target_close(&target);
	return rc;
}
