// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/compare.h"

#include <libsmartcols/libsmartcols.h>
#include <math.h>
#include <string.h>

#include "base/units.h"
#include "report/escape.h"

enum { COLUMNS = 6 };

void compare_format_figure(char cell[COMPARE_CELL], enum figure figure, const char *component)
{
	static const char *const names[FIGURE_COUNT] = {"throughput", "cost a request", "  user", "  system",
	    "", "latency p50", "latency p90", "latency p99", "latency p99.9", "errors"};

	if (figure == FIGURE_COMPONENT)
		snprintf(cell, COMPARE_CELL, "  of %s", component);
	else
		snprintf(cell, COMPARE_CELL, "%s", names[figure]);
	for (char *p = cell; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
}

void compare_format_value(char cell[COMPARE_CELL], enum figure figure, double value)
{
	char count[COMPARE_CELL / 2];

	if (!isfinite(value)) {
		snprintf(cell, COMPARE_CELL, "-");
	} else if (figure == FIGURE_THROUGHPUT) {
		format_count(count, sizeof(count), value);
		snprintf(cell, COMPARE_CELL, "%s q/s", count);
	} else if (figure == FIGURE_ERRORS) {
		snprintf(cell, COMPARE_CELL, "%.3g %%", 100 * value);
	} else if (figure < FIGURE_P50) {
		snprintf(cell, COMPARE_CELL, "%.2f us", value);
	} else {
		format_duration(cell, COMPARE_CELL, value * 1e3);
	}
}

void compare_format_percent(char cell[COMPARE_CELL], double share)
{
	if (isfinite(share))
		snprintf(cell, COMPARE_CELL, "%+.1f %%", 100 * share);
	else
		snprintf(cell, COMPARE_CELL, "-");
}

void compare_format_interval(char cell[COMPARE_CELL], struct interval shares)
{
	char lo[COMPARE_CELL], hi[COMPARE_CELL];

	compare_format_percent(lo, shares.lo);
	compare_format_percent(hi, shares.hi);
	if (isfinite(shares.lo) || isfinite(shares.hi))
		snprintf(cell, COMPARE_CELL, "%.40s to %.40s", lo, hi);
	else
		snprintf(cell, COMPARE_CELL, "-");
}

const char *compare_words(const struct difference *d)
{
	bool is_more = d->shown == SHOWN_MORE;

	if (d->shown == SHOWN_UNKNOWN)
		return "not known";
	if (d->shown == SHOWN_NOT)
		return d->is_guess ? "no difference shown *" : "no difference shown";
	if (is_more == figure_is_burden(d->figure))
		return d->is_guess ? "B is worse *" : "B is worse";
	return d->is_guess ? "B is better *" : "B is better";
}

static void add_line(struct libscols_table *table, const struct difference *d)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	char cells[COLUMNS - 1][COMPARE_CELL];

	if (!line)
		return;
	compare_format_figure(cells[0], d->figure, d->component);
	compare_format_value(cells[1], d->figure, d->a);
	compare_format_value(cells[2], d->figure, d->b);
	compare_format_percent(cells[3], d->change.change);
	compare_format_interval(cells[4], d->change.ci95);
	for (size_t i = 0; i < COLUMNS - 1; i++)
		scols_line_set_data(line, i, cells[i]);
	scols_line_set_data(line, COLUMNS - 1, compare_words(d));
}

static void print_row(const struct compared *row, FILE *out)
{
	static const char *const titles[COLUMNS] = {"", "A", "B", "change", "95 % interval", ""};
	struct libscols_table *table = scols_new_table();

	if (!table)
		return;
	scols_table_set_stream(table, out);
	scols_table_enable_noencoding(table, 1);
	for (size_t i = 0; i < COLUMNS; i++)
		scols_table_new_column(table, titles[i], 0, i && i + 1 < COLUMNS ? SCOLS_FL_RIGHT : 0);
	for (size_t i = 0; i < row->n; i++)
		add_line(table, &row->differences[i]);
	scols_print_table(table);
	scols_unref_table(table);
}

static void print_title(const struct compared *row, FILE *out)
{
	fputc('\n', out);
	escape_line(row->a->name, out);
	if (strcmp(row->a->name, row->b->name) != 0) {
		fputs(" and ", out);
		escape_line(row->b->name, out);
	}
	if (row->step_a && row->step_b && row->step_a->clients == row->step_b->clients)
		fprintf(out, ", %u clients", row->step_a->clients);
	else if (row->step_a && row->step_b)
		fprintf(out, ", %u and %u clients: no latencies are compared", row->step_a->clients,
		    row->step_b->clients);
	fputc('\n', out);
}

static void print_not_valid(const char *side, const struct result *r, FILE *out)
{
	for (unsigned i = 0; i < r->n_why && !r->valid; i++) {
		fprintf(out, "  NOT VALID  %s: ", side);
		escape_line(r->why_not_valid[i], out);
		fputc('\n', out);
	}
}

static void print_rows(const struct comparison *c, FILE *out)
{
	bool any_guess = false, any_alone = false;

	for (size_t i = 0; i < c->n_rows; i++) {
		const struct compared *row = &c->rows[i];

		print_title(row, out);
		if (row->n)
			print_row(row, out);
		else
			fputs("  nothing to compare: one of them was not measured\n", out);
		print_not_valid("A", row->a, out);
		print_not_valid("B", row->b, out);
		for (size_t d = 0; d < row->n; d++) {
			const struct difference *difference = &row->differences[d];

			any_guess |= difference->is_guess && difference->shown;
			any_alone |= difference->shown == SHOWN_NOT &&
			    (difference->change.ci95.lo > 0 || difference->change.ci95.hi < 0);
		}
	}
	if (any_alone)
		fputs(
		    "\nno difference is shown by one interval that leaves out 0: of so many figures, some do by chance\n",
		    out);
	if (any_guess)
		fputs("\n* measured too briefly for its interval to be trusted: measure for longer (-d)\n",
		    out);
}

void compare_print_report(const struct report *report, FILE *out)
{
	struct comparison comparison;

	if (compare_rows(report, &comparison))
		return;
	print_rows(&comparison, out);
	comparison_release(&comparison);
}

static void print_side(const char *side, const char *name, const struct report *report, FILE *out)
{
	fprintf(out, "%s  ", side);
	escape_line(name, out);
	fputs(": ", out);
	escape_line(report->command, out);
	fputs(", ", out);
	escape_line(report->started_at, out);
	fputs(report->complete ? "\n" : ", PARTIAL\n", out);
}

void compare_print(const struct compare_view *view, FILE *out)
{
	const struct comparison *c = view->comparison;

	print_side("A", view->name_a, view->a, out);
	print_side("B", view->name_b, view->b, out);
	for (unsigned i = 0; i < c->n_unlike; i++) {
		fputs("NOT ALIKE  ", out);
		escape_line(c->unlike[i], out);
		fputc('\n', out);
	}
	print_rows(c, out);
	if (*c->only_a) {
		fputs("\nonly A has: ", out);
		escape_line(c->only_a, out);
		fputc('\n', out);
	}
	if (*c->only_b) {
		fputs("\nonly B has: ", out);
		escape_line(c->only_b, out);
		fputc('\n', out);
	}
}
