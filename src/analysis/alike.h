// SPDX-License-Identifier: GPL-3.0-or-later
/* Whether two runs can be compared: on machines of one kind, with one load. */
#ifndef MAXQ_ANALYSIS_ALIKE_H
#define MAXQ_ANALYSIS_ALIKE_H

#include "analysis/compare.h"

/*
 * Notes what differs, once the comparison has its rows: what the machine is (host_fingerprint), on which CPUs generator and
 * server ran, the command, every setting that shapes the load, and how each row was asked. For how long it was measured, and
 * what was expected of responses, shapes nothing.
 */
void find_unlike(const struct report *a, const struct report *b, struct comparison *comparison);

#endif
