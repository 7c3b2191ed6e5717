// SPDX-License-Identifier: GPL-3.0-or-later
/* A step as JSON, with all that is known of the machine and the server's processes while it lasted. */
#ifndef MAXQ_REPORT_JSON_STEP_H
#define MAXQ_REPORT_JSON_STEP_H

#include <jansson.h>

#include "analysis/result.h"

/* A new reference, or NULL without memory. */
json_t *json_step(const struct step *step);

#endif
