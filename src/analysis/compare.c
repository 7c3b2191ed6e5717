// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/compare.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/alike.h"
#include "analysis/checks.h"
#include "analysis/intervals.h"
#include "analysis/layers.h"
#include "analysis/limit.h"

/* Equals are called different in at most so many comparisons. */
static const double level = 0.05;

static const struct change unknown = {NAN, {NAN, NAN}, NAN};

static double t_quantile(double df)
{
	return isfinite(df) ? gsl_cdf_tdist_Pinv(1 - level / 2, df) : gsl_cdf_ugaussian_Pinv(1 - level / 2);
}

/* How likely a mean is to be so many standard errors off, to either side. */
static double p_of(double t, double df)
{
	if (isnan(t))
		return NAN;
	return 2 * (isfinite(df) ? gsl_cdf_tdist_Q(fabs(t), df) : gsl_cdf_ugaussian_Q(fabs(t)));
}

struct change change_of_intervals(
    double a, struct interval a_ci95, double b, struct interval b_ci95, double df)
{
	struct change change = unknown;
	double log_ratio, below, above, facing;

	if (!(a > 0) || !(b > 0))
		return unknown;
	log_ratio = log(b / a);
	/* a bound that is not above 0 says nothing: its distance is infinite */
	below =
	    hypot(log(b) - (b_ci95.lo > 0 ? log(b_ci95.lo) : b_ci95.lo - INFINITY), log(a_ci95.hi) - log(a));
	above =
	    hypot(log(b_ci95.hi) - log(b), log(a) - (a_ci95.lo > 0 ? log(a_ci95.lo) : a_ci95.lo - INFINITY));
	change.change = b / a - 1;
	change.ci95 = (struct interval){exp(log_ratio - below) - 1, exp(log_ratio + above) - 1};
	facing = log_ratio > 0 ? below : above;
	if (facing > 0)
		change.p = p_of(t_quantile(df) * log_ratio / facing, df);
	else if (facing == 0)
		change.p = log_ratio != 0 ? 0 : 1;
	return change;
}

/* The block's one value; NAN: one of the two has none. */
static double log_ratio_of_block(const double *a, const double *b)
{
	double sum_a = a[0] + a[1], sum_b = b[0] + b[1];

	return sum_a > 0 && sum_b > 0 ? log(sum_b / sum_a) : NAN;
}

struct change change_of_rounds(const double *a, const double *b, size_t n_rounds)
{
	size_t n = n_rounds / 2;
	double sum = 0, squares = 0, mean, error, df = (double)n - 1;

	for (size_t i = 0; i < n; i++)
		sum += log_ratio_of_block(&a[2 * i], &b[2 * i]);
	if (!n || isnan(sum))
		return unknown;
	mean = sum / (double)n;
	if (n < 2)
		return (struct change){exp(mean) - 1, {NAN, NAN}, NAN};
	for (size_t i = 0; i < n; i++) {
		double off = log_ratio_of_block(&a[2 * i], &b[2 * i]) - mean;

		squares += off * off;
	}
	error = sqrt(squares / df / (double)n);
	return (struct change){exp(mean) - 1,
	    {exp(mean - t_quantile(df) * error) - 1, exp(mean + t_quantile(df) * error) - 1},
	    error > 0       ? p_of(mean / error, df)
		: mean != 0 ? 0
			    : 1};
}

bool block_begins_with_b(uint64_t seed, unsigned k)
{
	uint64_t z = seed + ((uint64_t)k + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) >> 63;
}

struct interval share_interval(uint64_t count, uint64_t of)
{
	double k = (double)count, n = (double)of;

	if (!of || count > of)
		return (struct interval){NAN, NAN};
	return (struct interval){count ? gsl_cdf_beta_Pinv(level / 2, k, n - k + 1) : 0,
	    count < of ? gsl_cdf_beta_Pinv(1 - level / 2, k + 1, n - k) : 1};
}

const char *figure_name(enum figure figure)
{
	static const char *const names[FIGURE_COUNT] = {
	    "throughput", "cost", "user", "system", "component", "p50", "p90", "p99", "p999", "errors"};

	return names[figure];
}

