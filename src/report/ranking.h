// SPDX-License-Identifier: GPL-3.0-or-later
/* The table of a bench: who is the fastest, by how much, what it costs, and what ran out. */
#ifndef MAXQ_REPORT_RANKING_H
#define MAXQ_REPORT_RANKING_H

#include <stdio.h>

#include "analysis/result.h"

/* Prints the ranked rows, then those that failed, then notes on what the marks mean. */
void ranking_print(const struct report *report, FILE *out);

#endif
