// SPDX-License-Identifier: GPL-3.0-or-later
/* Tests of the measurement itself: what fails is said beside the number. docs/method.md derives the bounds. */
#ifndef MAXQ_ANALYSIS_CHECKS_H
#define MAXQ_ANALYSIS_CHECKS_H

#include "analysis/result.h"

/* Above this share of what there was of one core, a generator's thread may have been what was measured. */
#define GENERATOR_BUSY_MAX 0.90

/* What the hypervisor may take of all CPU time. */
#define STEAL_MAX 0.005

/* CPU time that may be nobody's, of all there was. */
#define UNACCOUNTED_MAX 0.05

/* How far the clock may be off (NTP steers it by half of this at most), and how much of the time may pass unseen. */
#define CLOCK_OFF_MAX 0.001
#define PAUSED_MAX 0.02

/* Cores that processes of others may use of the CPUs of generator and server. */
#define OTHERS_BUSY_MAX 0.05

/* Requests of an open loop that the generator may send late. */
#define LATE_SENDS_MAX 0.001

/* By so much may the rate that an open loop achieved fall short of the one that was asked for, at least. */
#define RATE_SHORT_MAX 0.01
/* Machines that begin apart by this share of the measured time do not all load for that much of it. */
#define START_SKEW_MAX 0.01

struct check_context {
	bool
	    by_number; /* it ended with a number of requests, not after a time: its rate is not to be held against that */
	bool closed_loop; /* all clients were busy from the first to the last measured window */
	bool keepalive;
	unsigned clients_connected; /* when the load began */
	unsigned pipeline;          /* requests in flight of each client; 0: one */
	uint64_t body_len;          /* that every response must have; 0: any */
};

/* Fills the step's checks and says whether it is valid. */
void check_step(struct step *step, const struct check_context *context);

/* Says in the result, in words, which checks of this step failed. */
void explain_checks(const struct step *step, struct result *result);

/* What the failed check of that name means, in words, when its values go from `lo` to `hi`. */
void check_explain(const char *name, double lo, double hi, double bound, char *text, size_t size);

/* Failed requests as a share of those that ended; 0 when none did. */
double error_share(const struct step *step);

#endif
