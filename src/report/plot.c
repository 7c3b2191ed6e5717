// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/plot.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/units.h"
#include "report/dots.h"

enum {
	LABEL = 9,
	CELLS = PLOT_COLUMNS - LABEL - 3,
	ROWS = 8,
	DOTS_X = 2 * CELLS,
	DOTS_Y = 4 * ROWS,
	TEXT = 32
};

struct point {
	double at_s, value;
};

struct chart {
	const char *title, *color;
	size_t n;
	struct point *points; /* the oldest first */
	double lo, hi, from_s, to_s;
	struct dots dots;
};

/* Seconds since the epoch; NAN when it is no time. */
static double seconds_of(const char *rfc3339)
{
	struct tm tm = {0};

	if (!strptime(rfc3339, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return NAN;
	return (double)timegm(&tm);
}

static void place(const struct chart *c, const struct point *p, double *x, double *y)
{
	double length_s = c->to_s - c->from_s;

	*x = length_s > 0 ? (DOTS_X - 1) * (p->at_s - c->from_s) / length_s : 0;
	*y = (DOTS_Y - 1) * (c->hi - p->value) / (c->hi - c->lo);
}

static void draw(struct chart *c)
{
	dots_init(&c->dots, CELLS, ROWS);
	for (size_t i = 0; i < c->n; i++) {
		double x0, y0, x1, y1;

		place(c, &c->points[i ? i - 1 : 0], &x0, &y0);
		place(c, &c->points[i], &x1, &y1);
		dots_line(&c->dots, x0, y0, x1, y1);
	}
}

static void find_bounds(struct chart *c)
{
	double pad;

	c->lo = c->hi = c->points[0].value;
	for (size_t i = 0; i < c->n; i++) {
		c->lo = fmin(c->lo, c->points[i].value);
		c->hi = fmax(c->hi, c->points[i].value);
	}
	pad = c->hi > c->lo ? (c->hi - c->lo) / 10 : fmax(fabs(c->hi), 1) / 10;
	c->lo -= pad;
	c->hi += pad;
	c->from_s = c->points[0].at_s;
	c->to_s = c->points[c->n - 1].at_s;
}

static void print_row(const struct chart *c, int row, const struct plot_style *style, FILE *out)
{
	double value = c->hi - (c->hi - c->lo) * row / (ROWS - 1);
	char label[TEXT] = "", cell[DOTS_CELL_MAX];

	/* the label of every other row, and of the last one */
	if (row % 2 == 0 || row == ROWS - 1)
		format_count(label, sizeof(label), value);
	fprintf(out, "%*s %s", LABEL, row == ROWS - 2 ? "" : label, style->utf8 ? "\u2502" : "|");
	if (style->color)
		fputs(c->color, out);
	for (int x = 0; x < CELLS; x++) {
		dots_cell(&c->dots, x, row, style->utf8, cell);
		fputs(cell, out);
	}
	if (style->color)
		fputs("\033[0m", out);
	fputc('\n', out);
}

static void format_time(double at_s, char text[TEXT])
{
	time_t at = (time_t)at_s;
	struct tm tm;

	if (!gmtime_r(&at, &tm) || !strftime(text, TEXT, "%Y-%m-%d %H:%M", &tm))
		snprintf(text, TEXT, "?");
}

static void print_chart(struct chart *c, const struct plot_style *style, FILE *out)
{
	char from[TEXT], to[TEXT];

	find_bounds(c);
	draw(c);
	fprintf(out, "\n%s\n", c->title);
	for (int row = 0; row < ROWS; row++)
		print_row(c, row, style, out);
	format_time(c->from_s, from);
	format_time(c->to_s, to);
	fprintf(out, "%*s %s%*s\n", LABEL + 1, "", from, CELLS - (int)strlen(from), to);
}

/* The runs that have such a figure, turned round: the oldest first. */
static void collect(struct chart *c, const struct run_summary *runs, size_t n, bool cost)
{
	for (size_t i = n; i-- > 0;) {
		struct point p = {
		    seconds_of(runs[i].started_at), cost ? runs[i].cost_us : runs[i].maximum_rps};

		if (isfinite(p.at_s) && isfinite(p.value))
			c->points[c->n++] = p;
	}
}

int plot_print(
    const struct run_summary *runs, size_t n, const struct plot_style *style, FILE *out, struct err *err)
{
	struct chart charts[] = {{.title = "throughput, q/s", .color = "\033[32m"},
	    {.title = "cost, CPU us a request", .color = "\033[33m"}};
	int rc = -ENODATA;

	for (int i = 0; i < 2; i++) {
		charts[i].points = calloc(n + 1, sizeof(*charts[i].points));
		if (!charts[i].points)
			continue;
		collect(&charts[i], runs, n, i == 1);
		if (charts[i].n < 2)
			continue;
		print_chart(&charts[i], style, out);
		rc = 0;
	}
	for (int i = 0; i < 2; i++)
		free(charts[i].points);
	return rc ? err_set(err, rc, "nothing to plot: it takes two runs of one target") : 0;
}
