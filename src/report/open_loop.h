// SPDX-License-Identifier: GPL-3.0-or-later
/* What text and JSON say of open loops, of late responses, and of a rate that was searched for an objective. */
#ifndef MAXQ_REPORT_OPEN_LOOP_H
#define MAXQ_REPORT_OPEN_LOOP_H

#include <jansson.h>
#include <stdio.h>

#include "analysis/result.h"

/* The lines of a step: its rate, and how many responses were late; those that apply. */
void open_loop_print(const struct step *step, FILE *out);

/* A line of the table of rates; and its header. */
void open_loop_print_header(FILE *out);
void open_loop_print_row(const struct step *step, FILE *out);

/* What was found for the objective. */
void slo_print(const struct result *result, FILE *out);

/* Sets the keys of a step that apply. */
void open_loop_json(json_t *step_json, const struct step *step);

/* A result's `slo`. */
json_t *slo_json(const struct result *result);

#endif
