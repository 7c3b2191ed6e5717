// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * When requests are sent. In a closed loop: at once, after the whole response to the client's last one, as long as
 * requests are left. In an open loop at times that do not depend on any response: the arrivals.
 *
 * An arrival is sent by a client that rests, at once; where none does, it waits for the first that will, and the time of
 * its arrival stays the start of its latency. So what a server does not answer in time is not asked later: Schroeder,
 * Wierman, Harchol-Balter, "Open Versus Closed: A Cautionary Tale", NSDI 2006; and nothing is left out that came while it
 * stalled: what Gil Tene calls coordinated omission.
 */
#ifndef MAXQ_ENGINE_PACE_H
#define MAXQ_ENGINE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum arrival {
	ARRIVAL_CONSTANT, /* one every 1/rate */
	ARRIVAL_POISSON,  /* exponential gaps: independent of each other, as those of many users */
	ARRIVAL_COUNT,
};

/* A request that is sent so long after it could have been counts as sent late: by the generator's own fault. */
#define PACE_LATE_NS NS_PER_MS

/* The arrivals of one of `n_workers` workers, which together have `rate` of them a second. */
struct pace_spec {
	uint64_t rate; /* at most PACE_RATE_MAX */
	enum arrival arrival;
	uint64_t seed; /* of the gaps; the same gives the same again */
	unsigned worker, n_workers;
	uint64_t arrivals; /* of this worker; UINT64_MAX: no limit */
};

#define PACE_RATE_MAX 100000000

struct pace {
	/* Closed loop: requests that may still be started by this worker; UINT64_MAX: no limit. Open: 0. */
	uint64_t left;
	/* When the next request arrives; CLOCK_NEVER: arrivals have not begun, none is left, or it is a closed loop. */
	int64_t next_ns;

	/* open loop */
	struct pace_spec spec; /* rate 0: closed */
	int64_t start_ns;
	uint64_t taken;   /* arrivals before the next one */
	double offset_ns; /* Poisson: its time after start_ns, with what rounding takes off next_ns */
	uint64_t random;  /* the generator's state */
};

/* An open loop's; arrivals come once it has begun. */
void pace_init_open(struct pace *pace, const struct pace_spec *spec);
void pace_begin(struct pace *pace, int64_t start_ns);

/* Takes the arrival at next_ns: moves on to the one after. */
void pace_advance(struct pace *pace);

/* Ends the arrivals: how many of those that are left come before `end_ns`. */
uint64_t pace_end(struct pace *pace, int64_t end_ns);

/* The arrival of that name ("poisson"), or -EINVAL. */
int arrival_parse(const char *name);
const char *arrival_name(enum arrival arrival);

static inline bool pace_is_open(const struct pace *pace)
{
	return pace->spec.rate;
}

/* Closed loop: takes the right to send one request now: false when there are no more to send, ever. */
static inline bool pace_take(struct pace *pace)
{
	if (!pace->left)
		return false;
	if (pace->left != UINT64_MAX)
		pace->left--;
	return true;
}

#endif
