// SPDX-License-Identifier: GPL-3.0-or-later
/* What each of several machines had to do with a step, as text. */
#ifndef MAXQ_REPORT_RANKS_H
#define MAXQ_REPORT_RANKS_H

#include <stdio.h>

#include "analysis/result.h"

/* A line each; nothing of a step of one machine. */
void ranks_print(const struct step *step, FILE *out);

#endif
