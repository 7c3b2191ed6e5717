// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/ranking.h"

#include <libsmartcols/libsmartcols.h>
#include <math.h>
#include <string.h>

#include "analysis/checks.h"
#include "analysis/intervals.h"
#include "base/units.h"
#include "report/wrap.h"

enum { CELL = 64 };

static void put(struct libscols_line *line, size_t column, const char *text)
{
	scols_line_set_data(line, column, text);
}

static void put_ratio(struct libscols_line *line, size_t column, double ratio)
{
	char cell[CELL] = "-";

	if (isfinite(ratio))
		snprintf(cell, sizeof(cell), "%.3f", ratio);
	put(line, column, cell);
}

static void put_half_width(struct libscols_line *line, size_t column, const struct maximum *m)
{
	char cell[CELL] = "-";
	double half = 100 * relative_half_width(m->throughput_rps, m->ci95_rps);

	if (isfinite(half))
		snprintf(cell, sizeof(cell), "%.1f%%", half);
	put(line, column, cell);
}

static void fill_line(struct libscols_line *line, const struct report *report, const struct rank *rank)
{
	const struct result *r = &report->results[rank->result];
	const struct maximum *m = &r->maximum;
	bool floor_only = r->limit.resource == RESOURCE_GENERATOR_CPU;
	char cell[CELL], rate[CELL / 2];
	size_t column = 0;

	snprintf(cell, sizeof(cell), "%u", rank->rank);
	put(line, column++, cell);
	put(line, column++, r->name);
	put(line, column++, r->valid ? "" : "*");
	format_count(rate, sizeof(rate), m->throughput_rps);
	snprintf(cell, sizeof(cell), "%s%s", floor_only ? ">= " : "", rate);
	put(line, column++, cell);
	put_half_width(line, column++, m);
	for (unsigned c = 0; c < report->n_compare; c++) {
		put_ratio(line, column++, rank->ratios[c]);
		if (report->reference)
			put_ratio(line, column++, rank->reference_ratios[c]);
	}
	put(line, column, resource_name(r->limit.resource));
}

static struct libscols_table *new_table(FILE *out)
{
	struct libscols_table *table = scols_new_table();

	if (!table)
		return NULL;
	scols_table_set_stream(table, out);
	scols_table_enable_noencoding(table, 1);
	return table;
}

static void print_table(const struct report *report, FILE *out)
{
	struct libscols_table *table = new_table(out);

	if (!table)
		return;
	scols_table_new_column(table, "#", 0, SCOLS_FL_RIGHT);
	scols_table_new_column(table, "stack", 0, 0);
	scols_table_new_column(table, "", 0, 0); /* the mark */
	scols_table_new_column(table, "q/s", 0, SCOLS_FL_RIGHT);
	scols_table_new_column(table, "+-", 0, SCOLS_FL_RIGHT);
	for (unsigned c = 0; c < report->n_compare; c++) {
		scols_table_new_column(table, report->compare[c].title, 0, SCOLS_FL_RIGHT);
		/* what it is stands below the table */
		if (report->reference)
			scols_table_new_column(table, "ref.", 0, SCOLS_FL_RIGHT);
	}
	scols_table_new_column(table, "limit", 0, 0);
	for (size_t i = 0; i < report->n_ranking; i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		if (line)
			fill_line(line, report, &report->ranking[i]);
	}
	scols_print_table(table);
	scols_unref_table(table);
	if (report->reference && report->n_compare)
		fprintf(out, "ref.: the ratio to its left, in %s\n", report->reference);
}

static void put_us(struct libscols_line *line, size_t column, double us)
{
	char cell[CELL] = "-";

	if (isfinite(us))
		snprintf(cell, sizeof(cell), "%.1f", us);
	scols_line_set_data(line, column, cell);
}

/* A line for each component, its processes together, and its share of what the server used. */
static void add_costs(struct libscols_table *table, const struct result *r)
{
	const struct step *step = &r->steps[r->maximum.step];
	double whole = r->maximum.cost.user + r->maximum.cost.system;
	bool named = false;

	for (size_t i = 0; i < step->n_processes; i++) {
		const char *component = step->processes[i].facts.component;
		struct cost_us cost = {0, 0};
		struct libscols_line *line;
		char share[CELL];
		bool listed = false;

		for (size_t j = 0; j < step->n_processes; j++) {
			if (strcmp(step->processes[j].facts.component, component) != 0)
				continue;
			listed |= j < i;
			cost.user += step->processes[j].cost.user;
			cost.system += step->processes[j].cost.system;
		}
		line = listed ? NULL : scols_table_new_line(table, NULL);
		if (!line)
			continue;
		scols_line_set_data(line, 0, named ? "" : r->name);
		scols_line_set_data(line, 1, component);
		put_us(line, 2, cost.user);
		put_us(line, 3, cost.system);
		put_us(line, 4, cost.user + cost.system);
		snprintf(share, sizeof(share), "%.0f%%", 100 * (cost.user + cost.system) / whole);
		scols_line_set_data(line, 5, whole > 0 ? share : "-");
		named = true;
	}
}

