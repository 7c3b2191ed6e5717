// SPDX-License-Identifier: GPL-3.0-or-later
#include "sample/step.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int step_sample_init(struct step_sample *sample)
{
	*sample = (struct step_sample){.rounds = 1, .latency = malloc(sizeof(*sample->latency))};
	if (!sample->latency)
		return -ENOMEM;
	hist_init(sample->latency);
	hist_series_init(&sample->latencies);
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
	hist_series_release(&sample->latencies);
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

int step_sample_add(struct step_sample *sample, const struct window *window, const struct observed *observed,
    const struct hist *latency)
{
	struct process_cpu *processes = calloc(observed->n_processes + 1, sizeof(*processes));

	if (!processes || make_room(sample) || (latency && hist_series_add(&sample->latencies, latency))) {
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

void step_sample_conclude(struct step_sample *sample, size_t warmup_windows)
{
	size_t n = warmup_windows < sample->n_windows ? warmup_windows : sample->n_windows;
	size_t dropped = hist_series_drop(&sample->latencies, n);

	sample->warmup_windows = dropped > n ? dropped : n;
	hist_series_total(&sample->latencies, sample->latency);
}

/* The place of that process among the sample's: its own, or a new one at the end. -ENOMEM. */
static int place_of(struct step_sample *sample, const struct process_facts *facts)
{
	struct process_facts *processes;

	for (size_t i = 0; i < sample->n_processes; i++)
		if (sample->processes[i].pid == facts->pid &&
		    sample->processes[i].start_ticks == facts->start_ticks)
			return (int)i;
	processes = realloc(sample->processes, (sample->n_processes + 1) * sizeof(*processes));
	if (!processes)
		return -ENOMEM;
	sample->processes = processes;
	processes[sample->n_processes] = *facts;
	processes[sample->n_processes].busiest_thread = processes[sample->n_processes].waited = 0;
	return (int)sample->n_processes++;
}

/* The mean over n rounds and one more. What is unknown once stays so. */
static double mean_with(double mean, unsigned n, double value)
{
	return (mean * n + value) / (n + 1);
}

/* Brings the round's processes into the sample, and says where each is there. From calloc; NULL without memory. */
static int *merge_processes(struct step_sample *sample, const struct step_sample *round)
{
	int *places = calloc(round->n_processes + 1, sizeof(*places));

	for (size_t i = 0; places && i < round->n_processes; i++) {
		places[i] = place_of(sample, &round->processes[i]);
		if (places[i] < 0) {
			free(places);
			return NULL;
		}
	}
	for (size_t i = 0; places && i < sample->n_processes; i++) {
		struct process_facts *mean = &sample->processes[i];
		double busiest = 0, waited = 0;

		for (size_t j = 0; j < round->n_processes; j++) {
			if (places[j] != (int)i)
				continue;
			busiest = round->processes[j].busiest_thread;
			waited = round->processes[j].waited;
		}
		mean->busiest_thread = mean_with(mean->busiest_thread, sample->rounds, busiest);
		mean->waited = mean_with(mean->waited, sample->rounds, waited);
	}
	return places;
}

static int append_window(
    struct step_sample *sample, const struct step_sample *round, size_t w, const int *places)
{
	struct window window = round->windows[w];
	struct observed seen = round->observed[w];
	int rc;

	window.round = sample->rounds;
	seen.processes = calloc(sample->n_processes + 1, sizeof(*seen.processes));
	if (!seen.processes)
		return -ENOMEM;
	seen.n_processes = sample->n_processes;
	for (size_t i = 0; i < round->n_processes; i++)
		seen.processes[places[i]] = step_sample_process(round, w, i);
	rc = step_sample_add(sample, &window, &seen, NULL);
	free(seen.processes);
	return rc;
}

static void append_totals(struct step_sample *sample, const struct step_sample *round)
{
	counts_add(&sample->counts, &round->counts);
	sample->in_flight += round->in_flight;
	sample->unsent += round->unsent;
	for (int i = 0; i < STATUS_CODES; i++)
		sample->status[i] += round->status[i];
	for (int i = 0; i < FAILURE_COUNT; i++) {
		if (!sample->first_error[i] && !sample->first_why[i]) {
			sample->first_error[i] = round->first_error[i];
			sample->first_why[i] = round->first_why[i];
		}
	}
	if (round->clients_connected < sample->clients_connected)
		sample->clients_connected = round->clients_connected;
	if (round->other.busy > sample->other.busy)
		sample->other = round->other;
	sample->others_busy = mean_with(sample->others_busy, sample->rounds, round->others_busy);
	sample->kernel_busy = mean_with(sample->kernel_busy, sample->rounds, round->kernel_busy);
	sample->clock_off = fmax(sample->clock_off, round->clock_off);
	if (round->size_min && (!sample->size_min || round->size_min < sample->size_min))
		sample->size_min = round->size_min;
	if (round->size_max > sample->size_max)
		sample->size_max = round->size_max;
	hist_merge(sample->latency, round->latency);
	for (size_t w = 0; w < round->warmup_windows; w++)
		sample->later_warmup_ns += round->windows[w].end_ns - round->windows[w].start_ns;
}

int step_sample_append(struct step_sample *sample, const struct step_sample *round)
{
	int *places = merge_processes(sample, round);
	int rc = places ? 0 : -ENOMEM;

	if (!rc && sample->rounds == 1)
		rc = hist_series_collapse(&sample->latencies);
	if (!rc)
		rc = hist_series_add(&sample->latencies, round->latency);
	for (size_t w = round->warmup_windows; w < round->n_windows && !rc; w++)
		rc = append_window(sample, round, w, places);
	free(places);
	if (rc)
		return rc;
	append_totals(sample, round);
	sample->rounds++;
	return 0;
}

struct process_cpu step_sample_process(const struct step_sample *sample, size_t w, size_t i)
{
	const struct observed *observed = &sample->observed[w];

	return i < observed->n_processes ? observed->processes[i] : (struct process_cpu){0};
}
