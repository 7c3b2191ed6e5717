// SPDX-License-Identifier: GPL-3.0-or-later
#include "sample/step.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int step_sample_init(struct step_sample *sample)
{
	*sample = (struct step_sample){.latency = malloc(sizeof(*sample->latency))};
	if (!sample->latency)
		return -ENOMEM;
	hist_init(sample->latency);
	return 0;
}

void step_sample_release(struct step_sample *sample)
{
	for (size_t i = 0; i < sample->n_windows; i++)
		free(sample->observed[i].processes);
	free(sample->windows);
	free(sample->observed);
	free(sample->processes);
	free(sample->latency);
	*sample = (struct step_sample){0};
}

static int make_room(struct step_sample *sample)
{
	size_t room = sample->room ? 2 * sample->room : 64;
	struct window *windows;
	struct observed *observed;

	if (sample->n_windows < sample->room)
		return 0;
	windows = realloc(sample->windows, room * sizeof(*windows));
	if (!windows)
		return -ENOMEM;
	sample->windows = windows;
	observed = realloc(sample->observed, room * sizeof(*observed));
	if (!observed)
		return -ENOMEM;
	sample->observed = observed;
	sample->room = room;
	return 0;
}

int step_sample_add(struct step_sample *sample, const struct window *window, const struct observed *observed)
{
	struct process_cpu *processes = calloc(observed->n_processes + 1, sizeof(*processes));

	if (!processes || make_room(sample)) {
		free(processes);
		return -ENOMEM;
	}
	if (observed->n_processes)
		memcpy(processes, observed->processes, observed->n_processes * sizeof(*processes));
	sample->windows[sample->n_windows] = *window;
	sample->observed[sample->n_windows] = *observed;
	sample->observed[sample->n_windows].processes = processes;
	sample->n_windows++;
	return 0;
}

struct process_cpu step_sample_process(const struct step_sample *sample, size_t w, size_t i)
{
	const struct observed *observed = &sample->observed[w];

	return i < observed->n_processes ? observed->processes[i] : (struct process_cpu){0};
}
