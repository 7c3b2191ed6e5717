// SPDX-License-Identifier: GPL-3.0-or-later
/* The part of a result's JSON that is about the shape of its curve. */
#ifndef MAXQ_REPORT_JSON_CURVE_H
#define MAXQ_REPORT_JSON_CURVE_H

#include <jansson.h>

#include "analysis/result.h"

/* New references; NULL without memory. */
json_t *json_curve(const struct curve *curve);
json_t *json_usl(const struct usl *usl);

#endif
