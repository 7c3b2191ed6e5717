// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/live_draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/units.h"
#include "report/fit.h"
#include "report/live_plot.h"

enum { CELL = 32, BAR_MIN = 5, BAR_MAX = 40, LABEL_MAX = 20, WIDE = 60, VALUE_SHORT = 8, VALUE_LONG = 18 };

/* What a run has left, now; -1: nobody knows. */
static double left_s(const struct live_model *m)
{
	if (m->left_ns)
		return fmax(clock_seconds(m->left_ns - m->elapsed_ns), 0);
	if (m->n_rows <= 1 && m->step_ns && !m->searches)
		return fmax(clock_seconds(m->step_ns - m->elapsed_ns), 0);
	return -1;
}

/* The share of the run that is done, else that of the step; NAN when neither has an end that is known. */
static double done_share(const struct live_model *m)
{
	double left = left_s(m), run_s = clock_seconds(m->run_ns);

	if (m->left_ns && run_s + left > 0)
		return run_s / (run_s + left);
	return m->step_ns ? fmin(clock_seconds(m->elapsed_ns) / clock_seconds(m->step_ns), 1) : NAN;
}

static void draw_title(struct live_line *line, const struct live_model *m)
{
	char before[64], after[32] = "";

	if (m->n_rows > 1)
		snprintf(before, sizeof(before), "%s %zu/%zu  ", m->command, m->row + 1, m->n_rows);
	else
		snprintf(before, sizeof(before), "%s  ", m->command);
	if (m->round)
		snprintf(after, sizeof(after), "  round %u", m->round);
	live_put(line, before);
	live_color(line, "\033[1m");
	live_put_cut(line, m->name, (int)strlen(after));
	live_color(line, NULL);
	live_put(line, after);
}

static void draw_progress(struct live_line *line, const struct live_model *m)
{
	char text[96] = "", left[CELL] = "";
	double share = done_share(m), left_now_s = left_s(m);
	int bar;

	if (*m->doing)
		snprintf(text, sizeof(text), "%s", m->doing);
	else if (m->step_ns)
		snprintf(text, sizeof(text), "%u client%s  %.1f of %.1f s%s", m->clients,
		    m->clients == 1 ? "" : "s", clock_seconds(m->elapsed_ns), clock_seconds(m->step_ns),
		    m->warming_up ? "  warm-up" : "");
	else
		snprintf(text, sizeof(text), "%u client%s  %.1f s%s", m->clients, m->clients == 1 ? "" : "s",
		    clock_seconds(m->elapsed_ns), m->warming_up ? "  warm-up" : "");
	if (left_now_s >= 0)
		snprintf(left, sizeof(left), "  ~%.0f s left", ceil(left_now_s));
	live_put(line, text);
	if (!isfinite(share) && left_now_s < 0)
		return;
	/* what is written beside it changes its length: the bar is to stay where it is */
	live_pad(line, line->style->columns < WIDE ? line->used + 1 : 36);
	bar = line->room - line->used - (int)sizeof("  ~1000 s left") - 2;
	if (isfinite(share) && bar >= BAR_MIN)
		live_bar(line, share, bar < BAR_MAX ? bar : BAR_MAX, "\033[36m");
	live_put(line, left);
}

/* The last windows, each as high as it is among them. */
static void draw_sparkline(struct live_line *line, const struct live_model *m)
{
	static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const plain[] = {"_", ".", ":", "-", "=", "+", "*", "#"};
	size_t room = line->room > line->used ? (size_t)(line->room - line->used) : 0;
	size_t n = m->n_windows < LIVE_WINDOWS_MAX ? m->n_windows : LIVE_WINDOWS_MAX;
	double most = 0;

	n = n < room ? n : room;
	for (size_t i = m->n_windows - n; i < m->n_windows; i++)
		most = fmax(most, m->windows_rps[i % LIVE_WINDOWS_MAX]);
	live_color(line, "\033[32m");
	for (size_t i = m->n_windows - n; i < m->n_windows; i++) {
		double share = most > 0 ? m->windows_rps[i % LIVE_WINDOWS_MAX] / most : 0;
		int level = (int)fmin(7, floor(8 * share));

		live_put(line, line->style->utf8 ? blocks[level] : plain[level]);
	}
	live_color(line, NULL);
}

static void draw_rate(struct live_line *line, const struct live_model *m)
{
	char rate[CELL] = "-", text[96];

	if (isfinite(m->rps))
		format_count(rate, sizeof(rate), m->rps);
	snprintf(text, sizeof(text), "%s q/s  ", rate);
	live_put(line, text);
	if (m->errors) {
		char errors[CELL];

		format_count(errors, sizeof(errors), (double)m->errors);
		live_color(line, "\033[31m");
		snprintf(text, sizeof(text), "%s errors  ", errors);
		live_put(line, text);
		live_color(line, NULL);
	}
	live_pad(line, line->style->columns < WIDE ? 0 : 14);
	draw_sparkline(line, m);
}

