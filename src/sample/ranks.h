// SPDX-License-Identifier: GPL-3.0-or-later
/* What one of several machines did in a step that they measured together. */
#ifndef MAXQ_SAMPLE_RANKS_H
#define MAXQ_SAMPLE_RANKS_H

#include <stdbool.h>
#include <stdint.h>

enum rank_role {
	ROLE_COORDINATOR, /* rank 0: divides the load, waits, merges, and reports */
	ROLE_GENERATOR,
	ROLE_OBSERVER, /* the last rank, on the server's machine, if it is to be watched */
};

enum { RANK_HOST_MAX = 64 };

/* Shares and figures are of its own machine. What is unknown is NAN. */
struct rank_share {
	unsigned rank;
	enum rank_role role;
	char host[RANK_HOST_MAX]; /* its machine's own name */
	unsigned clients;
	bool interrupted;      /* it was told to stop before the end */
	uint64_t completed;    /* of the whole step */
	double throughput_rps; /* in the measured windows */
	double p50_us, p99_us; /* of its own responses */
	double busy;           /* of its generator's busiest core; of an observer, of its own thread */
	double quota_busy;     /* of all that its control group allows; 0: it is not limited */
	double wait;   /* share of the time that a thread of its generator was ready to run but did not */
	double stolen; /* share of its CPUs that the hypervisor took */
	double others_busy;   /* cores of them that other processes used */
	double clock_skew_us; /* its wall clock's lead over the coordinator's */
	double
	    clock_error_us; /* how far the comparison of both clocks can be off: half of the fastest round trip */
	double start_late_us; /* when it began, after the time that all had agreed on */
};

#endif
