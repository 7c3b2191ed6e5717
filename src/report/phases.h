// SPDX-License-Identifier: GPL-3.0-or-later
/* Where the CPU time of a request goes, phase by phase, for people. */
#ifndef MAXQ_REPORT_PHASES_H
#define MAXQ_REPORT_PHASES_H

#include <stdio.h>

#include "analysis/phases.h"

/* Of a result that has phases; else nothing. */
void phases_print(const struct result *result, FILE *out);

#endif
