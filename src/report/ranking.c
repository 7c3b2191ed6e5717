// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/ranking.h"

#include <libsmartcols/libsmartcols.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/units.h"

enum { CELL = 64, COSTS_MAX = 512 };

enum column { COL_RANK, COL_STACK, COL_RATE, COL_HALF, COL_NGINX, COL_SKELETON, COL_COST, COL_LIMIT, COL_COUNT };

static const struct {
	const char *title;
	int flags;
} columns[COL_COUNT] = {
    [COL_RANK] = {"#", SCOLS_FL_RIGHT},
    [COL_STACK] = {"stack", 0},
    [COL_RATE] = {"q/s", SCOLS_FL_RIGHT},
    [COL_HALF] = {"+-", SCOLS_FL_RIGHT},
    [COL_NGINX] = {"/nginx", SCOLS_FL_RIGHT},
    [COL_SKELETON] = {"/skeleton", SCOLS_FL_RIGHT},
    [COL_COST] = {"us a request, user+system", SCOLS_FL_WRAP},
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

/* "nginx 4.3+15.2, uwsgi 4.8+3.5": every component once, its processes together. */
static void format_costs(const struct step *step, struct buf *text)
{
	for (size_t i = 0; i < step->n_processes; i++) {
		const char *component = step->processes[i].facts.component;
		struct cost_us cost = {0, 0};
		bool listed = false;

		for (size_t j = 0; j < step->n_processes; j++) {
			if (strcmp(step->processes[j].facts.component, component) != 0)
				continue;
			listed |= j < i;
			cost.user += step->processes[j].cost.user;
			cost.system += step->processes[j].cost.system;
		}
		if (!listed)
			buf_printf(text, "%s%s %.1f+%.1f", text->len ? ", " : "", component, cost.user, cost.system);
	}
}

static void fill_line(struct libscols_line *line, const struct report *report, const struct rank *rank)
{
	const struct result *r = &report->results[rank->result];
	const struct maximum *m = &r->maximum;
	bool floor_only = r->limit.resource == RESOURCE_GENERATOR_CPU;
	char cell[CELL], rate[CELL / 2];
	struct buf costs;

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
	buf_init(&costs, COSTS_MAX);
	format_costs(&r->steps[r->n_steps - 1], &costs);
	put(line, COL_COST, costs.data);
	buf_release(&costs);
	put(line, COL_LIMIT, resource_name(r->limit.resource));
}

static void print_table(const struct report *report, FILE *out)
{
	struct libscols_table *table = scols_new_table();

	if (!table)
		return;
	for (int i = 0; i < COL_COUNT; i++)
		scols_table_new_column(table, columns[i].title, 0, columns[i].flags);
	for (size_t i = 0; i < report->n_ranking; i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		if (line)
			fill_line(line, report, &report->ranking[i]);
	}
	scols_table_set_stream(table, out);
	scols_table_enable_noencoding(table, 1);
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
			fprintf(out, ">= %s: a floor, the generator ran out first; the server's cost implies %s q/s\n", r->name,
			    implied);
		for (unsigned w = 0; w < r->n_why; w++)
			fprintf(out, "*  %s: not valid: %s\n", r->name, r->why_not_valid[w]);
	}
}

void ranking_print(const struct report *report, FILE *out)
{
	fputc('\n', out);
	if (report->n_ranking)
		print_table(report, out);
	for (size_t i = 0; i < report->n_results; i++)
		if (report->results[i].failed)
			fprintf(out, "FAILED %s: %s\n", report->results[i].name, report->results[i].failed);
	print_notes(report, out);
}
