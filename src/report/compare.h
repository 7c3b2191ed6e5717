// SPDX-License-Identifier: GPL-3.0-or-later
/* What differs between two runs, for people, for a page of Markdown, and as JSON. */
#ifndef MAXQ_REPORT_COMPARE_H
#define MAXQ_REPORT_COMPARE_H

#include <jansson.h>
#include <stdio.h>

#include "analysis/compare.h"

/* A comparison and what it is of. Of rows that were measured in turn both reports are the same one. */
struct compare_view {
	const struct comparison *comparison;
	const char *name_a, *name_b; /* "run 12", or a file's name */
	const struct report *a, *b;
};

/* The table. */
void compare_print(const struct compare_view *view, FILE *out);

/* The tables alone, of a run that measured two in turn. */
void compare_print_report(const struct report *report, FILE *out);
void compare_markdown_report(const struct report *report, FILE *out);

void compare_markdown(const struct compare_view *view, FILE *out);

/* A new reference; NULL without memory. That of rows alone has no `a` and `b`. */
json_t *compare_json(const struct compare_view *view);
json_t *compare_json_rows(const struct comparison *comparison);

/* The cells, of which all tables consist. */
enum { COMPARE_CELL = 96 };
void compare_format_figure(char cell[COMPARE_CELL], enum figure figure, const char *component);
void compare_format_value(char cell[COMPARE_CELL], enum figure figure, double value);
void compare_format_percent(char cell[COMPARE_CELL], double share);
void compare_format_interval(char cell[COMPARE_CELL], struct interval shares);

/* "no difference shown", "B is worse" and so on. */
const char *compare_words(const struct difference *difference);

/* One line of Markdown each: what the two sides are, and in what else they differ. */
void compare_markdown_head(const struct compare_view *view, FILE *out);

#endif
