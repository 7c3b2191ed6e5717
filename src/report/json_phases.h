// SPDX-License-Identifier: GPL-3.0-or-later
/* The part of a result's JSON that is about phases. */
#ifndef MAXQ_REPORT_JSON_PHASES_H
#define MAXQ_REPORT_JSON_PHASES_H

#include <jansson.h>

#include "analysis/phases.h"

/* A new reference; NULL without memory. */
json_t *json_phases(const struct phases *phases);

#endif
