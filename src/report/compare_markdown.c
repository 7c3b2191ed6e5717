// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "report/compare.h"
#include "report/escape.h"

static void print_side(const char *side, const char *name, const struct report *report, FILE *out)
{
	fprintf(out, "- **%s** ", side);
	escape_markdown(name, out);
	fputs(": ", out);
	escape_markdown(report->command, out);
	fputs(", ", out);
	escape_markdown(report->started_at, out);
	fputs(report->complete ? "\n" : ", **partial**\n", out);
}

void compare_markdown_head(const struct compare_view *view, FILE *out)
{
	const struct comparison *c = view->comparison;

	print_side("A", view->name_a, view->a, out);
	print_side("B", view->name_b, view->b, out);
	for (unsigned i = 0; i < c->n_unlike; i++) {
		fputs("- **not alike**, ", out);
		escape_markdown(c->unlike[i], out);
		fputc('\n', out);
	}
	if (*c->only_a) {
		fputs("- only A has ", out);
		escape_markdown(c->only_a, out);
		fputc('\n', out);
	}
	if (*c->only_b) {
		fputs("- only B has ", out);
		escape_markdown(c->only_b, out);
		fputc('\n', out);
	}
}

static void print_difference(const struct difference *d, FILE *out)
{
	char figure[COMPARE_CELL], a[COMPARE_CELL], b[COMPARE_CELL], change[COMPARE_CELL],
	    interval[COMPARE_CELL];

	compare_format_figure(figure, d->figure, d->component);
	compare_format_value(a, d->figure, d->a);
	compare_format_value(b, d->figure, d->b);
	compare_format_percent(change, d->change.change);
	compare_format_interval(interval, d->change.ci95);
	fputs("| ", out);
	escape_markdown(figure + strspn(figure, " "), out);
	fprintf(out, " | %s | %s | %s | %s | ", a, b, change, interval);
	escape_markdown(compare_words(d), out);
	fputs(" |\n", out);
}

static void print_not_valid(const char *side, const struct result *r, FILE *out)
{
	for (unsigned i = 0; i < r->n_why && !r->valid; i++) {
		fprintf(out, "\n%s is **not valid**: ", side);
		escape_markdown(r->why_not_valid[i], out);
		fputc('\n', out);
	}
}

static void print_rows(const struct comparison *c, FILE *out)
{
	for (size_t i = 0; i < c->n_rows; i++) {
		const struct compared *row = &c->rows[i];

		fputs("\n**", out);
		escape_markdown(row->a->name, out);
		if (strcmp(row->a->name, row->b->name) != 0) {
			fputs("** and **", out);
			escape_markdown(row->b->name, out);
		}
		fputs("**\n\n| | A | B | change | 95 % interval | |\n|---|--:|--:|--:|--:|---|\n", out);
		for (size_t d = 0; d < row->n; d++)
			print_difference(&row->differences[d], out);
		print_not_valid("A", row->a, out);
		print_not_valid("B", row->b, out);
	}
}

void compare_markdown(const struct compare_view *view, FILE *out)
{
	compare_markdown_head(view, out);
	print_rows(view->comparison, out);
}

void compare_markdown_report(const struct report *report, FILE *out)
{
	struct comparison comparison;

	if (compare_rows(report, &comparison))
		return;
	print_rows(&comparison, out);
	comparison_release(&comparison);
}
