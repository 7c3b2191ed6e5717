// SPDX-License-Identifier: GPL-3.0-or-later
/* Findings in words, for people: a line for what is as it should be, a paragraph for what is not; 80 columns. */
#ifndef MAXQ_REPORT_FINDINGS_H
#define MAXQ_REPORT_FINDINGS_H

#include <stdio.h>

#include "analysis/findings.h"

/* Commands that are too long go on in the next line behind a backslash: they can be copied as they stand. */
void findings_print(const struct findings *findings, FILE *out);

#endif