const char *figure_unit(enum figure figure)
{
	if (figure == FIGURE_THROUGHPUT)
		return "q/s";
	return figure == FIGURE_ERRORS ? "" : "us";
}

const char *shown_name(enum shown shown)
{
	static const char *const names[] = {"unknown", "not-shown", "less", "more"};

	return names[shown];
}

bool figure_is_burden(enum figure figure)
{
	return figure != FIGURE_THROUGHPUT;
}

/* What is compared of a result: its maximum, or its only load. */
static const struct step *step_of(const struct result *r)
{
	if (r->has_maximum && r->maximum.step < r->n_steps)
		return &r->steps[r->maximum.step];
	return r->n_steps == 1 ? &r->steps[0] : NULL;
}

static struct difference *add(struct compared *row, enum figure figure, double a, double b)
{
	struct difference *d = &row->differences[row->n];

	*d = (struct difference){.figure = figure, .a = a, .b = b, .change = unknown};
	if (a > 0 && b > 0)
		d->change.change = b / a - 1;
	row->n++;
	return d;
}

/* So many independent pieces the figures of a step are known by, less one. */
static double freedom(const struct result *r, const struct step *step)
{
	double n = r->n_rounds > 1 ? (double)r->n_rounds : step->independent_windows;

	return n > 2 ? n - 1 : isnan(n) ? NAN : 1;
}

static double lesser_freedom(const struct compared *row)
{
	return fmin(freedom(row->a, row->step_a), freedom(row->b, row->step_b));
}

static void add_by_intervals(struct compared *row, enum figure figure, double a, struct interval a_ci95,
    double b, struct interval b_ci95)
{
	struct difference *d = add(row, figure, a, b);

	d->change = change_of_intervals(a, a_ci95, b, b_ci95, lesser_freedom(row));
	/* of rounds each is independent, and however few there are is in their interval */
	d->is_guess = (row->a->n_rounds < 2 && is_guess(row->step_a)) ||
	    (row->b->n_rounds < 2 && is_guess(row->step_b));
}

/* Cost of one component, which can be several processes. Intervals add up at worst, when all err alike. */
static struct estimate component_of(const struct step *step, const char *component)
{
	struct estimate e = {NAN, {NAN, NAN}};

	for (size_t i = 0; i < step->n_processes; i++) {
		const struct process_cost *p = &step->processes[i];
		double cost = p->cost.user + p->cost.system;

		if (strcmp(p->facts.component, component) != 0)
			continue;
		if (isnan(e.mean))
			e = (struct estimate){0, {0, 0}};
		e.mean += cost;
		/* one that did nothing has no interval, and needs none */
		if (cost > 0) {
			e.ci95.lo += p->cost_ci95_us.lo;
			e.ci95.hi += p->cost_ci95_us.hi;
		}
	}
	return e;
}

static struct estimate cost_of(
    const struct result *r, const struct step *step, const char *component, enum figure figure)
{
	struct cost_us cost = server_cost(step);
	struct layer_cost rounds;

	if (r->n_rounds > 1 && r->n_components) {
		rounds = layers_cost(r, NULL, component);
		if (figure == FIGURE_USER)
			return rounds.user;
		return figure == FIGURE_SYSTEM ? rounds.system : rounds.total;
	}
	if (component)
		return component_of(step, component);
	if (figure == FIGURE_COST)
		return (struct estimate){cost.user + cost.system, step->cost_ci95_us};
	/* ticks split it: by how much that is off is not known */
	return (struct estimate){figure == FIGURE_USER ? cost.user : cost.system, {NAN, NAN}};
}

/* Rounds of a row as one figure; *n is how many there are. From malloc, or NULL. */
static double *series_of(const struct result *r, enum figure figure, const char *component)
{
	double *values = calloc(r->n_rounds + 1, sizeof(*values));

	for (size_t i = 0; i < r->n_rounds && values; i++) {
		if (figure == FIGURE_THROUGHPUT)
			values[i] = r->rounds_rps[i];
		for (size_t c = 0; c < r->n_components && figure != FIGURE_THROUGHPUT; c++) {
			struct cost_us cost = r->components[c].rounds[i];

			if (component && strcmp(r->components[c].component, component) != 0)
				continue;
			values[i] += (figure != FIGURE_SYSTEM ? cost.user : 0) +
			    (figure != FIGURE_USER ? cost.system : 0);
		}
	}
	return values;
}