/* A gauge: its name, a bar, and what it says. */
static void draw_gauge(struct live_line *line, const char *name, double share, const char *value)
{
	int label = line->room / 3 < LABEL_MAX ? line->room / 3 : LABEL_MAX;
	/* values are of several lengths, bars of one */
	int bar = line->room - label - 1 - (line->style->columns < WIDE ? VALUE_SHORT : VALUE_LONG);
	const char *color = share > 0.9 ? "\033[33m" : "\033[34m";

	live_put_cut(line, name, line->room - label);
	live_pad(line, label + 1);
	live_bar(line, share, bar < BAR_MAX ? bar : BAR_MAX, color);
	live_put(line, " ");
	live_put(line, value);
}

static void draw_cores(struct live_line *line, const char *name, double cores, unsigned of)
{
	char value[CELL];

	if (!isfinite(cores))
		snprintf(value, sizeof(value), "-");
	else if (line->style->columns < WIDE)
		snprintf(value, sizeof(value), "%.2f", cores);
	else
		snprintf(value, sizeof(value), "%.2f of %u %s", cores, of, of == 1 ? "core" : "cores");
	draw_gauge(line, name, of ? cores / of : NAN, value);
}

/* Who uses the CPUs, in at most so many lines: their number. */
static int draw_cpus(const struct live_model *m, const struct live_style *style, int lines, struct buf *out)
{
	size_t room = lines > 2 ? (size_t)lines - 2 : 0;
	size_t shown = m->n_components <= room ? m->n_components : room;
	struct live_line line;
	char value[CELL] = "-";

	live_line_begin(&line, style, out);
	draw_cores(&line, "generator", m->generator, 1);
	live_line_end(&line);
	for (size_t i = 0; i < shown; i++) {
		bool sums_up = i + 1 == shown && shown < m->n_components;
		double cores = m->components[i].cores;

		for (size_t other = i + 1; other < m->n_components && sums_up; other++)
			cores += m->components[other].cores;
		live_line_begin(&line, style, out);
		draw_cores(&line, sums_up ? "others" : m->components[i].name, cores, m->server_cpus);
		live_line_end(&line);
	}
	if (isfinite(m->steal))
		snprintf(value, sizeof(value), "%.1f %%", 100 * m->steal);
	live_line_begin(&line, style, out);
	draw_gauge(&line, "stolen", m->steal, value);
	live_line_end(&line);
	return 2 + (int)shown;
}

static void put_line(const struct live_model *m, const struct live_style *style, struct buf *out,
    void (*draw)(struct live_line *line, const struct live_model *m))
{
	struct live_line line;

	live_line_begin(&line, style, out);
	draw(&line, m);
	live_line_end(&line);
}

/* All of it in one line: what does not fit is cut, the name first. */
static void draw_short(struct live_line *line, const struct live_model *m)
{
	char before[CELL] = "", after[96], rate[CELL] = "-";

	if (m->n_rows > 1)
		snprintf(before, sizeof(before), "%zu/%zu ", m->row + 1, m->n_rows);
	if (isfinite(m->rps))
		format_count(rate, sizeof(rate), m->rps);
	if (*m->doing)
		snprintf(after, sizeof(after), "  %s", m->doing);
	else
		snprintf(after, sizeof(after), "  %u client%s  %.1f s  %s q/s", m->clients,
		    m->clients == 1 ? "" : "s", clock_seconds(m->elapsed_ns), rate);
	live_put(line, before);
	live_put_cut(line, m->name, (int)strlen(after));
	live_put(line, after);
}

int live_draw(const struct live_model *m, const struct live_style *style, struct buf *out)
{
	int room = style->lines - 1 < LIVE_LINES_MAX ? style->lines - 1 : LIVE_LINES_MAX, n = 2;

	if (style->columns < LIVE_COLUMNS_MIN || style->lines < LIVE_LINES_MIN) {
		put_line(m, style, out, draw_short);
		return 1;
	}
	put_line(m, style, out, draw_title);
	put_line(m, style, out, draw_progress);
	if (!m->n_windows)
		return n;
	put_line(m, style, out, draw_rate);
	n++;
	n += draw_cpus(m, style, room - n < 6 ? room - n : 6, out);
	if (m->round)
		n += live_rows(m, style, room - n, out);
	else if (m->searches)
		n += live_plot(m, style, room - n, out);
	return n;
}
