// SPDX-License-Identifier: GPL-3.0-or-later
/* Text that fits the terminal. */
#ifndef MAXQ_REPORT_WRAP_H
#define MAXQ_REPORT_WRAP_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Prints the text from column `left` on, which is where the cursor stands, and a line end; it is broken at spaces, to 80
 * columns. A `command` is broken outside of quotes only, and by a backslash, so that it can be copied.
 */
void wrap_print(FILE *out, int left, const char *text, bool command);

#endif
