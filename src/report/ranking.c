// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/ranking.h"

#include <libsmartcols/libsmartcols.h>
#include <math.h>
#include <string.h>

#include "base/units.h"

enum { CELL = 64 };

enum column { COL_RANK, COL_STACK, COL_RATE, COL_HALF, COL_NGINX, COL_SKELETON, COL_LIMIT, COL_COUNT };

static const struct {
	const char *title;
	int flags;
} columns[COL_COUNT] = {
    [COL_RANK] = {"#", SCOLS_FL_RIGHT},
    [COL_STACK] = {"stack", 0},
    [COL_RATE] = {"q/s", SCOLS_FL_RIGHT},
    [COL_HALF] = {"+-", SCOLS_FL_RIGHT},
    [COL_NGINX] = {"/nginx", SCOLS_FL_RIGHT},
    [COL_SKELETON] = {"/skel.", SCOLS_FL_RIGHT},
    [COL_LIMIT] = {"limit", 0},
};

static void put(struct libscols_line *line, enum column column, const char *text)
{
	scols_line_set_data(line, column, text);
}

static void put_ratio(struct libscols_line *line, enum column column, double ratio)
{
	char cell[CELL] = "-";

	if (isfinite(ratio))
		snprintf(cell, sizeof(cell), "%.3f", ratio);
	put(line, column, cell);
}

static void fill_line(struct libscols_line *line, const struct report *report, const struct rank *rank)
{
	const struct result *r = &report->results[rank->result];
	const struct maximum *m = &r->maximum;
	bool floor_only = r->limit.resource == RESOURCE_GENERATOR_CPU;
	char cell[CELL], rate[CELL / 2];

	snprintf(cell, sizeof(cell), "%u", rank->rank);
	put(line, COL_RANK, cell);
	snprintf(cell, sizeof(cell), "%s%s", r->name, r->valid ? "" : " *");
	put(line, COL_STACK, cell);
	format_count(rate, sizeof(rate), m->throughput_rps);
	snprintf(cell, sizeof(cell), "%s%s", floor_only ? ">= " : "", rate);
	put(line, COL_RATE, cell);
	snprintf(cell, sizeof(cell), "%.1f%%", 50 * (m->ci95_rps.hi - m->ci95_rps.lo) / m->throughput_rps);
	put(line, COL_HALF, isfinite(m->ci95_rps.lo) ? cell : "-");
	put_ratio(line, COL_NGINX, rank->ratio_to_nginx);
	put_ratio(line, COL_SKELETON, rank->ratio_to_skeleton);
	put(line, COL_LIMIT, resource_name(r->limit.resource));
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
	for (int i = 0; i < COL_COUNT; i++)
		scols_table_new_column(table, columns[i].title, 0, columns[i].flags);
	for (size_t i = 0; i < report->n_ranking; i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		if (line)
			fill_line(line, report, &report->ranking[i]);
	}
	scols_print_table(table);
	scols_unref_table(table);
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
			fprintf(out, "*  %s: not valid: %s\n", r->name, r->why_not_valid[w]);
	}
}

void ranking_print(const struct report *report, FILE *out)
{
	fputc('\n', out);
	if (report->n_ranking) {
		print_table(report, out);
		print_costs(report, out);
	}
	fputc('\n', out);
	for (size_t i = 0; i < report->n_results; i++)
		if (report->results[i].failed)
			fprintf(out, "FAILED %s: %s\n", report->results[i].name, report->results[i].failed);
	print_notes(report, out);
}
