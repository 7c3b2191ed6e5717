// SPDX-License-Identifier: GPL-3.0-or-later
/* Many runs, a line each. */
#ifndef MAXQ_REPORT_HISTORY_H
#define MAXQ_REPORT_HISTORY_H

#include <stdio.h>

#include "analysis/run_summary.h"

/* Prints their table in the order given. Control characters of what was imported are replaced. */
void history_print(const struct run_summary *runs, size_t n, FILE *out);

/* Prints a text of many lines, with all other control characters replaced. */
void history_print_text(const char *text, FILE *out);

#endif
