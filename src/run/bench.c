// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/rank.h"
#include "base/clock.h"
#include "base/cpus.h"
#include "base/interrupt.h"
#include "run/doctor.h"
#include "run/ladders.h"
#include "run/machines.h"
#include "run/profile.h"
#include "run/run.h"
#include "stack/catalog.h"
#include "stack/command.h"

static void bench_release(struct bench *b)
{
	for (size_t i = 0; i < b->n_rows; i++)
		row_close(&b->rows[i]);
	for (size_t i = 0; i < b->n_running; i++)
		stack_begin_stop(b->running[i].stack);
	for (size_t i = 0; i < b->n_running; i++) {
		stack_stop(b->running[i].stack);
		chain_release(&b->running[i].chain);
	}
	free(b->rows);
	free(b->running);
	ladders_free(b->ladders, b->n_ladders);
}

/* The stack of that chain, which several rows can share. */
static int add_running(
    struct bench *b, const char *text, const char *catalog, struct running **running, struct err *err)
{
	struct running *r = &b->running[b->n_running];
	int rc;

	/* of two that are compared each has its own, even if they are the same */
	for (size_t i = 0; i < b->n_running && !b->plan.is_ab; i++) {
		if (!strcmp(b->running[i].chain.text, text)) {
			*running = &b->running[i];
			return 0;
		}
	}
	rc = chain_parse(&r->chain, text, catalog, err);
	if (rc)
		return rc;
	b->n_running++;
	r->catalog = catalog;
	*running = r;
	return 0;
}

static int add_row(struct bench *b, const char *stack, const char *name, const char *workload,
    const double *reference, const char *catalog, struct err *err)
{
	struct row *row = &b->rows[b->n_rows];
	int rc;

	for (size_t i = 0; i < b->n_rows; i++)
		if (!strcmp(b->rows[i].name, name))
			return err_set(err, -EINVAL, "'%s' is named twice", name);
	rc = add_running(b, stack, catalog, &row->on, err);
	if (rc)
		return rc;
	row->name = name;
	row->workload = workload ? workload : b->plan.workload;
	row->reference_rps = reference ? *reference : NAN;
	row->index = b->n_rows++;
	row->on->n_rows++;
	return 0;
}

/* A workload that the user asks for is for rows that have none of their own. */
static int check_workload(const struct bench *b, const struct suite *suite, struct err *err)
{
	if (!strcmp(b->plan.workload, "/hello"))
		return 0;
	for (unsigned i = 0; i < suite->rows_count; i++)
		if (!suite->rows[i].workload)
			return 0;
	return err_set(err, -EINVAL, "each row of suite '%s' has a workload of its own: leave out --workload",
	    b->plan.suite);
}

/* What the suite says of how to load, where the user does not. */
static int take_settings(struct bench *b, const struct suite *suite)
{
	bool other_work = strcmp(b->plan.workload, "/hello") != 0;
	bool other_mode = suite->keepalive && b->plan.keepalive != KEEPALIVE_USUAL &&
	    *suite->keepalive != (b->plan.keepalive == KEEPALIVE_YES);

	/* the reference figures are of the suite's own way to load */
	for (size_t i = 0; i < b->n_rows; i++)
		if (other_mode || (other_work && !suite->rows[i].workload))
			b->rows[i].reference_rps = NAN;
	if (suite->keepalive && b->plan.keepalive == KEEPALIVE_USUAL)
		b->plan.keepalive = *suite->keepalive ? KEEPALIVE_USUAL : KEEPALIVE_NO;
	if (!b->plan.n_clients)
		for (unsigned i = 0; i < suite->clients_count && i < PLAN_CLIENTS_MAX; i++)
			b->plan.clients[b->plan.n_clients++] = suite->clients[i];
	for (unsigned i = 0; i < suite->compare_count; i++)
		if (report_add_compare(b->report, suite->compare[i].title, suite->compare[i].row))
			return -ENOMEM;
	b->report->reference = suite->reference ? strdup(suite->reference) : NULL;
	return 0;
}

