// SPDX-License-Identifier: GPL-3.0-or-later
/* Throughput and cost of runs over time, as two charts in the terminal. */
#ifndef MAXQ_REPORT_PLOT_H
#define MAXQ_REPORT_PLOT_H

#include <stdio.h>

#include "analysis/run_summary.h"
#include "base/err.h"

enum { PLOT_COLUMNS = 80 };

/* How the terminal is: with Unicode's braille patterns, of which a cell has 2 x 4 dots, and with colours. */
struct plot_style {
	bool utf8, color;
};

/*
 * Prints both, of the runs that have such a figure, the newest first. Axes begin a little below the least value, and not at
 * zero: changes are what is looked for. -ENODATA with a message when there are fewer than two.
 */
int plot_print(
    const struct run_summary *runs, size_t n, const struct plot_style *style, FILE *out, struct err *err);

#endif
