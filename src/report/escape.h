// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Names and messages that come from outside, put into documents that others read. Control characters are replaced; what is not
 * UTF-8 becomes "?".
 */
#ifndef MAXQ_REPORT_ESCAPE_H
#define MAXQ_REPORT_ESCAPE_H

#include <stdio.h>

/* One line for a terminal: no control character is left, not even those that UTF-8 has of its own. */
void escape_line(const char *text, FILE *out);

/* Text within XML, or within the quotes of an attribute (https://www.w3.org/TR/xml, 2.4). */
void escape_xml(const char *text, FILE *out);

/* One line of Markdown within a table, where it neither ends its cell nor becomes markup, a link or HTML. */
void escape_markdown(const char *text, FILE *out);

/* The value of a label of OpenMetrics, without its quotes. */
void escape_label(const char *text, FILE *out);

/* A field of CSV, in quotes where it needs them (RFC 4180); what a spreadsheet would take for a formula gets a quote before it. */
void escape_csv(const char *text, FILE *out);

#endif
