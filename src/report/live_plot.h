// SPDX-License-Identifier: GPL-3.0-or-later
/* Parts of the live view: its lines, throughput by clients, and the rows of a bench. */
#ifndef MAXQ_REPORT_LIVE_PLOT_H
#define MAXQ_REPORT_LIVE_PLOT_H

#include "report/live_draw.h"

/* A line as it is written: it never takes more columns than it has room for. */
struct live_line {
	const struct live_style *style;
	struct buf *out;
	int room, used; /* columns */
};

void live_line_begin(struct live_line *line, const struct live_style *style, struct buf *out);
void live_line_end(struct live_line *line);

/* As much of the text as there is room for; and with so many columns kept free behind it. */
void live_put(struct live_line *line, const char *text);
void live_put_cut(struct live_line *line, const char *text, int keep);

/* Blanks up to that column. */
void live_pad(struct live_line *line, int column);

/* What follows has that colour, if there are any; NULL: none any more. */
void live_color(struct live_line *line, const char *escape);

/* A bar of so many columns between two edges; a share that is NAN leaves it empty. Nothing when it is too narrow. */
void live_bar(struct live_line *line, double share, int columns, const char *color);

/* Throughput over clients (or the rate), as far as it is known; in so many lines at most: their number. */
int live_plot(const struct live_model *model, const struct live_style *style, int lines, struct buf *out);

/* The rows of a bench that were measured, the fastest first; the same. */
int live_rows(const struct live_model *model, const struct live_style *style, int lines, struct buf *out);

#endif
