// SPDX-License-Identifier: GPL-3.0-or-later
/* Lines drawn with Unicode's braille patterns, of which a cell of the terminal has 2 x 4 dots; or with asterisks. */
#ifndef MAXQ_REPORT_DOTS_H
#define MAXQ_REPORT_DOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DOTS_COLUMNS_MAX = 160, DOTS_ROWS_MAX = 16, DOTS_CELL_MAX = 4 };

struct dots {
	int columns, rows;                              /* cells; the dots are twice and four times as many */
	uint8_t cells[DOTS_ROWS_MAX][DOTS_COLUMNS_MAX]; /* dots of each, as bits of a braille pattern */
};

/* Without a dot. Sizes beyond the maximum are cut. */
void dots_init(struct dots *dots, int columns, int rows);

/* A straight line; coordinates are those of dots, from the upper left. What is outside is left out. */
void dots_line(struct dots *dots, double x0, double y0, double x1, double y1);

/* A cell as text, which is terminated: its length in bytes. */
size_t dots_cell(const struct dots *dots, int column, int row, bool utf8, char text[DOTS_CELL_MAX]);

#endif
