// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The live view as text: stack and step, progress, throughput of the last windows, who uses the CPUs, and throughput by clients, or
 * the rows of a bench. Pure: from the model alone.
 */
#ifndef MAXQ_REPORT_LIVE_DRAW_H
#define MAXQ_REPORT_LIVE_DRAW_H

#include <locale.h>

#include "base/buf.h"
#include "report/live_model.h"

/* Below this size there is one line only. It never has more lines than LIVE_LINES_MAX. */
enum { LIVE_COLUMNS_MIN = 40, LIVE_LINES_MIN = 8, LIVE_LINES_MAX = 20 };

struct live_style {
	int columns, lines; /* of the terminal */
	bool utf8, color;
	locale_t locale; /* that says how wide characters are; (locale_t)0: ASCII only */
};

/*
 * Appends lines, each ended by '\n' and narrower than the terminal by a column at least, and one fewer than it has: their
 * number. Colours end with their line. What does not fit is left out, plot and rows first.
 */
int live_draw(const struct live_model *model, const struct live_style *style, struct buf *out);

#endif
