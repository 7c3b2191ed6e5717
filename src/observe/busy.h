// SPDX-License-Identifier: GPL-3.0-or-later
/* Who else uses the CPU, and what the hypervisor takes, while nothing is measured. */
#ifndef MAXQ_OBSERVE_BUSY_H
#define MAXQ_OBSERVE_BUSY_H

#include "base/err.h"
#include "observe/procs.h"
#include "sample/machine.h"

/*
 * Looks twice, `duration_ns` apart; the processes of `server` (or NULL) are expected to be busy, and left out. 0, -EINTR when a signal came in between (it may then be much too short to be worth
 * anything), or another failure with a message.
 */
int busy_sample(
    const struct procs *server, int64_t duration_ns, struct machine_sample *sample, struct err *err);

#endif
