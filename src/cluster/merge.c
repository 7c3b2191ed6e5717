// SPDX-License-Identifier: GPL-3.0-or-later
#include "cluster/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is merged, and where that stands. */
struct merging {
	const struct merge_part *parts;
	size_t n;
	int64_t window_ns;
	size_t *next; /* of each part: its next window */
	const struct merge_part *busiest;
};

static int64_t start_of(const struct merge_part *part)
{
	return part->sample->n_windows ? part->sample->windows[0].start_ns : 0;
}

/*
 * At the end of which usual window, counted from 1, it ends. One that was cut short because the requests were used up, counts
 * as whole.
 */
static int64_t end_of(const struct merging *m, size_t i, size_t w)
{
	const struct merge_part *part = &m->parts[i];
	int64_t after_ns = part->sample->windows[w].end_ns - start_of(part);

	return (after_ns + m->window_ns - 1) / m->window_ns;
}

static bool has_next(const struct merging *m, size_t i)
{
	return m->next[i] < m->parts[i].sample->n_windows;
}

/* The end of part i's first window that ends at `goal` or later; `goal` when it has none. */
static int64_t reach(const struct merging *m, size_t i, int64_t goal)
{
	size_t w = m->next[i];

	while (w < m->parts[i].sample->n_windows && end_of(m, i, w) < goal)
		w++;
	return w < m->parts[i].sample->n_windows ? end_of(m, i, w) : goal;
}

/* The soonest end that all parts have a window for; 0 when no generator has any left. */
static int64_t next_goal(const struct merging *m)
{
	int64_t goal = 0, before;

	for (size_t i = 0; i < m->n; i++)
		if (has_next(m, i) && !m->parts[i].is_observer && (!goal || end_of(m, i, m->next[i]) < goal))
			goal = end_of(m, i, m->next[i]);
	do {
		before = goal;
		for (size_t i = 0; i < m->n && goal; i++)
			goal = reach(m, i, goal);
	} while (goal != before);
	return goal;
}

/* Who was nearest to the end of its generator: what is said of one thread is said of that machine's. */
static const struct merge_part *find_busiest(const struct merge_part *parts, size_t n)
{
	const struct merge_part *busiest = NULL;
	int64_t most_ns = -1;

	for (size_t i = 0; i < n; i++) {
		const struct step_sample *sample = parts[i].sample;
		int64_t busy_ns = 0;

		for (size_t w = sample->warmup_windows; w < sample->n_windows; w++)
			busy_ns += sample->windows[w].generator_busiest_ns;
		if (!parts[i].is_observer && busy_ns > most_ns) {
			busiest = &parts[i];
			most_ns = busy_ns;
		}
	}
	return busiest;
}

static void add_window(struct window *into, const struct window *from, bool of_busiest)
{
	counts_add(&into->counts, &from->counts);
	into->generator.user_ns += from->generator.user_ns;
	into->generator.system_ns += from->generator.system_ns;
	if (!of_busiest)
		return;
	into->generator_busiest_ns += from->generator_busiest_ns;
	if (from->generator_wait_ns < 0)
		into->generator_wait_ns = -1;
	else if (into->generator_wait_ns >= 0)
		into->generator_wait_ns += from->generator_wait_ns;
}

static void add_cpu(struct host_cpu *into, const struct host_cpu *from)
{
	into->busy_ns += from->busy_ns;
	into->softirq_ns += from->softirq_ns;
	into->steal_ns += from->steal_ns;
	into->idle_ns += from->idle_ns;
}

static void add_memory(struct memory_state *into, const struct memory_state *from)
{
	into->is_own = from->is_own;
	if (from->stalled_ns < 0)
		into->stalled_ns = -1;
	else if (into->stalled_ns >= 0)
		into->stalled_ns += from->stalled_ns;
	into->refused += from->refused;
	into->killed += from->killed;
	into->major_faults += from->major_faults;
}

/* `into->processes` has room for all of the observer's. */
static void add_observed(struct observed *into, const struct step_sample *from, size_t w)
{
	const struct observed *seen = &from->observed[w];
	uint64_t overflows = into->queue.overflows + seen->queue.overflows;

	into->elapsed_ns += seen->elapsed_ns;
	add_cpu(&into->host, &seen->host);
	add_cpu(&into->used, &seen->used);
	into->own_ns += seen->own_ns;
	add_memory(&into->memory, &seen->memory);
	/* of queues and files, as they stood at the end */
	into->queue = seen->queue;
	into->queue.overflows = overflows;
	into->files = seen->files;
	if (seen->link.name[0]) {
		int64_t bytes = into->link.bytes;

		into->link = seen->link;
		into->link.bytes += bytes;
	}
	into->n_processes = from->n_processes;
	for (size_t p = 0; p < from->n_processes; p++) {
		struct process_cpu cpu = step_sample_process(from, w, p);

		into->processes[p].total_ns += cpu.total_ns;
		into->processes[p].user_ns += cpu.user_ns;
		into->processes[p].system_ns += cpu.system_ns;
	}
}

/* All windows up to the goal, as one. How long after the start it ended, ns. */
static int64_t take(struct merging *m, int64_t goal, struct window *window, struct observed *seen)
{
	int64_t after_ns = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct merge_part *part = &m->parts[i];

		for (; has_next(m, i) && end_of(m, i, m->next[i]) <= goal; m->next[i]++) {
			const struct window *from = &part->sample->windows[m->next[i]];

			if (part->is_observer) {
				add_observed(seen, part->sample, m->next[i]);
				continue;
			}
			add_window(window, from, part == m->busiest);
			if (from->end_ns - start_of(part) > after_ns)
				after_ns = from->end_ns - start_of(part);
		}
	}
	return after_ns;
}

static size_t count_processes(const struct merge_part *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (parts[i].is_observer)
			return parts[i].sample->n_processes;
	return 0;
}

int merge_windows(struct step_sample *into, const struct merge_part *parts, size_t n, int64_t window_ns)
{
	struct merging m = {.parts = parts,
	    .n = n,
	    .window_ns = window_ns,
	    .next = calloc(n + 1, sizeof(*m.next)),
	    .busiest = find_busiest(parts, n)};
	size_t n_processes = count_processes(parts, n);
	struct process_cpu *processes = calloc(n_processes + 1, sizeof(*processes));
	int64_t start_ns = m.busiest ? start_of(m.busiest) : 0, end_ns = start_ns, before = 0;
	int rc = m.next && processes ? 0 : -ENOMEM;

	for (int64_t goal = rc ? 0 : next_goal(&m); goal && !rc; goal = next_goal(&m)) {
		struct window window = {.start_ns = end_ns, .spans = (unsigned)(goal - before)};
		struct observed seen = {.processes = processes};

		memset(processes, 0, n_processes * sizeof(*processes));
		window.end_ns = start_ns + take(&m, goal, &window, &seen);
		end_ns = window.end_ns;
		before = goal;
		rc = step_sample_add(into, &window, &seen, NULL);
	}
	free(m.next);
	free(processes);
	return rc;
}
