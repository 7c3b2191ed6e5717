// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * When a client may send its next request. In a closed loop: at once, after the whole response to the last one, as long
 * as requests are left.
 */
#ifndef MAXQ_ENGINE_PACE_H
#define MAXQ_ENGINE_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
	uint64_t left; /* requests that may still be started by this worker; UINT64_MAX: no limit */
};

/* Takes the right to send one request now: false when there are no more to send, ever. */
static inline bool pace_take(struct pace *pace)
{
	if (!pace->left)
		return false;
	if (pace->left != UINT64_MAX)
		pace->left--;
	return true;
}

#endif