/* Blocks are of two rounds each: without one of these all that follow would be of two halves. */
static bool has_all_rounds(const struct result *r)
{
	for (size_t i = 0; i < r->n_rounds; i++)
		if (r->rounds_number[i] != i + 1)
			return false;
	return true;
}

/* In the place of what intervals say; where a round is missing, or a block has no value, that stays. */
static int by_rounds(const struct compared *row, struct difference *d)
{
	const char *component = d->figure == FIGURE_COMPONENT ? d->component : NULL;
	struct change by_blocks = unknown;
	double *a, *b;

	if (row->a->n_rounds != row->b->n_rounds || row->a->n_rounds < 2 || !has_all_rounds(row->a) ||
	    !has_all_rounds(row->b))
		return 0;
	a = series_of(row->a, d->figure, component);
	b = series_of(row->b, d->figure, component);
	if (a && b)
		by_blocks = change_of_rounds(a, b, row->a->n_rounds);
	if (!isnan(by_blocks.change))
		d->change = by_blocks;
	free(a);
	free(b);
	return a && b ? 0 : -ENOMEM;
}

static void add_costs(struct compared *row, enum figure figure, const char *component)
{
	struct estimate a = cost_of(row->a, row->step_a, component, figure);
	struct estimate b = cost_of(row->b, row->step_b, component, figure);

	add_by_intervals(row, figure, a.mean, a.ci95, b.mean, b.ci95);
	if (component)
		snprintf(row->differences[row->n - 1].component, COMPONENT_NAME_MAX, "%s", component);
}

static bool has_component(const struct step *step, const char *component)
{
	for (size_t i = 0; i < step->n_processes; i++)
		if (!strcmp(step->processes[i].facts.component, component))
			return true;
	return false;
}

/* Those that both have, where there are several: else it is the whole. */
static void add_components(struct compared *row)
{
	const struct step *step = row->step_a;
	bool several = false;

	for (size_t i = 1; i < step->n_processes; i++)
		several |=
		    strcmp(step->processes[i].facts.component, step->processes[0].facts.component) != 0;
	for (size_t i = 0; i < step->n_processes && several; i++) {
		const char *component = step->processes[i].facts.component;
		bool is_known = false;

		for (size_t d = 0; d < row->n; d++)
			is_known |= !strcmp(row->differences[d].component, component);
		if (!is_known && has_component(row->step_b, component) && row->n < DIFFERENCES_MAX - 6)
			add_costs(row, FIGURE_COMPONENT, component);
	}
}

/* Of different loads they say nothing: more clients wait longer. */
static void add_latencies(struct compared *row)
{
	const struct latency_us *a = &row->step_a->latency, *b = &row->step_b->latency;
	const struct latency_ci95_us *ca = &row->step_a->latency_ci95, *cb = &row->step_b->latency_ci95;

	if (row->step_a->clients != row->step_b->clients || row->step_a->open.rate != row->step_b->open.rate)
		return;
	add_by_intervals(row, FIGURE_P50, a->p50, ca->p50, b->p50, cb->p50);
	add_by_intervals(row, FIGURE_P90, a->p90, ca->p90, b->p90, cb->p90);
	add_by_intervals(row, FIGURE_P99, a->p99, ca->p99, b->p99, cb->p99);
	add_by_intervals(row, FIGURE_P999, a->p999, ca->p999, b->p999, cb->p999);
}

