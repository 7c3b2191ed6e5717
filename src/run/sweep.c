// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "observe/host.h"
#include "run/doctor.h"
#include "run/maximum.h"
#include "run/run.h"
#include "run/slo.h"

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
	if (!result->name)
		result->name = strdup(name);
	if (!result->workload)
		result->workload = strndup(target->url.path, strcspn(target->url.path, "?"));
	result->url = strdup(target->text);
	result->protocol = target->url.protocol;
	result->is_unix = target->url.is_unix;
	result->keepalive = target->keepalive;
	result->valid = true;
	return result->name && result->url && result->workload ? 0 : -ENOMEM;
}

/* The sweep itself: searches, then measures the maximum anew. Fails only when no step was measured. */
static int sweep(const struct target *target, struct sink *sink, struct progress *progress,
    struct result *result, bool *interrupted, struct err *err)
{
	const struct plan *plan = target->plan;
	struct step_spec spec = {.requests = plan->requests, .warmup_ns = step_warmup_ns};
	struct found found;
	struct step step;
	int rc;

	spec.duration_ns = plan->duration_ns ? plan->duration_ns : step_ns;
	rc = run_search(target, &spec, sink, progress, result, &found, err);
	if (rc && !result->n_steps)
		return rc;
	if (found.best >= 0 && !rc && !found.interrupted) {
		spec.clients = result->steps[found.best].clients;
		spec.warmup_ns = final_warmup_ns;
		spec.duration_ns *= FINAL_TIMES_LONGER;
		rc = run_step(target, &spec, sink, progress, &step, &found.interrupted, err);
		if (!rc)
			rc = run_add_step(&step, sink, progress, result, err);
		if (!rc && !found.interrupted)
			found.best = (int)result->n_steps - 1;
	}
	if (found.best >= 0)
		run_set_maximum(target, (size_t)found.best, found.growth, result);
	else if (!found.interrupted)
		run_set_hopeless(target, result);
	/* what was measured before a failure is still worth showing */
	if (rc)
		result_not_valid(result, "%s", err->msg);
	if (found.interrupted)
		result_not_valid(result, "interrupted: this is what was measured until then");
	*interrupted = found.interrupted || rc;
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
	else if (plan->slo.n)
		rc = run_slo(&target, sink, &progress, result, &interrupted, err);
	else
		rc = sweep(&target, sink, &progress, result, &interrupted, err);
	if (rc && result)
		report_drop_result(report);
	report->complete = !rc && !interrupted;
	if (!rc && sink->result)
		sink->result(sink, result);
	target_close(&target);
	return rc;
}
