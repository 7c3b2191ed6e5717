// SPDX-License-Identifier: GPL-3.0-or-later
/* Who else uses the CPU, and what the hypervisor takes, while nothing is measured. */
#ifndef MAXQ_OBSERVE_BUSY_H
#define MAXQ_OBSERVE_BUSY_H

#include "base/err.h"
#include "sample/machine.h"

/*
 * Looks twice, `duration_ns` apart. 0, -EINTR when a signal came in between (it may then be much too short to be worth
 * anything), or another failure with a message.
 */
int busy_sample(int64_t duration_ns, struct machine_sample *sample, struct err *err);

#endif
