// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/live_plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "report/dots.h"
#include "report/fit.h"

enum { CELL = 32, LABEL = 9, PLOT_ROWS_MIN = 3, PLOT_ROWS_MAX = 8, PLOT_COLUMNS_MAX = 100, BAR_MAX = 40 };

void live_line_begin(struct live_line *line, const struct live_style *style, struct buf *out)
{
	*line = (struct live_line){.style = style, .out = out, .room = style->columns - 1};
}

void live_line_end(struct live_line *line)
{
	buf_append(line->out, "\n", 1);
}

void live_put(struct live_line *line, const char *text)
{
	live_put_cut(line, text, 0);
}

void live_put_cut(struct live_line *line, const char *text, int keep)
{
	int room = line->room - line->used - keep;

	if (room > 0)
		line->used += fit_text(line->out, text, room, line->style->locale);
}

void live_pad(struct live_line *line, int column)
{
	while (line->used < column && line->used < line->room)
		live_put(line, " ");
}

void live_color(struct live_line *line, const char *escape)
{
	if (line->style->color)
		buf_text(line->out, escape ? escape : "\033[0m");
}

void live_bar(struct live_line *line, double share, int columns, const char *color)
{
	static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	bool utf8 = line->style->utf8;
	int cells = columns - 2, end, eighths;

	if (cells < 1 || line->room - line->used < columns)
		return;
	eighths = isfinite(share) ? (int)lround(8 * cells * fmax(0, fmin(share, 1))) : 0;
	live_put(line, utf8 ? "▕" : "[");
	end = line->used + cells;
	live_color(line, color);
	for (int i = 0; i < (utf8 ? eighths / 8 : (eighths + 4) / 8); i++)
		live_put(line, utf8 ? "█" : "#");
	if (utf8)
		live_put(line, parts[eighths % 8]);
	live_color(line, NULL);
	live_pad(line, end);
	live_put(line, utf8 ? "▏" : "]");
}

/* The points with that of the load that runs, in the order of their loads: their number. */
static size_t collect(const struct live_model *m, struct live_point *points)
{
	struct live_point now = {m->clients, m->measured_s > 0 ? m->completed / m->measured_s : 0};
	bool has_now = !m->by_rate && m->measured_s > 0;
	size_t n = 0;

	for (size_t i = 0; i < m->n_points; i++) {
		if (has_now && now.load <= m->points[i].load) {
			points[n++] = now;
			has_now = false;
			if (now.load == m->points[i].load)
				continue;
		}
		points[n++] = m->points[i];
	}
	if (has_now)
		points[n++] = now;
	return n;
}

/* Loads are doubled, so their axis is logarithmic. */
static double place_x(const struct live_point *points, size_t n, size_t i, int dots)
{
	double span = log(points[n - 1].load / points[0].load);

	return span > 0 ? (dots - 1) * log(points[i].load / points[0].load) / span : 0;
}

static void draw_points(const struct live_point *points, size_t n, double most, struct dots *dots)
{
	int high = 4 * dots->rows - 1;

	for (size_t i = 0; i < n; i++) {
		size_t before = i ? i - 1 : 0;

		dots_line(dots, place_x(points, n, before, 2 * dots->columns),
		    high * (1 - points[before].rps / most), place_x(points, n, i, 2 * dots->columns),
		    high * (1 - points[i].rps / most));
	}
}

static void put_plot_row(struct live_line *line, const struct dots *dots, int row, double most)
{
	char label[CELL] = "", text[CELL + 8], cells[DOTS_CELL_MAX * DOTS_COLUMNS_MAX];
	size_t len = 0;

	if (!row)
		format_count(label, sizeof(label), most);
	else if (row == dots->rows - 1)
		snprintf(label, sizeof(label), "0");
	snprintf(text, sizeof(text), "%*s ", LABEL, label);
	live_put(line, text);
	live_put(line, line->style->utf8 ? "│" : "|");
	live_color(line, "\033[32m");
	for (int x = 0; x < dots->columns; x++)
		len += dots_cell(dots, x, row, line->style->utf8, cells + len);
	while (len && cells[len - 1] == ' ')
		len--;
	cells[len] = '\0';
	live_put(line, cells);
	live_color(line, NULL);
}

