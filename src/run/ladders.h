// SPDX-License-Identifier: GPL-3.0-or-later
/* The ladders of a bench: their rungs become its rows, and what these cost becomes layers. */
#ifndef MAXQ_RUN_LADDERS_H
#define MAXQ_RUN_LADDERS_H

#include "run/row.h"

/* What is measured for layers is alike for all rows: so many clients, and a connection a request, unless the plan says else. */
void ladders_settle(struct plan *plan);

/*
 * Makes the ladder of each of the plan's stacks, for ladders_free: how many rungs they have together, or negative errno with
 * a message.
 */
int ladders_read(struct ladder **ladders, const struct plan *plan, const char *catalog, struct err *err);
void ladders_free(struct ladder *ladders, size_t n);

/* Adds the layers of all ladders to the report, when all rounds are over. -ENOMEM. */
int ladders_report(struct bench *b);

#endif
