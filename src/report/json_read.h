// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A report from its JSON (docs/result.schema.json): what json_write has written comes back such that it is written and shown
 * the same again. Keys that are not known are passed over, and what is missing or of another type is unknown, as the document
 * may come from another version, or from anywhere: nothing of it is trusted, and every array of a report keeps its bounds.
 */
#ifndef MAXQ_REPORT_JSON_READ_H
#define MAXQ_REPORT_JSON_READ_H

#include <jansson.h>

#include "analysis/result.h"
#include "base/err.h"

/* Texts of the report that are static where it is measured belong to `json` here: both live and end together. */
struct document {
	struct report report;
	json_t *json;
};

/*
 * Reads it, and takes the reference over, also on failure. 0, -ENOMEM, or -EPROTO when it is no result of maxq, or one of
 * another schema. To be released by document_release, which takes a zero one.
 */
int json_read(json_t *json, struct document *document, struct err *err);
void document_release(struct document *document);

/* For the reader's parts: fill a zero one of the report's, which frees it. 0 or -ENOMEM. */
int json_read_result(const json_t *json, struct result *result);
int json_read_step(const json_t *json, struct step *step);
int json_read_layers(const json_t *json, struct report *report);
/* These make one, the result's, also when they fail; NULL stays where there is none. */
int json_read_phases(const json_t *json, struct phases **phases);
int json_read_functions(const json_t *json, struct function_profile **profile);

/* The index of the result of that name, or -ENOENT. */
int json_find_result(const struct report *report, const char *name);

#endif
