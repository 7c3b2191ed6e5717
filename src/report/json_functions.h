// SPDX-License-Identifier: GPL-3.0-or-later
/* The part of a result's JSON that is about functions. */
#ifndef MAXQ_REPORT_JSON_FUNCTIONS_H
#define MAXQ_REPORT_JSON_FUNCTIONS_H

#include <jansson.h>

#include "analysis/functions.h"

/* A new reference; NULL without memory. Of each component the functions are listed, up to some thousand. */
json_t *json_functions(const struct function_profile *profile);

/* How a kind is called there. */
const char *json_frame_kind(enum frame_kind kind);

#endif
