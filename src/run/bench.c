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
#include "run/row.h"
#include "run/run.h"
#include "stack/catalog.h"

/* How long a bench takes, unless the user says it: so much for each row. */
static const int64_t row_budget_ns = 17 * NS_PER_S;
/* And each row in each round. */
static const int64_t round_ns = NS_PER_S;
/* Fewer rounds say little, however well they agree. */
enum { ROUNDS_MIN = 6 };

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
}

/* The stack of that chain, which several rows can share. */
static int add_running(
    struct bench *b, const char *text, const char *catalog, struct running **running, struct err *err)
{
	struct running *r = &b->running[b->n_running];
	int rc;

	for (size_t i = 0; i < b->n_running; i++) {
		if (!strcmp(b->running[i].chain.text, text)) {
			*running = &b->running[i];
			return 0;
		}
	}
	rc = chain_parse(&r->chain, text, catalog, err);
	if (rc)
		return rc;
	b->n_running++;
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

/* Reads all stacks before the first is launched: a typing error in the last must not cost the time of the others. */
static int read_rows(struct bench *b, const struct suite *suite, const char *catalog, struct err *err)
{
	const struct plan *plan = &b->plan;
	size_t n = suite ? suite->rows_count : plan->n_stacks;
	int rc = 0;

	b->rows = calloc(n, sizeof(*b->rows));
	b->running = calloc(n, sizeof(*b->running));
	if (!b->rows || !b->running)
		return err_set(err, -ENOMEM, "out of memory");
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

/* All stacks run from here on, idle but for their own turns. */
static void launch(struct bench *b, const char *catalog)
{
	struct stack_options options = {
	    .catalog = catalog, .cpus = b->server_cpus, .ready_ns = b->plan.ready_ns};

	for (size_t i = 0; i < b->n_running && !b->interrupted; i++) {
		struct running *r = &b->running[i];
		struct progress progress = {.name = r->chain.text, .row = i, .n_rows = b->n_running};

		if (b->sink->row)
			b->sink->row(b->sink, &progress, "launching");
		r->failed = stack_launch(&r->stack, &r->chain, &options, &r->why) != 0;
		b->interrupted |= interrupt_signal() != 0;
	}
}

/* True when no row needs another round. */
static bool is_precise(const struct bench *b)
{
	if (b->round <= ROUNDS_MIN)
		return false;
	for (size_t i = 0; i < b->n_rows; i++)
		if (!(row_half_width(&b->rows[i]) <= b->plan.precision))
			return false;
	return true;
}

static bool all_over(const struct bench *b)
{
	for (size_t i = 0; i < b->n_rows; i++)
		if (!b->rows[i].over)
			return false;
	return true;
}

/*
 * Rounds, each of all rows, forwards and backwards in turn, in pairs: so a machine that drifts shifts all rows alike, as the
 * mean time at which each is measured is the same after every second round. One pair at least, for there is no interval
 * with one round.
 */
static void run_rounds(struct bench *b)
{
	int64_t pair_ns = 0, begun_ns = clock_ns();

	for (b->round = 1; !b->interrupted && !all_over(b); b->round++) {
		bool is_new_pair = b->round % 2;

		if (b->plan.rounds && b->round > b->plan.rounds)
			break;
		if (is_new_pair && b->round > 1) {
			pair_ns = clock_ns() - begun_ns;
			begun_ns = clock_ns();
			if (is_precise(b) || begun_ns + pair_ns > b->deadline_ns)
				break;
		}
		for (size_t i = 0; i < b->n_rows && !b->interrupted; i++)
			row_round(b, &b->rows[is_new_pair ? i : b->n_rows - 1 - i]);
	}
}

static void measure(struct bench *b)
{
	for (size_t i = 0; i < b->n_rows && !b->interrupted; i++)
		row_open(b, &b->rows[i]);
	b->deadline_ns = clock_ns() + b->plan.budget_ns;
	for (size_t i = 0; i < b->n_rows && !b->interrupted; i++)
		row_search(b, &b->rows[i]);
	if (!b->interrupted)
		run_rounds(b);
	for (size_t i = 0; i < b->n_rows; i++)
		row_finish(b, &b->rows[i]);
}

static int bench(struct bench *b, const char *catalog, struct err *err)
{
	report_clear_settings(b->report);
	if (!b->plan.duration_ns)
		b->plan.duration_ns = round_ns;
	if (!b->plan.budget_ns)
		b->plan.budget_ns = (int64_t)b->n_rows * row_budget_ns;
	plan_describe(&b->plan, b->report);
	plan_describe_bench(&b->plan, b->report);
	place(b);
	run_quick_check(&b->plan, NULL, &b->server_cpus, &b->generator_cpus, b->sink, b->report);
	b->report->server_cpus = b->server_cpus;
	b->report->generator_cpus = b->generator_cpus;
	if (b->sink->begin)
		b->sink->begin(b->sink, b->report);
	/* our own work beside the load, too, stays off the servers' CPUs */
	if (CPU_COUNT(&b->generator_cpus))
		sched_setaffinity(0, sizeof(b->generator_cpus), &b->generator_cpus);
	launch(b, catalog);
	measure(b);
	b->report->complete = !b->interrupted;
	if (rank_results(b->report))
		return err_set(err, -ENOMEM, "out of memory");
	return b->interrupted && !b->report->n_results ? -EINTR : 0;
}

int run_bench(const struct plan *plan, struct sink *sink, struct report *report, struct err *err)
{
	struct bench b = {.plan = *plan, .sink = sink, .report = report};
	char catalog[CATALOG_PATH_MAX];
	struct suite *suite = NULL;
	int rc = catalog_find(plan->catalog, catalog, sizeof(catalog), err);

	if (!plan->n_stacks && !plan->suite)
		b.plan.suite = "default";
	if (!rc && !plan->n_stacks)
		rc = suite_load(&suite, catalog, b.plan.suite, err);
	if (!rc)
		rc = read_rows(&b, suite, catalog, err);
	if (!rc)
		rc = bench(&b, catalog, err);
	bench_release(&b);
	suite_free(suite);
	return rc;
}
