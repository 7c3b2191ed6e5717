// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where the CPU time of a row goes, at the load of its plateau: loads that are watched by a tracer, and loads that nobody
 * watches, in turn.
 */
#ifndef MAXQ_RUN_PROFILE_H
#define MAXQ_RUN_PROFILE_H

#include "run/row.h"

/* Says in one line why the plan's tracers could not work here, before anything is launched: 0 or negative errno. */
int profile_check(const struct plan *plan, struct err *err);

/*
 * Watches the row, whose clients are known, by each tracer of the plan. The loads that nobody watches count as further rounds
 * of the row. What fails is told in the row's result.
 */
void profile_row(struct bench *b, struct row *row);

#endif
