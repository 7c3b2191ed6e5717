// SPDX-License-Identifier: GPL-3.0-or-later
#include "skeleton/faults.h"

#include "base/clock.h"

bool faults_any(const struct faults *f)
{
	return f->delay_ns || f->burn_ns || f->close_every || f->status_every || f->truncate_every ||
	    f->stall_ns;
}

static bool hits(uint64_t every, uint64_t nth)
{
	return every && nth % every == 0;
}

struct fate faults_fate(const struct faults *f, uint64_t nth)
{
	return (struct fate){
	    .delay_ns = !f->delay_every || hits(f->delay_every, nth) ? f->delay_ns : 0,
	    .close = hits(f->close_every, nth),
	    .truncate = hits(f->truncate_every, nth),
	    .status = hits(f->status_every, nth) ? f->status : 0,
	};
}

int64_t faults_stalled_until(const struct faults *f, int64_t first_ns, int64_t now_ns)
{
	int64_t from_ns = first_ns + f->stall_at_ns;

	if (now_ns < from_ns)
		return 0;
	if (f->stall_every_ns)
		from_ns += (now_ns - from_ns) / f->stall_every_ns * f->stall_every_ns;
	return now_ns < from_ns + f->stall_ns ? from_ns + f->stall_ns : 0;
}

void faults_burn(int64_t burn_ns)
{
	int64_t burned_ns = 0, last_ns = clock_ns();

	/*
	 * The clock is read in user mode (vDSO). Two readings are some 20 ns apart as long as the thread runs; a step of
	 * more than a microsecond means that it did not, be it for the scheduler, an interrupt or the hypervisor.
	 */
	while (burned_ns < burn_ns) {
		int64_t now_ns = clock_ns();

		burned_ns += now_ns - last_ns < NS_PER_US ? now_ns - last_ns : 0;
		last_ns = now_ns;
	}
}
