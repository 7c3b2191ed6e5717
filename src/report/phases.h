// SPDX-License-Identifier: GPL-3.0-or-later
/* Where the CPU time of a request goes, phase by phase, for people. */
#ifndef MAXQ_REPORT_PHASES_H
#define MAXQ_REPORT_PHASES_H

#include <stdio.h>

#include "analysis/phases.h"

/* Of all results that have phases; nothing where there are none. */
void phases_print(const struct report *report, FILE *out);

#endif
