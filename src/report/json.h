// SPDX-License-Identifier: GPL-3.0-or-later
/* A report as JSON, by docs/result.schema.json. Values that are unknown become null. */
#ifndef MAXQ_REPORT_JSON_H
#define MAXQ_REPORT_JSON_H

#include <stdio.h>

#include "analysis/result.h"
#include "base/err.h"

/* Writes it, indented, with a line feed at the end: 0, or negative errno (a full disk) with a message. */
int json_write(const struct report *report, FILE *out, struct err *err);

#endif
