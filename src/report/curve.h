// SPDX-License-Identifier: GPL-3.0-or-later
/* The shape of a sweep for people: knee, plateau, collapse, and the law that fits it. */
#ifndef MAXQ_REPORT_CURVE_H
#define MAXQ_REPORT_CURVE_H

#include <stdio.h>

#include "analysis/result.h"

/* Prints what of it the result has. */
void curve_print(const struct result *result, FILE *out);

#endif