static int compare_row(struct compared *row, bool is_paired)
{
	int rc = 0;

	row->step_a = step_of(row->a);
	row->step_b = step_of(row->b);
	if (!row->step_a || !row->step_b)
		return 0;
	add_by_intervals(row, FIGURE_THROUGHPUT, row->step_a->throughput_rps,
	    row->step_a->throughput_ci95_rps, row->step_b->throughput_rps, row->step_b->throughput_ci95_rps);
	if (row->step_a->n_processes && row->step_b->n_processes) {
		add_costs(row, FIGURE_COST, NULL);
		add_costs(row, FIGURE_USER, NULL);
		add_costs(row, FIGURE_SYSTEM, NULL);
		add_components(row);
	}
	for (size_t i = 0; i < row->n && is_paired && !rc; i++)
		rc = by_rounds(row, &row->differences[i]);
	add_latencies(row);
	if (counts_errors(&row->step_a->counts) || counts_errors(&row->step_b->counts))
		add(row, FIGURE_ERRORS, error_share(row->step_a), error_share(row->step_b));
	return rc;
}

static int by_p(const void *a, const void *b)
{
	const struct difference *const *x = a, *const *y = b;

	return ((*x)->change.p > (*y)->change.p) - ((*x)->change.p < (*y)->change.p);
}

/* Holm: the least likely of m by chance must be so by level / m, the next by level / (m - 1), until one is not. */
static int judge(struct comparison *c)
{
	struct difference **all = calloc(c->n_rows * DIFFERENCES_MAX + 1, sizeof(struct difference *));
	size_t n = 0;
	bool differs = true;

	if (!all)
		return -ENOMEM;
	for (size_t r = 0; r < c->n_rows; r++)
		for (size_t i = 0; i < c->rows[r].n; i++)
			if (!isnan(c->rows[r].differences[i].change.p))
				all[n++] = &c->rows[r].differences[i];
	qsort(all, n, sizeof(struct difference *), by_p);
	for (size_t i = 0; i < n; i++) {
		differs &= all[i]->change.p <= level / (double)(n - i);
		all[i]->shown = !differs ? SHOWN_NOT : all[i]->change.change > 0 ? SHOWN_MORE : SHOWN_LESS;
	}
	free(all);
	return 0;
}

static int add_row(struct comparison *c, const struct result *a, const struct result *b)
{
	struct compared *rows = realloc(c->rows, (c->n_rows + 1) * sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	c->rows = rows;
	rows[c->n_rows] = (struct compared){.a = a, .b = b};
	return compare_row(&rows[c->n_rows++], c->is_paired);
}

static const struct result *find(const struct report *report, const char *name)
{
	for (size_t i = 0; i < report->n_results; i++)
		if (!strcmp(report->results[i].name, name))
			return &report->results[i];
	return NULL;
}

static void list_name(char *list, const char *name)
{
	size_t len = strlen(list);

	snprintf(list + len, UNLIKE_TEXT - len, "%s%s", len ? ", " : "", name);
}

/* Two targets are what is to be compared; of several rows the names say which. */
static int match(const struct report *a, const struct report *b, struct comparison *c)
{
	int rc = 0;

	if (a->n_results == 1 && b->n_results == 1)
		return add_row(c, &a->results[0], &b->results[0]);
	for (size_t i = 0; i < a->n_results && !rc; i++) {
		const struct result *other = find(b, a->results[i].name);

		if (other)
			rc = add_row(c, &a->results[i], other);
		else
			list_name(c->only_a, a->results[i].name);
	}
	for (size_t i = 0; i < b->n_results && !rc; i++)
		if (!find(a, b->results[i].name))
			list_name(c->only_b, b->results[i].name);
	return rc;
}

int compare_runs(const struct report *a, const struct report *b, struct comparison *comparison)
{
	int rc;

	*comparison = (struct comparison){0};
	rc = match(a, b, comparison);
	if (!rc)
		rc = judge(comparison);
	if (rc)
		comparison_release(comparison);
	else
		find_unlike(a, b, comparison);
	return rc;
}

int compare_rows(const struct report *report, struct comparison *comparison)
{
	int rc;

	*comparison = (struct comparison){.is_paired = true};
	if (report->n_results != 2)
		return -EINVAL;
	rc = add_row(comparison, &report->results[0], &report->results[1]);
	if (!rc)
		rc = judge(comparison);
	if (rc)
		comparison_release(comparison);
	return rc;
}

void comparison_release(struct comparison *comparison)
{
	free(comparison->rows);
	*comparison = (struct comparison){0};
}