/* Stacks that the user named are compared with nginx alone and with the skeleton, if these are among them. */
static int compare_named(struct bench *b)
{
	static const char *const titles[] = {"/nginx", "/skel."};
	const char *found[2] = {NULL, NULL};

	for (size_t i = 0; i < b->n_rows; i++) {
		const struct chain *chain = &b->rows[i].on->chain;

		if (chain->n == 1 && !strcmp(chain_last(chain)->name, "nginx"))
			found[0] = b->rows[i].name;
		if (!found[1] && chain->n > 1 && !strcmp(chain_last(chain)->name, "skeleton"))
			found[1] = b->rows[i].name;
	}
	for (int i = 0; i < 2; i++)
		if (found[i] && report_add_compare(b->report, titles[i], found[i]))
			return -ENOMEM;
	return 0;
}

/* The rungs of all ladders, of which several can have the same. */
static int add_rungs(struct bench *b, const char *catalog, struct err *err)
{
	int rc = 0;

	for (size_t l = 0; l < b->n_ladders; l++) {
		for (unsigned i = 0; i < b->ladders[l].n_rungs && !rc; i++) {
			const char *rung = b->ladders[l].rungs[i];
			bool known = false;

			for (size_t r = 0; r < b->n_rows; r++)
				known |= !strcmp(b->rows[r].name, rung);
			if (!known)
				rc = add_row(b, rung, rung, NULL, NULL, catalog, err);
		}
	}
	for (size_t r = 0; r < b->n_rows && !rc; r++)
		if (b->plan.keepalive == KEEPALIVE_YES &&
		    b->rows[r].on->chain.elements[0].protocol != PROTOCOL_HTTP)
			rc = err_set(err, -EINVAL,
			    "'%s' is a rung of the ladder, and takes a connection a request: leave out --keepalive",
			    b->rows[r].name);
	return rc;
}

/* Two that are compared, which can be the same chain of two catalogs. */
static int add_pair(struct bench *b, const char *catalog, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < 2 && !rc; i++) {
		const char *from = i && b->plan.catalog_b ? b->plan.catalog_b : catalog;

		snprintf(b->pair[i], sizeof(b->pair[i]), "%c: %s", i ? 'B' : 'A', b->plan.stacks[i]);
		rc = add_row(b, b->plan.stacks[i], b->pair[i], NULL, NULL, from, err);
	}
	return rc;
}

/* Reads all stacks before the first is launched: a typing error in the last must not cost the time of the others. */
static int read_rows(struct bench *b, const struct suite *suite, const char *catalog, struct err *err)
{
	const struct plan *plan = &b->plan;
	size_t n = suite ? suite->rows_count : plan->n_stacks;
	struct ladder *ladders = NULL;
	int rc = 0, n_rungs = plan->layers ? ladders_read(&ladders, plan, catalog, err) : 0;

	if (n_rungs < 0)
		return n_rungs;
	b->ladders = ladders;
	b->n_ladders = ladders ? plan->n_stacks : 0;
	b->rows = calloc(n + (size_t)n_rungs + 1, sizeof(*b->rows));
	b->running = calloc(n + (size_t)n_rungs + 1, sizeof(*b->running));
	if (!b->rows || !b->running)
		return err_set(err, -ENOMEM, "out of memory");
	if (plan->layers)
		return add_rungs(b, catalog, err);
	if (plan->is_ab)
		return add_pair(b, catalog, err);
	for (size_t i = 0; i < n && !rc; i++) {
		if (suite)
			rc = add_row(b, suite->rows[i].stack, suite_row_name(suite, i),
			    suite->rows[i].workload, suite->rows[i].reference_rps, catalog, err);
		else
			rc = add_row(b, plan->stacks[i], plan->stacks[i], NULL, NULL, catalog, err);
	}
	if (rc)
		return rc;
	if (suite ? take_settings(b, suite) : compare_named(b))
		return err_set(err, -ENOMEM, "out of memory");
	return 0;
}

