// SPDX-License-Identifier: GPL-3.0-or-later
/* The part of a report's JSON that is about layers. */
#ifndef MAXQ_REPORT_JSON_LAYERS_H
#define MAXQ_REPORT_JSON_LAYERS_H

#include <jansson.h>

#include "analysis/layers.h"

/* New references; NULL without memory. */
json_t *json_layers(const struct report *report);
/* What each component cost in each round. */
json_t *json_rounds_cost(const struct result *result);

#endif
