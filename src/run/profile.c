// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/profile.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/rank.h"
#include "run/doctor.h"
#include "run/run.h"
#include "run/trace_functions.h"
#include "run/trace_phases.h"
#include "run/tracer.h"

/* A load that nobody watches, and one for each tracer: so often, unless the plan says otherwise. */
enum { PAIRS_DEFAULT = 3, TRACERS_MAX = 4 };

struct tracing {
	struct tracer *tracer;
	struct step_sample sample; /* of all its loads */
};

struct profiling {
	struct step_sample untraced;
	unsigned n_tracers;
	struct tracing tracers[TRACERS_MAX];
};

int profile_check(const struct plan *plan, struct err *err)
{
	int rc = plan->profile & PROFILE_PHASES ? trace_phases_check(plan, err) : 0;

	if (!rc && (plan->profile & PROFILE_FUNCTIONS))
		rc = trace_functions_check(plan, err);
	return rc;
}

/* Makes the tracers that the plan asks for. */
static int make_tracers(const struct plan *plan, struct profiling *p, struct err *err)
{
	int rc = 0;

	if (plan->profile & PROFILE_PHASES) {
		rc = trace_phases_new(&p->tracers[p->n_tracers].tracer, plan, err);
		p->n_tracers += !rc;
	}
	if (!rc && (plan->profile & PROFILE_FUNCTIONS)) {
		rc = trace_functions_new(&p->tracers[p->n_tracers].tracer, plan, err);
		p->n_tracers += !rc;
	}
	return rc;
}

/* Adds a load to those before it. */
static int keep(struct step_sample *sum, const struct step_sample *load, struct err *err)
{
	int rc = 0;

	if (!sum->latency) {
		rc = step_sample_init(sum);
		sum->rounds = 0;
		sum->clients = load->clients;
		sum->threads = load->threads;
		sum->io = load->io;
		sum->used_cpus = load->used_cpus;
		sum->clients_connected = load->clients_connected;
	}
	if (!rc)
		rc = step_sample_append(sum, load);
	return rc ? err_set(err, rc, "out of memory") : 0;
}

static int load_untraced(struct bench *b, struct row *row, struct profiling *p, struct err *err)
{
	struct step_sample load;
	int rc;

	/* a bench has rounds of its own, in which rows take turns */
	row->progress.tracer = b->plan.profile_only ? NULL : "none";
	rc = row_load(b, row, &load, err);
	if (!rc)
		rc = keep(&p->untraced, &load, err);
	if (!rc && b->plan.profile_only)
		rc = row_take_round(b, row, &load, err);
	step_sample_release(&load);
	return rc;
}

static int load_traced(struct bench *b, struct row *row, struct tracing *t, struct err *err)
{
	struct step_sample load = {0};
	int rc;

	procs_refresh(row->target.procs);
	rc = t->tracer->begin(t->tracer, row->target.procs, err);
	if (rc)
		return rc;
	row->progress.tracer = t->tracer->name;
	rc = row_load(b, row, &load, err);
	if (rc)
		t->tracer->end(t->tracer, row->target.procs, &load, &(struct err){{0}});
	else
		rc = t->tracer->end(t->tracer, row->target.procs, &load, err);
	if (!rc)
		rc = keep(&t->sample, &load, err);
	step_sample_release(&load);
	return rc;
}

/* Each pair in the other order than the one before it, so that a drifting machine favours nobody. */
static int measure(struct bench *b, struct row *row, struct profiling *p, struct err *err)
{
	unsigned pairs = b->plan.profile_only ? b->plan.rounds : PAIRS_DEFAULT;
	int rc = 0;

	for (unsigned pair = 0; pair < pairs && !rc && !b->interrupted; pair++) {
		b->round++;
		row_tell(b, row, NULL);
		if (pair % 2 == 0)
			rc = load_untraced(b, row, p, err);
		for (unsigned i = 0; i < p->n_tracers && !rc && !b->interrupted; i++)
			rc = load_traced(b, row, &p->tracers[pair % 2 ? p->n_tracers - 1 - i : i], err);
		if (pair % 2 == 1 && !rc && !b->interrupted)
			rc = load_untraced(b, row, p, err);
	}
	return rc;
}

static int tell(struct bench *b, struct row *row, struct profiling *p, struct err *err)
{
	struct step untraced, traced;
	int rc = run_sum_up(&row->target, &row->spec, &p->untraced, &untraced, err);

	if (rc)
		return rc;
	for (unsigned i = 0; i < p->n_tracers && !rc; i++) {
		struct tracing *t = &p->tracers[i];

		rc = run_sum_up(&row->target, &row->spec, &t->sample, &traced, err);
		if (rc)
			break;
		rc = t->tracer->tell(t->tracer, &untraced, &traced, row_result(b, row), err);
		free(traced.processes);
	}
	free(untraced.processes);
	return rc;
}

void profile_row(struct bench *b, struct row *row)
{
	struct profiling p = {0};
	struct err err;
	int rc;

	if (row->over || !row->spec.clients)
		return;
	rc = make_tracers(&row->plan, &p, &err);
	if (!rc)
		rc = measure(b, row, &p, &err);
	if (!rc && p.untraced.rounds && !b->interrupted)
		rc = tell(b, row, &p, &err);
	if (rc)
		row_fail(b, row, &err);
	for (unsigned i = 0; i < p.n_tracers; i++) {
		p.tracers[i].tracer->free(p.tracers[i].tracer);
		step_sample_release(&p.tracers[i].sample);
	}
	step_sample_release(&p.untraced);
}

/* A server that runs already: a bench of one row. */
static int profile_target(const struct plan *plan, struct sink *sink, struct report *report, struct err *err)
{
	struct bench b = {.plan = *plan, .sink = sink, .report = report, .n_rows = 1};
	struct target target;
	struct row row;
	int rc = profile_check(plan, err);

	if (!rc)
		rc = target_open(&target, plan, &plan->url, err);
	if (rc)
		return rc;
	target_find_server(&target);
	row = (struct row){.name = target.text, .reference_rps = NAN, .url = plan->url};
	b.rows = &row;
	b.generator_cpus = target.generator_cpus;
	rounds_settle(&b.plan, b.n_rows);
	report_clear_settings(report);
	plan_describe(&b.plan, report);
	plan_describe_rounds(&b.plan, report);
	run_quick_check(plan, &target, &target.server_cpus, &target.generator_cpus, sink, report);
	target_pin_self(&target);
	report->generator_cpus = target.generator_cpus;
	if (sink->begin)
		sink->begin(sink, report);
	if (procs_count(target.procs)) {
		rounds_measure(&b);
		report->complete = !b.interrupted;
		rc = b.interrupted && !report->n_results ? -EINTR : 0;
	} else {
		rc = err_set(err, -ESRCH,
		    "cannot see who serves '%s': run maxq on the same machine, as the server's user or as root",
		    target.text);
	}
	row_close(&row);
	target_close(&target);
	return rc;
}

int run_profile(const struct plan *plan, struct sink *sink, struct report *report, struct err *err)
{
	struct plan settled = *plan;

	settled.profile_only = true;
	if (!settled.profile)
		settled.profile = PROFILE_PHASES;
	if (!settled.rounds)
		settled.rounds = PAIRS_DEFAULT;
	return plan->n_stacks ? run_bench(&settled, sink, report, err)
			      : profile_target(&settled, sink, report, err);
}