/* Servers on the first CPU, as on the one core of a small machine, and the generator on all others. */
static void place(struct bench *b)
{
	cpu_set_t allowed;

	b->server_cpus = b->plan.server_cpus;
	b->generator_cpus = b->plan.generator_cpus;
	/* each of several machines chooses for itself */
	if (b->plan.machines || cpus_allowed(&allowed) || CPU_COUNT(&allowed) < 2)
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

/* All stacks run from here on, idle but for their own turns. */
static void launch(struct bench *b)
{
	struct stack_options options = {
	    .cpus = b->server_cpus,
	    .ready_ns = b->plan.ready_ns,
	    .profiled = (b->plan.profile & PROFILE_FUNCTIONS) != 0,
	};

	for (size_t i = 0; i < b->n_running && !b->interrupted; i++) {
		struct running *r = &b->running[i];
		struct progress progress = {.name = r->chain.text, .row = i, .n_rows = b->n_running};

		if (b->sink->row)
			b->sink->row(b->sink, &progress, "launching");
		options.catalog = r->catalog;
		if (b->plan.machines)
			r->failed = b->plan.machines->launch(b->plan.machines, &b->plan, i, r->chain.text,
					b->report, &r->why) != 0;
		else
			r->failed = stack_launch(&r->stack, &r->chain, &options, &r->why) != 0;
		b->interrupted |= interrupt_signal() != 0;
	}
}

/* What each component says of its version; one that cannot say it is left out. Of others' machines they come with the launch. */
static void note_versions(struct bench *b)
{
	char text[COMMAND_VERSION_MAX];

	for (size_t i = 0; i < b->n_running && !b->interrupted && !b->plan.machines; i++) {
		const struct chain *chain = &b->running[i].chain;

		for (unsigned e = 0; e < chain->n; e++) {
			const struct component *component = chain->elements[e].component;

			if (!report_version(b->report, component->name) &&
			    !command_version(component, text, NULL))
				report_add_version(b->report, component->name, text);
		}
		b->interrupted |= interrupt_signal() != 0;
	}
}

static int bench(struct bench *b, struct err *err)
{
	report_clear_settings(b->report);
	rounds_settle(&b->plan, b->n_rows);
	plan_describe(&b->plan, b->report);
	plan_describe_bench(&b->plan, b->report);
	place(b);
	run_quick_check(&b->plan, NULL, &b->server_cpus, &b->generator_cpus, b->sink, b->report);
	note_versions(b);
	b->report->server_cpus = b->server_cpus;
	b->report->generator_cpus = b->generator_cpus;
	if (b->sink->begin)
		b->sink->begin(b->sink, b->report);
	/* our own work beside the load, too, stays off the servers' CPUs */
	if (CPU_COUNT(&b->generator_cpus) && !b->plan.machines)
		sched_setaffinity(0, sizeof(b->generator_cpus), &b->generator_cpus);
	launch(b);
	rounds_measure(b);
	b->report->complete = !b->interrupted;
	if (!b->plan.profile_only && !b->plan.is_ab && (rank_results(b->report) || ladders_report(b)))
		return err_set(err, -ENOMEM, "out of memory");
	return b->interrupted && !b->report->n_results ? -EINTR : 0;
}

int run_bench(const struct plan *plan, struct sink *sink, struct report *report, struct err *err)
{
	struct plan settled = *plan;
	struct bench b = {.sink = sink, .report = report};
	char catalog[CATALOG_PATH_MAX];
	struct suite *suite = NULL;
	int rc = catalog_find(plan->catalog, catalog, sizeof(catalog), err);

	if (!rc && plan->profile)
		rc = profile_check(plan, err);
	if (plan->layers)
		ladders_settle(&settled);
	if (!plan->n_stacks && !plan->suite)
		settled.suite = "default";
	b.plan = settled;
	if (!rc && !plan->n_stacks)
		rc = suite_load(&suite, catalog, b.plan.suite, err);
	if (!rc && suite)
		rc = check_workload(&b, suite, err);
	if (!rc)
		rc = read_rows(&b, suite, catalog, err);
	if (!rc)
		rc = bench(&b, err);
	bench_release(&b);
	suite_free(suite);
	return rc;
}
