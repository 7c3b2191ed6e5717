// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A run in words and tables, for people: the table to `out`, and warnings.
 */
#ifndef MAXQ_REPORT_TEXT_H
#define MAXQ_REPORT_TEXT_H

#include <stdio.h>

#include "report/sink.h"

struct text_sink {
	struct sink sink; /* the head: pass &text.sink */
	FILE *out;        /* results; NULL: nowhere */
	FILE *warnings;   /* a line each; NULL: nowhere */
	bool is_bench;    /* or layers: many rows, of which each is a line */
	bool utf8;        /* `out` takes blocks */
	bool steps_begun; /* the header of the steps' table is printed, */
	bool steps_open;  /* that of an open loop */
};

/* Whether the user's locale has UTF-8. */
bool text_is_utf8(void);

void text_sink_init(struct text_sink *text, FILE *out, FILE *warnings);

#endif