/* The least load and the greatest. */
static void put_plot_axis(
    struct live_line *line, const struct live_model *m, const struct live_point *points, size_t n)
{
	char from[CELL], to[CELL], text[2 * CELL];
	int end = line->room < LABEL + 2 + PLOT_COLUMNS_MAX ? line->room : LABEL + 2 + PLOT_COLUMNS_MAX;

	format_count(from, sizeof(from), n ? points[0].load : 1);
	format_count(to, sizeof(to), n ? points[n - 1].load : 1);
	/* of whole numbers, without a point */
	if (!m->by_rate && n) {
		snprintf(from, sizeof(from), "%.0f", points[0].load);
		snprintf(to, sizeof(to), "%.0f", points[n - 1].load);
	}
	snprintf(text, sizeof(text), "%*s q/s  %s", LABEL - 4, "", n > 1 ? from : "");
	live_put(line, text);
	snprintf(text, sizeof(text), "%s %s", n ? to : "",
	    m->by_rate                         ? "requests a second"
		: n && points[n - 1].load == 1 ? "client"
					       : "clients");
	live_pad(line, end - (int)strlen(text));
	live_put(line, text);
}

int live_plot(const struct live_model *m, const struct live_style *style, int lines, struct buf *out)
{
	struct live_point points[LIVE_POINTS_MAX + 1];
	size_t n = collect(m, points);
	int columns = style->columns - 1 - LABEL - 2;
	int rows = lines - 1 < PLOT_ROWS_MAX ? lines - 1 : PLOT_ROWS_MAX;
	struct live_line line;
	struct dots dots;
	double most = 1;

	if (rows < PLOT_ROWS_MIN)
		return 0;
	for (size_t i = 0; i < n; i++)
		most = fmax(most, points[i].rps);
	dots_init(&dots, columns < PLOT_COLUMNS_MAX ? columns : PLOT_COLUMNS_MAX, rows);
	draw_points(points, n, most, &dots);
	for (int row = 0; row < rows; row++) {
		live_line_begin(&line, style, out);
		put_plot_row(&line, &dots, row, most);
		live_line_end(&line);
	}
	live_line_begin(&line, style, out);
	put_plot_axis(&line, m, points, n);
	live_line_end(&line);
	return rows + 1;
}

static int faster_first(const void *a, const void *b)
{
	const struct live_row *x = *(const struct live_row *const *)a,
			      *y = *(const struct live_row *const *)b;

	return (x->rps < y->rps) - (x->rps > y->rps);
}

static void put_row(struct live_line *line, const struct live_row *row, double most, bool is_current)
{
	int label = line->room * 2 / 5, bar;
	char rate[CELL], text[CELL + 8];

	format_count(rate, sizeof(rate), row->rps);
	snprintf(text, sizeof(text), " %9s q/s", rate);
	live_put(line, is_current ? "> " : "  ");
	if (is_current)
		live_color(line, "\033[1m");
	live_put_cut(line, row->name, line->room - label);
	if (is_current)
		live_color(line, NULL);
	live_pad(line, label + 1);
	bar = line->room - line->used - (int)strlen(text);
	live_bar(line, row->rps / most, bar < BAR_MAX ? bar : BAR_MAX, "\033[32m");
	live_put(line, text);
}

int live_rows(const struct live_model *m, const struct live_style *style, int lines, struct buf *out)
{
	const struct live_row *sorted[LIVE_ROWS_MAX];
	struct live_line line;
	size_t n = 0, shown;

	for (size_t i = 0; i < m->n_rows && i < LIVE_ROWS_MAX; i++)
		if (m->rows[i].rps > 0)
			sorted[n++] = &m->rows[i];
	if (lines < 1 || !n)
		return 0;
	qsort(sorted, n, sizeof(sorted[0]), faster_first); /* NOLINT(bugprone-sizeof-expression): pointers */
	shown = n <= (size_t)lines ? n : (size_t)lines - 1;
	for (size_t i = 0; i < shown; i++) {
		live_line_begin(&line, style, out);
		put_row(&line, sorted[i], sorted[0]->rps, sorted[i] == &m->rows[m->row % LIVE_ROWS_MAX]);
		live_line_end(&line);
	}
	if (shown < n) {
		char more[64];

		snprintf(more, sizeof(more), "  and %zu more", n - shown);
		live_line_begin(&line, style, out);
		live_put(&line, more);
		live_line_end(&line);
		shown++;
	}
	return (int)shown;
}
