// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the skeleton server does wrong or slowly on demand, so that what is measured can be held against a known truth.
 * "Every N" counts over all requests of the server: exactly floor(requests / N) are hit.
 */
#ifndef MAXQ_SKELETON_FAULTS_H
#define MAXQ_SKELETON_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

struct faults {
	int64_t delay_ns;      /* answer this late, without using the CPU */
	uint64_t delay_every;  /* every Nth request only; 0: every one */
	int64_t burn_ns;       /* use that much CPU time, in user mode, for every request */
	uint64_t close_every;  /* every Nth request gets no answer: its connection is closed */
	uint64_t status_every; /* every Nth request is answered with this status */
	uint16_t status;
	uint64_t truncate_every; /* every Nth answer ends in the middle of its body, with the connection */
	int64_t stall_ns;        /* for so long, nothing is done ... */
	int64_t stall_at_ns;     /* ... so long after the first request, */
	int64_t stall_every_ns;  /* and again with this period; 0: once */
};

/* What is to be done to one request. */
struct fate {
	int64_t delay_ns;
	bool close, truncate;
	uint16_t status; /* 0: as usual */
};

bool faults_any(const struct faults *faults);

/* The fate of the nth request, counted from 1. */
struct fate faults_fate(const struct faults *faults, uint64_t nth);

/* When the stall that holds at `now_ns` ends, or 0 when none does; the first request came at `first_ns`. */
int64_t faults_stalled_until(const struct faults *faults, int64_t first_ns, int64_t now_ns);

/* Uses `burn_ns` of this thread's CPU time: time in which the thread was not running does not count. */
void faults_burn(int64_t burn_ns);

#endif
