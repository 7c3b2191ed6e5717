// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Whether options go together, with each other and with what is measured. What an option asks for is done, or it is refused: none is
 * taken and then left alone.
 */
#ifndef MAXQ_CLI_MEASURE_FIT_H
#define MAXQ_CLI_MEASURE_FIT_H

#include "cli/measure.h"

/* What the operands are. */
enum operands {
	OF_TARGETS = 1, /* servers that run already */
	OF_STACKS = 2,  /* of the catalog, which are launched */
	OF_RUNS = 4,    /* that were measured already */
};

/* 0, or -EINVAL with a message, for a command line that was read by measure_parse. */
int measure_fit(const struct measure *m, enum operands operands, struct err *err);

#endif
