// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/strain.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

/* What the kernel tells of CPUs adds up to their time but for the coarseness of its ticks. */
#define TOLD_MIN 0.8

/* Idle time is told in steps of so much, USER_HZ, for each CPU. */
static const int64_t tick_ns = 10 * NS_PER_MS;

static int64_t processes_ns(const struct step_sample *sample, size_t w)
{
	int64_t sum_ns = 0;

	for (size_t i = 0; i < sample->n_processes; i++)
		sum_ns += step_sample_process(sample, w, i).total_ns;
	return sum_ns;
}

double cpu_unaccounted(const struct step_sample *sample)
{
	double elapsed = 0, known = 0, told = 0, interrupts = 0, steal = 0, all, left;

	for (size_t w = sample->warmup_windows; w < sample->n_windows; w++) {
		const struct observed *seen = &sample->observed[w];

		elapsed += (double)seen->elapsed_ns;
		known += (double)(seen->own_ns + processes_ns(sample, w) + seen->used.idle_ns);
		interrupts += (double)(seen->used.irq_ns + seen->used.softirq_ns);
		steal += (double)seen->used.steal_ns;
		told += (double)(seen->used.busy_ns + seen->used.idle_ns + seen->used.steal_ns);
	}
	all = elapsed * sample->used_cpus;
	/* not these CPUs are told of, in a container whose /proc/stat is not the kernel's */
	if (told < TOLD_MIN * all)
		return NAN;
	if (!(all > 0) || !isfinite(sample->others_busy) || !isfinite(sample->kernel_busy) ||
	    !sample->n_processes)
		return NAN;
	known += steal + (sample->others_busy + sample->kernel_busy) * elapsed;
	left = all - known;
	left = left > 0 ? left - interrupts : -left - steal;
	return fmax(0, left - (double)tick_ns * sample->used_cpus) / all;
}

static void summarize_memory(const struct step_sample *sample, struct step *step)
{
	double stalled = 0, elapsed = 0;
	bool known = true;

	for (size_t w = sample->warmup_windows; w < sample->n_windows; w++) {
		const struct memory_state *m = &sample->observed[w].memory;

		known &= m->stalled_ns >= 0;
		stalled += (double)m->stalled_ns;
		elapsed += (double)sample->observed[w].elapsed_ns;
		step->memory_is_own |= m->is_own;
		step->memory_refused += m->refused;
		step->memory_killed += m->killed;
		step->major_faults += m->major_faults;
	}
	step->memory_stalled = known && elapsed > 0 ? stalled / elapsed : NAN;
}

static void summarize_files(const struct step_sample *sample, struct step *step)
{
	size_t n = 0, full = 0;

	for (size_t w = sample->warmup_windows; w < sample->n_windows; w++) {
		const struct files_state *f = &sample->observed[w].files;

		if (!f->component[0])
			continue;
		n++;
		full += f->full;
		if (!step->files.component[0] || f->full >= step->files.full)
			step->files = *f;
	}
	step->files_full = n ? (double)full / (double)n : NAN;
}

/* Of the interface that was at its limit in the most windows. */
static void summarize_link(const struct step_sample *sample, struct step *step)
{
	size_t most = 0, windows = sample->n_windows - sample->warmup_windows;

	for (size_t w = sample->warmup_windows; w + most < sample->n_windows; w++) {
		const char *name = sample->observed[w].link.name;
		double bytes = 0, in = 0, out = 0, elapsed_s = 0;
		size_t full = 0;

		for (size_t v = w; v < sample->n_windows && name[0]; v++) {
			const struct window *window = &sample->windows[v];

			if (strcmp(sample->observed[v].link.name, name) != 0)
				continue;
			full++;
			bytes += (double)sample->observed[v].link.bytes;
			in += (double)window->counts.bytes_in;
			out += (double)window->counts.bytes_out;
			elapsed_s += (double)(window->end_ns - window->start_ns) / (double)NS_PER_S;
		}
		if (full <= most)
			continue;
		most = full;
		memcpy(step->link_name, name, sizeof(step->link_name));
		step->link_bytes_s = elapsed_s > 0 ? bytes / elapsed_s : 0;
		step->link_share = fmax(in, out) > 0 ? bytes / fmax(in, out) : 0;
	}
	step->link_full = windows ? (double)most / (double)windows : 0;
}

/* The share of the windows of usual length that passed without being ended in time. */
static double paused(const struct step_sample *sample)
{
	double spans = 0, late = 0;

	for (size_t w = sample->warmup_windows; w < sample->n_windows; w++) {
		unsigned n = sample->windows[w].spans;

		spans += n;
		late += n > 1 ? n - 1 : 0;
	}
	return spans > 0 ? late / spans : 0;
}

static void summarize_unread(const struct step_sample *sample, struct step *step)
{
	uint32_t most = 0;
	double sum = 0;
	size_t n = 0;

	for (size_t w = sample->warmup_windows; w < sample->n_windows; w++) {
		const struct queue_state *q = &sample->observed[w].queue;

		if (!q->unread_component[0])
			continue;
		n++;
		sum += q->unread;
		if (n > 1 && q->unread <= most)
			continue;
		most = q->unread;
		memcpy(step->unread_component, q->unread_component, sizeof(step->unread_component));
	}
	step->unread = n ? sum / (double)n : NAN;
}

void summarize_strain(const struct step_sample *sample, struct step *step)
{
	summarize_unread(sample, step);
	summarize_memory(sample, step);
	summarize_files(sample, step);
	summarize_link(sample, step);
	step->unaccounted = cpu_unaccounted(sample);
	step->clock_off = sample->clock_off;
	step->paused = paused(sample);
	step->generator_quota = sample->generator_quota > 0 ? sample->generator_quota : INFINITY;
	step->size_min = sample->size_min;
	step->size_max = sample->size_max;
}
