// SPDX-License-Identifier: GPL-3.0-or-later
/* In which functions the CPU time of a request goes, for people. */
#ifndef MAXQ_REPORT_FUNCTIONS_H
#define MAXQ_REPORT_FUNCTIONS_H

#include <stdio.h>

#include "analysis/functions.h"

enum { FRAME_LABEL_MAX = 1100 };

/* Of all results that were sampled; nothing where there are none. */
void functions_print(const struct report *report, bool utf8, FILE *out);

/* A frame in one line: the function, and for what is not Python its file in brackets. Control characters become '?'. */
void frame_label(const struct frame *frame, char label[FRAME_LABEL_MAX]);

#endif
