// SPDX-License-Identifier: GPL-3.0-or-later
/* A report that is known already, told to a sink as the run told it: so it is shown again as it was. */
#ifndef MAXQ_REPORT_REPLAY_H
#define MAXQ_REPORT_REPLAY_H

#include "report/sink.h"

/* All but windows, samples and warnings. */
void replay(const struct report *report, struct sink *sink);

#endif
