// SPDX-License-Identifier: GPL-3.0-or-later
/* A report as JSON, by docs/result.schema.json. Values that are unknown become null. */
#ifndef MAXQ_REPORT_JSON_H
#define MAXQ_REPORT_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "analysis/result.h"
#include "base/err.h"

/* Writes it, indented, with a line feed at the end: 0, or negative errno (a full disk) with a message. */
int json_write(const struct report *report, FILE *out, struct err *err);

/* The same as jansson's values, of all of it and of one result: new references, or NULL without memory. */
json_t *json_of_report(const struct report *report);
json_t *json_of_result(const struct result *result);

/* Prints such a value as json_write does. */
int json_print(const json_t *json, FILE *out, struct err *err);

#endif
