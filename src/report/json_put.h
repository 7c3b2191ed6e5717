// SPDX-License-Identifier: GPL-3.0-or-later
/* Values of a JSON document as all writers make them: new references, NULL without memory. */
#ifndef MAXQ_REPORT_JSON_PUT_H
#define MAXQ_REPORT_JSON_PUT_H

#include <jansson.h>
#include <math.h>

#include "analysis/result.h"

/* Takes the reference of `value` over. */
static inline void json_put(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

/* null: unknown, or not finite. */
static inline json_t *json_number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static inline json_t *json_interval(struct interval i)
{
	return json_pack("[o, o]", json_number(i.lo), json_number(i.hi));
}

/* Targets, evidence and names of processes can hold bytes that are not UTF-8. */
static inline json_t *json_text(const char *value)
{
	json_t *string = json_string(value);

	return string ? string : json_string("(not UTF-8)");
}

#endif
