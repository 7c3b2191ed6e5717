// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/ranking.h"

#include <libsmartcols/libsmartcols.h>
#include <math.h>
#include <string.h>

#include "base/units.h"

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
	double half = 50 * (m->ci95_rps.hi - m->ci95_rps.lo) / m->throughput_rps;

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
	snprintf(cell, sizeof(cell), "%s%s", r->name, r->valid ? "" : " *");
	put(line, column++, cell);
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

/* What checks say, in a line for all rows: %s is the range of their values. */
static const struct {
	const char *check, *says;
	bool percent;
} summaries[] = {
    {"errors", "%s of the requests failed", true},
    {"generator_busy", "the generator was %s busy: the server may be able to do more", true},
    {"generator_wait", "the generator waited for its CPU %s of the time", true},
    {"steal", "the hypervisor took %s of the CPU time", true},
    {"other_processes", "other processes used %s of the cores", false},
    {"clients_missing", "%s of the clients could not connect", true},
    {"littles_law", "clients differ from throughput x latency by %s (Little's law)", true},
};

/* The check of that name in the step of the maximum, if it failed; else NULL. */
static const struct check *failed_check(const struct result *r, const char *name)
{
	const struct step *step = &r->steps[r->maximum.step];

	for (unsigned i = 0; i < step->n_checks; i++)
		if (!step->checks[i].ok && !strcmp(step->checks[i].name, name))
			return &step->checks[i];
	return NULL;
}

static void format_range(char *text, size_t size, double lo, double hi, bool percent)
{
	double scale = percent ? 100 : 1;
	const char *unit = percent ? " %" : "";

	if (hi > lo)
		snprintf(text, size, "%.3g to %.3g%s", scale * lo, scale * hi, unit);
	else
		snprintf(text, size, "%.3g%s", scale * lo, unit);
}

/* What makes many rows not valid is said once: how far it went, and in which of them. */
static void print_check(const struct report *report, size_t which, FILE *out)
{
	double lo = INFINITY, hi = 0, bound = 0;
	size_t n = 0, last = 0;
	char range[CELL], most[CELL];

	for (size_t i = 0; i < report->n_ranking; i++) {
		const struct check *c =
		    failed_check(&report->results[report->ranking[i].result], summaries[which].check);

		if (!c)
			continue;
		n++;
		last = report->ranking[i].result;
		lo = fmin(lo, c->value);
		hi = fmax(hi, c->value);
		bound = fmax(bound, c->bound);
	}
	if (!n)
		return;
	format_range(range, sizeof(range), lo, hi, summaries[which].percent);
	format_range(most, sizeof(most), bound, bound, summaries[which].percent);
	if (n > 1 && n == report->n_ranking)
		fprintf(out, "*  all rows: ");
	else if (n > 1)
		fprintf(out, "*  %zu of %zu rows: ", n, report->n_ranking);
	else
		fprintf(out, "*  %s: ", report->results[last].name);
	fprintf(out, summaries[which].says, range);
	fprintf(out, " (at most %s may be)\n", most);
}

static void print_notes(const struct report *report, FILE *out)
{
	for (size_t i = 0; i < report->n_ranking; i++) {
		const struct result *r = &report->results[report->ranking[i].result];
		char implied[CELL];

		format_count(implied, sizeof(implied), r->maximum.implied_rps);
		if (r->limit.resource == RESOURCE_GENERATOR_CPU)
			fprintf(out,
			    ">= %s: a floor, the generator ran out first; the server's cost implies %s q/s\n",
			    r->name, implied);
		for (unsigned w = 0; w < r->n_why; w++)
			if (!r->why_check[w])
				fprintf(out, "*  %s: not valid: %s\n", r->name, r->why_not_valid[w]);
	}
	for (size_t i = 0; i < sizeof(summaries) / sizeof(summaries[0]); i++)
		print_check(report, i, out);
}

void ranking_print(const struct report *report, FILE *out)
{
	fputc('\n', out);
	if (report->n_ranking) {
		print_table(report, out);
		/* layers say more of it */
		if (!report->n_layers)
			print_costs(report, out);
	}
	fputc('\n', out);
	for (size_t i = 0; i < report->n_results; i++)
		if (report->results[i].failed)
			fprintf(out, "FAILED %s: %s\n", report->results[i].name, report->results[i].failed);
	print_notes(report, out);
}
