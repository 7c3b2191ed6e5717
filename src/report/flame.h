// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Sampled stacks as a flame graph: a picture (SVG) in which each function is a bar as wide as its share of the CPU time, upon
 * the bar of what called it (Brendan Gregg, "The Flame Graph", Communications of the ACM 59(6), 2016). It needs nothing but itself: names
 * show when the pointer is on a bar, and a click makes a bar as wide as the picture.
 */
#ifndef MAXQ_REPORT_FLAME_H
#define MAXQ_REPORT_FLAME_H

#include <stdio.h>

#include "analysis/functions.h"

/* Of all results that were sampled. -ENOMEM; what else fails is seen by ferror(out). */
int flame_write(const struct report *report, FILE *out);

#endif
