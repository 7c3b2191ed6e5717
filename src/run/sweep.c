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

/*
 * Of a fine step of the search, and of the last one, which measures the maximum anew. A list of clients is measured as finely
 * as it can be compared, and has more time.
 */
static const int64_t step_ns = NS_PER_S, list_warmup_ns = 300 * NS_PER_MS;
static const int64_t rough_warmup_ns = 100 * NS_PER_MS, fine_warmup_ns = 200 * NS_PER_MS;
static const int64_t final_warmup_ns = 500 * NS_PER_MS;
enum { FINAL_TIMES_LONGER = 4, SEARCH_TIMES_LONGER = 9 };
/* A rough step is so much shorter; but no step of the search is shorter than that. */
#define ROUGH_SHARE 0.3
static const int64_t rough_min_ns = 100 * NS_PER_MS;
/* Of the last step: as long at most, with a precision but without a budget; and the precision, with a budget alone. */
static const int64_t precise_ns = 30 * NS_PER_S;
static const double default_precision = 0.01;
/* Of a budget, what the search may take. */
#define SEARCH_SHARE 0.5

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

static struct search_pace make_pace(const struct plan *plan)
{
	int64_t fine_ns = plan->duration_ns ? plan->duration_ns : step_ns;
	int64_t rough_ns = (int64_t)(ROUGH_SHARE * (double)fine_ns);
	int64_t budget_ns = SEARCH_TIMES_LONGER * fine_ns;

	if (rough_ns < rough_min_ns)
		rough_ns = fine_ns < rough_min_ns ? fine_ns : rough_min_ns;
	if (plan->budget_ns && budget_ns > (int64_t)(SEARCH_SHARE * (double)plan->budget_ns))
		budget_ns = (int64_t)(SEARCH_SHARE * (double)plan->budget_ns);
	return (struct search_pace){
	    .duration_ns = {[EFFORT_ROUGH] = rough_ns, [EFFORT_FINE] = fine_ns},
	    .warmup_ns = {[EFFORT_ROUGH] = rough_warmup_ns,
		[EFFORT_FINE] = plan->n_clients ? list_warmup_ns : fine_warmup_ns},
	    .budget_ns = budget_ns,
	    .settles = true,
	};
}

/* Of the last step, which measures the maximum anew: for longer, and by precision or budget, if there is one. */
static struct step_spec final_spec(const struct plan *plan, const struct search_pace *pace, int64_t begun_ns)
{
	bool is_auto = plan->warmup_ns == PLAN_WARMUP_AUTO;
	struct step_spec spec = {
	    .requests = plan->requests,
	    .warmup_ns = is_auto ? final_warmup_ns : plan->warmup_ns,
	    .duration_ns = FINAL_TIMES_LONGER * pace->duration_ns[EFFORT_FINE],
	    .settles = is_auto,
	};
	int64_t left_ns = plan->budget_ns - (clock_ns() - begun_ns) - spec.warmup_ns;

	if (plan->precision > 0 || plan->budget_ns)
		spec.precision = plan->precision > 0 ? plan->precision : default_precision;
	if (plan->budget_ns)
		spec.duration_ns =
		    left_ns > pace->duration_ns[EFFORT_FINE] ? left_ns : pace->duration_ns[EFFORT_FINE];
	else if (plan->precision > 0)
		spec.duration_ns = precise_ns;
	else if (is_auto)
		spec.settle_ns = spec.duration_ns;
	return spec;
}

/* The sweep itself: searches, then measures the maximum anew. Fails only when no step was measured. */
static int sweep(const struct target *target, struct sink *sink, struct progress *progress,
    struct result *result, bool *interrupted, struct err *err)
{
	struct search_pace pace = make_pace(target->plan);
	int64_t begun_ns = clock_ns();
	struct step_spec spec;
	struct found found;
	int rc;

	pace.final_ns = final_warmup_ns + FINAL_TIMES_LONGER * pace.duration_ns[EFFORT_FINE];
	rc = run_search(target, &pace, sink, progress, result, &found, err);
	if (rc && !result->n_steps)
		return rc;
	spec = final_spec(target->plan, &pace, begun_ns);
	if (found.best >= 0 && !rc && !found.interrupted)
		rc = run_final(target, &spec, sink, progress, result, &found, err);
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
