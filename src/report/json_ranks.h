// SPDX-License-Identifier: GPL-3.0-or-later
/* What each of several machines had to do with a step, as JSON. */
#ifndef MAXQ_REPORT_JSON_RANKS_H
#define MAXQ_REPORT_JSON_RANKS_H

#include <jansson.h>

#include "analysis/result.h"

/* The step's key "ranks": a new reference. */
json_t *json_ranks(const struct step *step);

/* The other way round: the step's ranks are then from malloc, and the caller's. -ENOMEM. */
int json_read_ranks(const json_t *json, struct step *step);

#endif
