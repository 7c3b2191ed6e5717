// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/dots.h"

#include <math.h>
#include <stdio.h>

void dots_init(struct dots *dots, int columns, int rows)
{
	*dots = (struct dots){
	    .columns = columns < DOTS_COLUMNS_MAX ? columns : DOTS_COLUMNS_MAX,
	    .rows = rows < DOTS_ROWS_MAX ? rows : DOTS_ROWS_MAX,
	};
}

static void set_dot(struct dots *dots, int x, int y)
{
	/* Unicode numbers the dots of a pattern down its columns, but those of the last row came later */
	static const uint8_t bits[2][4] = {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}};

	if (x < 0 || x >= 2 * dots->columns || y < 0 || y >= 4 * dots->rows)
		return;
	dots->cells[y / 4][x / 2] |= bits[x % 2][y % 4];
}

void dots_line(struct dots *dots, double x0, double y0, double x1, double y1)
{
	int steps = 1 + (int)fmax(fabs(x1 - x0), fabs(y1 - y0));

	for (int s = 0; s <= steps; s++)
		set_dot(
		    dots, (int)lround(x0 + (x1 - x0) * s / steps), (int)lround(y0 + (y1 - y0) * s / steps));
}

size_t dots_cell(const struct dots *dots, int column, int row, bool utf8, char text[DOTS_CELL_MAX])
{
	uint8_t bits = dots->cells[row][column];

	if (!bits)
		return (size_t)snprintf(text, DOTS_CELL_MAX, " ");
	if (!utf8)
		return (size_t)snprintf(text, DOTS_CELL_MAX, "*");
	/* U+2800 to U+28FF */
	return (size_t)snprintf(text, DOTS_CELL_MAX, "\xe2%c%c", 0xa0 + (bits >> 6), 0x80 + (bits & 0x3f));
}