static void print_costs(const struct report *report, FILE *out)
{
	static const char *const titles[] = {
	    "CPU us a request", "component", "user", "system", "total", "share"};
	struct libscols_table *table = new_table(out);

	if (!table)
		return;
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		scols_table_new_column(table, titles[i], 0, i < 2 ? 0 : SCOLS_FL_RIGHT);
	for (size_t i = 0; i < report->n_ranking; i++)
		add_costs(table, &report->results[report->ranking[i].result]);
	fputc('\n', out);
	scols_print_table(table);
	scols_unref_table(table);
}

/* The check of that name in the step of the maximum, if it failed; else NULL. */
static const struct check *failed_check(const struct result *r, const char *name)
{
	const struct step *step = &r->steps[r->maximum.step];

	for (unsigned i = 0; i < step->n_checks; i++)
		if (!step->checks[i].ok && !strcmp(step->checks[i].name, name))
			return &step->checks[i];
	return NULL;
}

/* A note, with its mark, for rows that `who` says. */
static void print_note(FILE *out, const char *mark, const char *who, const char *text)
{
	char note[512];

	snprintf(note, sizeof(note), "%s: %s", who, text);
	fprintf(out, "%-3s", mark);
	wrap_print(out, 3, note, false);
}

/* What makes many rows not valid is said once: how far it went, and in how many of them. */
static void print_check(const struct report *report, const char *name, FILE *out)
{
	double lo = INFINITY, hi = 0, bound = 0;
	size_t n = 0, last = 0;
	char who[128] = "all rows", text[256];

	for (size_t i = 0; i < report->n_ranking; i++) {
		const struct check *c = failed_check(&report->results[report->ranking[i].result], name);

		if (!c)
			continue;
		n++;
		last = report->ranking[i].result;
		lo = fmin(lo, c->value);
		hi = fmax(hi, c->value);
		bound = fmax(bound, c->bound);
	}
	if (n == 1)
		snprintf(who, sizeof(who), "%s", report->results[last].name);
	else if (n < report->n_ranking)
		snprintf(who, sizeof(who), "%zu of %zu rows", n, report->n_ranking);
	check_explain(name, lo, hi, bound, text, sizeof(text));
	print_note(out, "*", who, text);
}

/* Each check that failed in any row, once. */
static void print_checks(const struct report *report, FILE *out)
{
	for (size_t i = 0; i < report->n_ranking; i++) {
		const struct result *r = &report->results[report->ranking[i].result];

		for (unsigned w = 0; w < r->n_why; w++) {
			bool said = !r->why_check[w];

			for (size_t j = 0; j < i && !said; j++)
				said = failed_check(
				    &report->results[report->ranking[j].result], r->why_check[w]);
			if (!said && failed_check(r, r->why_check[w]))
				print_check(report, r->why_check[w], out);
		}
	}
}

static void print_notes(const struct report *report, FILE *out)
{
	for (size_t i = 0; i < report->n_ranking; i++) {
		const struct result *r = &report->results[report->ranking[i].result];
		char implied[CELL], text[256];

		format_count(implied, sizeof(implied), r->maximum.implied_rps);
		snprintf(text, sizeof(text),
		    "a floor, the generator ran out first; the server's cost implies %s q/s", implied);
		if (r->limit.resource == RESOURCE_GENERATOR_CPU)
			print_note(out, ">=", r->name, text);
		for (unsigned w = 0; w < r->n_why; w++)
			if (!r->why_check[w] && !r->failed)
				print_note(out, "*", r->name, r->why_not_valid[w]);
	}
	print_checks(report, out);
}

/* The reason, and below it the lines of a log, if there are any. */
static void print_failure(const struct result *r, FILE *out)
{
	size_t line = strcspn(r->failed, "\n");
	char text[512];

	snprintf(text, sizeof(text), "%s: %.*s", r->name, (int)line, r->failed);
	fprintf(out, "FAILED ");
	wrap_print(out, 7, text, false);
	if (r->failed[line])
		fprintf(out, "%s\n", r->failed + line + 1);
}

void ranking_print(const struct report *report, FILE *out)
{
	fputc('\n', out);
	/* one row is shown in full elsewhere */
	if (report->n_results > 1 && report->n_ranking) {
		print_table(report, out);
		/* layers say more of it */
		if (!report->n_layers)
			print_costs(report, out);
		fputc('\n', out);
	}
	for (size_t i = 0; i < report->n_results; i++)
		if (report->results[i].failed)
			print_failure(&report->results[i], out);
	if (report->n_results > 1)
		print_notes(report, out);
}
