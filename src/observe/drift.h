// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Whether the clock by which all is measured can be trusted: CLOCK_MONOTONIC, which is steered (by NTP, at most 500 ppm),
 * against CLOCK_MONOTONIC_RAW, which is not, and against CLOCK_BOOTTIME, which goes on while the machine is suspended.
 */
#ifndef MAXQ_OBSERVE_DRIFT_H
#define MAXQ_OBSERVE_DRIFT_H

#include <stdint.h>

/* One reading of the three. */
struct drift {
	int64_t monotonic_ns, raw_ns, boot_ns;
	int64_t apart_ns; /* between the first and the last of them: so much they are known */
};

void drift_begin(struct drift *drift);

/* How far the clock was off since then, as a share of the time: the larger of both, as far as it is certain. */
double drift_read(const struct drift *since);

/* The same of two readings. */
double drift_between(const struct drift *since, const struct drift *now);

#endif
