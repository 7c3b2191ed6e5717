// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/drift.h"

#include <math.h>

#include "base/clock.h"

/* A reading in which we did not run for longer than this is taken again. */
static const int64_t apart_max_ns = 10 * NS_PER_US;
enum { TRIES = 20 };

static int64_t read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return timespec_ns(&ts);
}

void drift_begin(struct drift *drift)
{
	int64_t least_ns = INT64_MAX;

	for (int i = 0; i < TRIES && least_ns > apart_max_ns; i++) {
		struct drift d = {.monotonic_ns = clock_ns()};

		d.raw_ns = read_clock(CLOCK_MONOTONIC_RAW);
		d.boot_ns = read_clock(CLOCK_BOOTTIME);
		d.apart_ns = clock_ns() - d.monotonic_ns;
		if (d.apart_ns >= least_ns)
			continue;
		least_ns = d.apart_ns;
		*drift = d;
	}
}

double drift_between(const struct drift *since, const struct drift *now)
{
	double monotonic = (double)(now->monotonic_ns - since->monotonic_ns);
	double raw = (double)(now->raw_ns - since->raw_ns), boot = (double)(now->boot_ns - since->boot_ns);
	double unsure = (double)(since->apart_ns + now->apart_ns);
	double off = fmax(fabs(monotonic - raw), fabs(boot - monotonic));

	return monotonic > 0 ? fmax(0, off - unsure) / monotonic : 0;
}

double drift_read(const struct drift *since)
{
	struct drift now;

	drift_begin(&now);
	return drift_between(since, &now);
}
