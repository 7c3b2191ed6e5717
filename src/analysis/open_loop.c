// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>

#include "analysis/summary.h"
#include "base/clock.h"

struct open_loop summarize_open(const struct step_sample *sample)
{
	struct open_loop open = {.rate = sample->rate};
	double ended = 0, length_ns = 0;

	if (!sample->rate)
		return open;
	for (size_t w = sample->warmup_windows; w < sample->n_windows; w++) {
		const struct window *window = &sample->windows[w];

		ended += (double)(window->counts.completed + counts_errors(&window->counts));
		length_ns += (double)(window->end_ns - window->start_ns);
	}
	open.arrival = sample->arrival;
	open.achieved_rps = length_ns > 0 ? ended / length_ns * (double)NS_PER_S : NAN;
	open.unsent = sample->unsent;
	open.late_sends = sample->counts.late_sends;
	open.send_delay_us = sample->counts.started
	    ? (double)sample->counts.send_delay_ns / 1e3 / (double)sample->counts.started
	    : NAN;
	return open;
}
