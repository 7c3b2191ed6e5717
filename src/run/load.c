// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/checks.h"
#include "analysis/limit.h"
#include "base/clock.h"
#include "run/run.h"
#include "run/step.h"

static const unsigned default_clients = 64;
static const int64_t default_duration_ns = 10 * NS_PER_S;

/* As long as it takes to be precise, unless the user says how long at most. */
static const int64_t default_budget_ns = 30 * NS_PER_S;
static const double default_precision = 0.01;

static const int64_t least_duration_ns = 100 * NS_PER_MS;

static int64_t least_of(int64_t a, int64_t b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

/* Of a budget, what is left for measuring, at least the least duration that can be asked for; 0: there is none. */
static int64_t budget_left(const struct plan *plan, int64_t warmup_ns)
{
	int64_t left_ns = plan->budget_ns - warmup_ns;

	if (!plan->budget_ns)
		return 0;
	return left_ns > least_duration_ns ? left_ns : least_duration_ns;
}

/*
 * How long the load is held. By a number of requests it is just these, all of them measured. By a duration so much is
 * measured, after a warm-up of as much at most. By a precision or budget, both together have to be over by then.
 */
static struct step_spec make_spec(const struct plan *plan)
{
	bool is_auto = plan->warmup_ns == PLAN_WARMUP_AUTO;
	struct step_spec spec = {
	    .clients = plan->n_clients ? plan->clients[0] : default_clients,
	    .rate = plan->rate,
	    .requests = plan->requests,
	    .warmup_ns = is_auto ? 0 : plan->warmup_ns,
	    .duration_ns = plan->duration_ns,
	};

	if (plan->requests)
		return spec;
	if (plan->precision > 0 || plan->budget_ns) {
		spec.duration_ns = least_of(plan->duration_ns, budget_left(plan, spec.warmup_ns));
		if (!spec.duration_ns)
			spec.duration_ns = default_budget_ns;
		spec.precision = plan->precision > 0 ? plan->precision : default_precision;
		spec.settles = is_auto;
	} else {
		if (!spec.duration_ns)
			spec.duration_ns = default_duration_ns;
		spec.settles = is_auto;
		spec.settle_ns = is_auto ? spec.duration_ns : 0;
	}
	return spec;
}

static void judge(const struct target *target, bool interrupted, struct result *result)
{
	const struct step *step = &result->steps[0];
	struct limit_context context = {
	    .server_cores = usable_cores(step, target_server_cpus(target)),
	};

	find_limit(step, &context, &result->limit);
	explain_checks(step, result);
	if (interrupted)
		result_not_valid(result, "interrupted: this is what was measured until then");
}

/*
 * What the generator reaches with so many clients and requests in flight when everything is answered at once, and nothing goes
 * through the kernel. *rps is NAN when it was interrupted.
 */
static int calibrate(const struct target *target, unsigned clients, double *rps, struct err *err)
{
	struct step_spec spec = {.clients = clients, .duration_ns = NS_PER_S};
	struct progress progress = {.n_rows = 1};
	struct plan plan = *target->plan;
	struct target null = *target;
	struct sink silent = {0};
	struct step step;
	bool interrupted;
	int rc;

	plan.io = IO_KIND_NULL;
	plan.expect_status = 0; /* its answer is its own */
	null.plan = &plan;
	null.is_head = false;
	null.body = (struct body_spec){0};
	rc = run_step(&null, &spec, &silent, &progress, &step, &interrupted, err);
	if (rc)
		return rc;
	*rps = interrupted ? NAN : step.throughput_rps;
	free(step.processes);
	return 0;
}

int run_load(const struct plan *plan, struct sink *sink, struct report *report, struct err *err)
{
	struct step_spec spec = make_spec(plan);
	struct progress progress = {.n_rows = 1};
	struct target target;
	struct result *result;
	struct step step;
	bool interrupted = false;
	double null_rps = NAN;
	int rc = target_open(&target, plan, &plan->url, err);

	if (rc)
		return rc;
	target_find_server(&target);
	target_pin_self(&target);
	report->generator_cpus = target.generator_cpus;
	progress.name = target.text;
	if (sink->begin)
		sink->begin(sink, report);
	result = report_add_result(report);
	rc = result ? run_name_result(&target, target.text, result) : -ENOMEM;
	if (!rc && plan->calibrate)
		rc = calibrate(&target, spec.clients, &null_rps, err);
	if (!rc)
		rc = run_step(&target, &spec, sink, &progress, &step, &interrupted, err);
	if (!rc)
		step.generator_null_rps = null_rps;
	if (!rc && !result_add_step(result, &step)) {
		free(step.processes);
		rc = -ENOMEM;
	}
	if (rc) {
		report_drop_result(report);
		goto out;
	}
	report->complete = !interrupted;
	judge(&target, interrupted, result);
	if (sink->result)
		sink->result(sink, result);
out:
	if (rc == -ENOMEM)
		err_set(err, rc, "out of memory");
	target_close(&target);
	return rc;
}
