// SPDX-License-Identifier: GPL-3.0-or-later
/* Layers for people: what each component costs within the whole, what each step adds, and by how much these differ. */
#ifndef MAXQ_REPORT_LAYERS_H
#define MAXQ_REPORT_LAYERS_H

#include <stdio.h>

#include "analysis/layers.h"

/* Prints those of the whole report, 80 columns wide, with bars of blocks if `utf8`, else of number signs. */
void layers_print(const struct report *report, bool utf8, FILE *out);

#endif
