// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/exhausted.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/limit.h"

/* A share of the time in which somebody waits for memory that is more than the kernel's usual housekeeping. */
#define STALLED 0.10
/* Pages a second that a server reads back when it waits for them. */
#define FAULTS_S 10
#define FAULTS_REQUEST 0.5
/* As for queues of connections: so often at the end of a window, so many on average. */
#define FILES_FULL 0.25
#define QUEUE_WAITING 1.0
#define LINK_BUSY 0.50
/* What an interface carries is the load when it is at least this share of the load's bytes. */
#define LINK_SHARE 0.50

/* True if what the machine waited for is the server's own. */
static bool is_servers(const struct step *step, double faults_s)
{
	return step->memory_is_own || step->memory_refused || faults_s >= FAULTS_S;
}

/*
 * A page that was taken away a while ago and is read again counts as work for the disk, not as waiting for memory. When the
 * group is at its limit, and each second request or more has to wait for one, it is.
 */
static bool is_thrashing(const struct step *step, double faults_s)
{
	return step->memory_refused && faults_s >= FAULTS_S &&
	    faults_s >= FAULTS_REQUEST * step->throughput_rps;
}

bool memory_exhausted(const struct step *step, struct limit *limit)
{
	double faults_s = step->duration_s > 0 ? (double)step->major_faults / step->duration_s : 0;
	bool killed = step->memory_killed > 0;

	if (!killed && !is_thrashing(step, faults_s) &&
	    (!(step->memory_stalled >= STALLED) || !is_servers(step, faults_s)))
		return false;
	limit->resource = RESOURCE_MEMORY;
	snprintf(limit->component, sizeof(limit->component), "%s", busiest_component(step));
	if (killed)
		snprintf(limit->evidence, sizeof(limit->evidence),
		    "the kernel ended %" PRIu64 " process%s of the server for want of memory",
		    step->memory_killed, step->memory_killed > 1 ? "es" : "");
	else
		snprintf(limit->evidence, sizeof(limit->evidence),
		    "processes waited for memory %.0f %% of the time; pages that the server read back: %.0f a second%s",
		    100 * (isfinite(step->memory_stalled) ? step->memory_stalled : 0), faults_s,
		    step->memory_refused ? "; its control group was at its limit" : "");
	return true;
}

bool files_exhausted(const struct step *step, struct limit *limit)
{
	bool waits = step->queue_waiting >= QUEUE_WAITING;

	if (!(step->files_full >= FILES_FULL) || (!waits && error_share(step) <= ERRORS_LIMIT))
		return false;
	limit->resource = RESOURCE_FILES;
	snprintf(limit->component, sizeof(limit->component), "%s", step->files.component);
	snprintf(limit->evidence, sizeof(limit->evidence),
	    "process %d of %s had %" PRId64 " of the %" PRId64
	    " files open that it may have, %.0f %% of the time; %.3g %% of the requests failed",
	    (int)step->files.pid, step->files.component, step->files.open, step->files.limit,
	    100 * step->files_full, 100 * error_share(step));
	return true;
}

bool link_exhausted(const struct step *step, struct limit *limit)
{
	if (!(step->link_full >= LINK_BUSY && step->link_share >= LINK_SHARE))
		return false;
	limit->resource = RESOURCE_BANDWIDTH;
	limit->component[0] = '\0';
	snprintf(limit->evidence, sizeof(limit->evidence),
	    "interface %s carried %.4g MB/s and was at its limit %.0f %% of the time", step->link_name,
	    step->link_bytes_s / 1e6, 100 * step->link_full);
	return true;
}
