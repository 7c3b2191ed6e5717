// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Sampled stacks as text, for other tools: one stack a line, frames from the outermost on with semicolons between, a space, and
 * how often it was seen. The first is the component; with several results the result's name is before it.
 */
#ifndef MAXQ_REPORT_FOLDED_H
#define MAXQ_REPORT_FOLDED_H

#include <stdio.h>

#include "analysis/functions.h"

/* Of all results that were sampled. What fails is seen by ferror(out). */
void folded_write(const struct report *report, FILE *out);

#endif
