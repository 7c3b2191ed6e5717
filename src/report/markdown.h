// SPDX-License-Identifier: GPL-3.0-or-later
/* A report as tables that other programs and pages take. Names are escaped (report/escape.h). */
#ifndef MAXQ_REPORT_MARKDOWN_H
#define MAXQ_REPORT_MARKDOWN_H

#include <stdio.h>

#include "analysis/result.h"

/* A table of the steps of a load or sweep, of the rows of a bench, or of what two differ in. */
void markdown_print(const struct report *report, FILE *out);

/*
 * A line for each step, with a header; RFC 4180, but for line ends, which are those of Unix. Units are in the names, and what is
 * unknown is empty.
 */
void csv_print(const struct report *report, FILE *out);

#endif
