// SPDX-License-Identifier: GPL-3.0-or-later
/* What a gate has found: for people, for the page of a job, and for what reads JUnit's XML. */
#ifndef MAXQ_REPORT_GATE_H
#define MAXQ_REPORT_GATE_H

#include "analysis/gate.h"
#include "report/compare.h"

void gate_print(const struct gate *gate, const struct compare_view *view, FILE *out);
void gate_markdown(const struct gate *gate, const struct compare_view *view, FILE *out);

/*
 * A suite with a case for each row and bound: failed where it is broken; an error where nothing can be said, as what reads it
 * must not take that for passed. (There is no standard; this is what Jenkins, GitLab and others read:
 * https://github.com/testmoapp/junitxml.)
 */
void gate_junit(const struct gate *gate, const struct compare_view *view, FILE *out);

json_t *gate_json(const struct gate *gate, const struct compare_view *view);

/* What a check is, and what came of it, in a line each. */
enum { GATE_TEXT = 512 };
void gate_format_check(char text[GATE_TEXT], const struct gate_check *check);
void gate_format_outcome(char text[GATE_TEXT], const struct gate_check *check);

/* The gate as a whole, in a word. */
const char *gate_words(enum gate_verdict verdict);

#endif
