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
/*
 * Of a budget, what the search may take, unless it has not come to a plateau by then. A fine step is at most one part of so many,
 * unless the user says how long it is, and the last step's warm-up one of so many; neither is shorter than that.
 */
#define SEARCH_SHARE 0.5
enum { FINE_PARTS = 10, FINAL_WARMUP_PARTS = 20 };
static const int64_t budget_step_min_ns = 100 * NS_PER_MS;

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

static int64_t at_least(int64_t value, int64_t least)
{
	return value > least ? value : least;
}

static int64_t at_most(int64_t value, int64_t most)
{
	return value < most ? value : most;
}

static bool is_auto(const struct plan *plan)
{
	return plan->warmup_ns == PLAN_WARMUP_AUTO;
}

/* Of the last step. */
static int64_t warmup_of_final(const struct plan *plan)
{
	if (!is_auto(plan))
		return plan->warmup_ns;
	return plan->budget_ns ? at_most(final_warmup_ns, plan->budget_ns / FINAL_WARMUP_PARTS)
			       : final_warmup_ns;
}

/* Of a step of a list, or near the maximum: as the user says, else as there is time for. */
static int64_t fine_duration(const struct plan *plan, int64_t warmup_ns)
{
	int64_t search_ns = (int64_t)(SEARCH_SHARE * (double)plan->budget_ns), fine_ns;

	if (plan->duration_ns || !plan->budget_ns)
		return plan->duration_ns ? plan->duration_ns : step_ns;
	fine_ns =
	    plan->n_clients ? search_ns / (int64_t)plan->n_clients - warmup_ns : plan->budget_ns / FINE_PARTS;
	return at_most(at_least(fine_ns, budget_step_min_ns), step_ns);
}

static struct search_pace make_pace(const struct plan *plan, int64_t begun_ns)
{
	int64_t warmup_ns = plan->n_clients ? list_warmup_ns : fine_warmup_ns;
	int64_t fine_ns = fine_duration(plan, is_auto(plan) ? warmup_ns : plan->warmup_ns);
	struct search_pace pace = {
	    .duration_ns = {[EFFORT_ROUGH] = at_least(
				(int64_t)(ROUGH_SHARE * (double)fine_ns), at_most(fine_ns, rough_min_ns)),
		[EFFORT_FINE] = fine_ns},
	    .warmup_ns = {[EFFORT_ROUGH] = rough_warmup_ns, [EFFORT_FINE] = warmup_ns},
	    .budget_ns = SEARCH_TIMES_LONGER * fine_ns,
	    .final_ns = warmup_of_final(plan) + FINAL_TIMES_LONGER * fine_ns,
	    .settles = true,
	};

	if (!plan->budget_ns)
		return pace;
	pace.budget_ns = at_most(pace.budget_ns, (int64_t)(SEARCH_SHARE * (double)plan->budget_ns));
	/* so much is left for the last step in any case */
	pace.final_ns = warmup_of_final(plan) + fine_ns;
	pace.deadline_ns = begun_ns + plan->budget_ns - pace.final_ns;
	return pace;
}

/* A list is measured as it is given, or not at all. */
static int check_list(const struct plan *plan, const struct search_pace *pace, struct err *err)
{
	int64_t warmup_ns = is_auto(plan) ? pace->warmup_ns[EFFORT_FINE] : plan->warmup_ns;
	int64_t all_ns =
	    (int64_t)plan->n_clients * (warmup_ns + pace->duration_ns[EFFORT_FINE]) + pace->final_ns;

	if (!plan->budget_ns || all_ns <= plan->budget_ns)
		return 0;
	return err_set(err, -EINVAL,
	    "cannot measure %zu numbers of clients, and the best of them anew, within %.3g s: they need %.3g s",
	    plan->n_clients, clock_seconds(plan->budget_ns), clock_seconds(all_ns));
}

/* At the end of a step of these clients, its last requests are waited for. */
static int64_t wait_at_end(const struct plan *plan, const struct step *step)
{
	double p99_us = step->latency.p99;

	return p99_us > 0 ? at_most((int64_t)(p99_us * (double)NS_PER_US), plan->timeout_ns) : 0;
}

/*
 * Of the last step, which measures the maximum anew: for longer, and by precision or budget, if there is one. Of a budget it has
 * what is left, and none where that is not enough for a step: then its duration is 0.
 */
static struct step_spec final_spec(
    const struct plan *plan, const struct search_pace *pace, const struct step *best, int64_t begun_ns)
{
	struct step_spec spec = {
	    .requests = plan->requests,
	    .warmup_ns = warmup_of_final(plan),
	    .duration_ns = FINAL_TIMES_LONGER * pace->duration_ns[EFFORT_FINE],
	    .settles = is_auto(plan),
	};

	if (plan->precision > 0 || plan->budget_ns)
		spec.precision = plan->precision > 0 ? plan->precision : default_precision;
	if (plan->budget_ns) {
		spec.duration_ns =
		    begun_ns + plan->budget_ns - clock_ns() - spec.warmup_ns - wait_at_end(plan, best);
		/* in less than a request takes there is nothing to see */
		if (spec.duration_ns < at_least(wait_at_end(plan, best), budget_step_min_ns))
			spec.duration_ns = 0;
	} else if (plan->precision > 0) {
		spec.duration_ns = precise_ns;
	} else if (is_auto(plan)) {
		spec.settle_ns = spec.duration_ns;
	}
	return spec;
}

/* What the budget had no time for. */
static void explain_budget(
    const struct plan *plan, const struct found *found, bool is_final, struct result *result)
{
	if (found->out_of_time && plan->n_clients)
		result_not_valid(result,
		    "the budget was used up before all numbers of clients were measured: give it more (--budget)");
	else if (found->out_of_time && found->growth != GROWTH_NONE)
		result_not_valid(result,
		    "the budget was used up before throughput stopped growing: give it more (--budget)");
	if (!is_final)
		result_not_valid(result,
		    "the budget was used up before the maximum was measured anew: give it more (--budget)");
}

/* The sweep itself: searches, then measures the maximum anew. Fails only when no step was measured. */
static int sweep(const struct target *target, struct sink *sink, struct progress *progress,
    struct result *result, bool *interrupted, struct err *err)
{
	const struct plan *plan = target->plan;
	int64_t begun_ns = clock_ns();
	struct search_pace pace = make_pace(plan, begun_ns);
	struct step_spec spec;
	struct found found;
	int rc = check_list(plan, &pace, err);

	if (rc)
		return rc;
	rc = run_search(target, &pace, sink, progress, result, &found, err);
	if (rc && !result->n_steps)
		return rc;
	if (found.best >= 0 && !rc && !found.interrupted) {
		spec = final_spec(plan, &pace, &result->steps[found.best], begun_ns);
		if (spec.duration_ns)
			rc = run_final(target, &spec, sink, progress, result, &found, err);
		explain_budget(plan, &found, spec.duration_ns, result);
	}
	if (found.best >= 0)
		run_set_maximum(target, (size_t)found.best, found.growth, result);
	else if (!found.interrupted)
		run_set_hopeless(target, result);
	if (found.best < 0 && found.out_of_time)
		result_not_valid(
		    result, "the budget was used up before a response came: give it more (--budget)");
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
