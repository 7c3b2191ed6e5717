// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/watch.h"

#include <errno.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "engine/load.h"
#include "observe/observer.h"

/* Window after window, each read when it has just ended, as a load's are. */
static int take_windows(struct observer *observer, const struct step_grid *grid, int64_t start_ns,
    struct watch_end *end, struct step_sample *sample, struct err *err)
{
	int64_t elapsed_ns = 0;
	bool marked = false, ended = false;

	while (!ended && elapsed_ns < grid->duration_ns) {
		struct window window = {.start_ns = start_ns + elapsed_ns, .spans = 1};
		struct observed seen;

		if (!marked && elapsed_ns >= grid->warmup_ns) {
			observer_mark(observer);
			marked = true;
		}
		/* if we come late, one window covers the time of several */
		do
			elapsed_ns += grid->window_ns;
		while (start_ns + elapsed_ns + grid->window_ns <= clock_ns() &&
		    elapsed_ns + grid->window_ns <= grid->duration_ns);
		clock_sleep_until(start_ns + elapsed_ns);
		if (interrupt_signal())
			return -EINTR;
		observer_read(observer, &seen);
		window.end_ns = start_ns + elapsed_ns;
		sample->warmup_windows += elapsed_ns <= grid->warmup_ns;
		if (step_sample_add(sample, &window, &seen, NULL))
			return err_set(err, -ENOMEM, "out of memory");
		ended = grid->duration_ns == CLOCK_NEVER && end->ended(end);
	}
	return 0;
}

int run_watch(const struct target *target, const struct step_spec *spec, struct watch_end *end,
    struct step_sample *sample, struct err *err)
{
	struct step_grid grid = step_grid(target, spec);
	struct observer *observer = NULL;
	int64_t start_ns;
	cpu_set_t used;
	int rc;

	target_used_cpus(target, &used);
	rc = observer_new(&observer, target->procs, &used, err);
	if (!rc)
		rc = target->gate->wait(target->gate, 0, &start_ns, err);
	if (rc)
		goto out;
	clock_sleep_until(start_ns);
	observer_begin(observer);
	rc = take_windows(observer, &grid, start_ns, end, sample, err);
	observer_conclude(observer, sample);
	if ((!rc || rc == -EINTR) && step_add_processes(sample, target->procs))
		rc = err_set(err, -ENOMEM, "out of memory");
out:
	observer_free(observer);
	return rc;
}
