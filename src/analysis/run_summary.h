// SPDX-License-Identifier: GPL-3.0-or-later
/* A run in a line: what a history lists, filters and plots. What is unknown is NAN. */
#ifndef MAXQ_ANALYSIS_RUN_SUMMARY_H
#define MAXQ_ANALYSIS_RUN_SUMMARY_H

#include "analysis/result.h"

struct run_summary {
	int64_t id;          /* in its store; 0: none yet */
	char started_at[32]; /* RFC 3339 */
	char command[16];
	char *target;       /* URL, suite or stacks; from malloc */
	char *labels;       /* KEY=VALUE, separated by spaces; "" when there are none; from malloc */
	double maximum_rps; /* of the fastest result, or of its best step as long as it has no maximum */
	double cost_us;     /* CPU time a request of the server there, user and system */
	bool valid;         /* all results are */
	bool complete;
};

/* All of it from a report, but for id and labels (NULL): 0 or -ENOMEM. */
int summarize_run(const struct report *report, struct run_summary *summary);

/* Takes a zero one. */
void run_summary_release(struct run_summary *summary);

/*
 * What the machine was, as lines of KEY=VALUE: cpu_model, cpus, kernel, memory_mib, virtualisation. Runs of equal lines were
 * measured on machines of the same kind; what differs can be read. `size` >= FINGERPRINT_MAX holds any.
 */
enum { FINGERPRINT_MAX = 512 };
void host_fingerprint(const struct host_facts *host, char *text, size_t size);

#endif
