// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/summary.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/intervals.h"
#include "analysis/ranks.h"
#include "analysis/strain.h"
#include "base/clock.h"

static struct latency_us summarize_latency(const struct hist *h)
{
	return (struct latency_us){
	    .mean = hist_mean_ns(h) / 1e3,
	    .p50 = hist_quantile_ns(h, 0.5) / 1e3,
	    .p90 = hist_quantile_ns(h, 0.9) / 1e3,
	    .p99 = hist_quantile_ns(h, 0.99) / 1e3,
	    .p999 = hist_quantile_ns(h, 0.999) / 1e3,
	    .max = hist_quantile_ns(h, 1) / 1e3,
	};
}

/* The exact total, divided into user and system as the ticks say. */
static struct cost_us split_cost(const struct process_cpu *cpu, uint64_t completed)
{
	double ticks = (double)(cpu->user_ns + cpu->system_ns);
	double total_us = completed ? (double)cpu->total_ns / 1e3 / (double)completed : NAN;
	double user_share = ticks > 0 ? (double)cpu->user_ns / ticks : 0.5;

	return (struct cost_us){.user = total_us * user_share, .system = total_us * (1 - user_share)};
}

static void add_process(const struct step_sample *sample, size_t i, struct process_cpu *cpu)
{
	for (size_t w = sample->warmup_windows; w < sample->n_windows; w++) {
		struct process_cpu one = step_sample_process(sample, w, i);

		cpu->total_ns += one.total_ns;
		cpu->user_ns += one.user_ns;
		cpu->system_ns += one.system_ns;
	}
}

uint64_t sample_completed(const struct step_sample *sample)
{
	uint64_t completed = 0;

	for (size_t w = sample->warmup_windows; w < sample->n_windows; w++)
		completed += sample->windows[w].counts.completed;
	return completed;
}

struct cost_us component_cost(const struct step_sample *sample, const char *component)
{
	struct process_cpu cpu = {0};

	for (size_t i = 0; i < sample->n_processes; i++)
		if (!strcmp(sample->processes[i].component, component))
			add_process(sample, i, &cpu);
	return split_cost(&cpu, sample_completed(sample));
}

static void summarize_cpu(const struct step_sample *sample, struct step *step, uint64_t completed)
{
	struct cpu_time generator = {0};
	int64_t busiest_ns = 0, length_ns = 0, elapsed_ns = 0, wait_ns = 0, used_steal_ns = 0;
	bool wait_known = true;
	struct host_cpu host = {0};

	for (size_t w = sample->warmup_windows; w < sample->n_windows; w++) {
		const struct window *window = &sample->windows[w];
		const struct observed *seen = &sample->observed[w];

		generator.user_ns += window->generator.user_ns;
		generator.system_ns += window->generator.system_ns;
		busiest_ns += window->generator_busiest_ns;
		wait_ns += window->generator_wait_ns;
		wait_known &= window->generator_wait_ns >= 0;
		length_ns += window->end_ns - window->start_ns;
		elapsed_ns += seen->elapsed_ns;
		host.busy_ns += seen->host.busy_ns;
		host.steal_ns += seen->host.steal_ns;
		host.softirq_ns += seen->host.softirq_ns;
		used_steal_ns += seen->used.steal_ns;
	}
	step->generator = (struct cost_us){
	    .user = completed ? (double)generator.user_ns / 1e3 / (double)completed : NAN,
	    .system = completed ? (double)generator.system_ns / 1e3 / (double)completed : NAN,
	};
	step->generator_busy = length_ns ? (double)busiest_ns / (double)length_ns : NAN;
	step->generator_wait = length_ns && wait_known ? (double)wait_ns / (double)length_ns : NAN;
	step->host_busy = elapsed_ns ? (double)host.busy_ns / (double)elapsed_ns : NAN;
	step->host_steal = elapsed_ns ? (double)host.steal_ns / (double)elapsed_ns : NAN;
	step->host_softirq = elapsed_ns ? (double)host.softirq_ns / (double)elapsed_ns : NAN;
	if (elapsed_ns && sample->used_cpus)
		step->stolen = fmin((double)used_steal_ns / (double)elapsed_ns / sample->used_cpus, 0.99);
	step->generator_all_busy =
	    length_ns ? (double)(generator.user_ns + generator.system_ns) / (double)length_ns : NAN;
	step->others_busy = sample->others_busy;
	step->other = sample->other;
	for (size_t i = 0; i < step->n_processes; i++) {
		struct process_cpu cpu = {0};

		add_process(sample, i, &cpu);
		step->processes[i].cost = split_cost(&cpu, completed);
		step->processes[i].busy = elapsed_ns ? (double)cpu.total_ns / (double)elapsed_ns : NAN;
	}
}

/* Of the windows in which a queue of the server's was seen. */
static void summarize_queue(const struct step_sample *sample, struct step *step)
{
	const struct queue_state *worst = NULL;
	double sum = 0;
	size_t n = 0, full = 0;

	for (size_t w = sample->warmup_windows; w < sample->n_windows; w++) {
		const struct queue_state *q = &sample->observed[w].queue;

		step->overflows += q->overflows;
		if (!q->component[0])
			continue;
		n++;
		sum += q->waiting;
		full += q->full;
		if (!worst || q->full > worst->full ||
		    (q->full == worst->full && q->waiting > worst->waiting))
			worst = q;
	}
	if (worst) {
		step->queue_backlog = worst->backlog;
		memcpy(step->queue_component, worst->component, sizeof(step->queue_component));
	}
	step->queue_waiting = n ? sum / (double)n : NAN;
	step->queue_full = n ? (double)full / (double)n : NAN;
}

int summarize(const struct step_sample *sample, struct step *step)
{
	*step = (struct step){
	    .clients = sample->clients,
	    .io = sample->io,
	    .open = summarize_open(sample),
	    .latency_limit_us = (double)sample->latency_limit_ns / 1e3,
	    .windows = (unsigned)(sample->n_windows - sample->warmup_windows),
	    .rounds = sample->rounds,
	    .counts = sample->counts,
	    .in_flight = sample->in_flight,
	    .n_ranks = sample->n_ranks,
	    .ranks = sample->ranks,
	    .n_processes = sample->n_processes,
	    .processes = calloc(sample->n_processes + 1, sizeof(*step->processes)),
	};
	if (!step->processes)
		return -ENOMEM;
	memcpy(step->status, sample->status, sizeof(step->status));
	memcpy(step->first_error, sample->first_error, sizeof(step->first_error));
	memcpy(step->first_why, sample->first_why, sizeof(step->first_why));
	for (size_t i = 0; i < sample->n_processes; i++)
		step->processes[i].facts = sample->processes[i];
	for (size_t w = 0; w < sample->warmup_windows; w++)
		step->warmup_s += clock_seconds(sample->windows[w].end_ns - sample->windows[w].start_ns);
	step->warmup_s += clock_seconds(sample->later_warmup_ns);
	for (size_t w = sample->warmup_windows; w < sample->n_windows; w++)
		step->duration_s += clock_seconds(sample->windows[w].end_ns - sample->windows[w].start_ns);
	step->latency = summarize_latency(sample->latency);
	if (find_intervals(sample, step)) {
		free(step->processes);
		return -ENOMEM;
	}
	summarize_cpu(sample, step, sample_completed(sample));
	summarize_queue(sample, step);
	summarize_strain(sample, step);
	step->generator_ceiling_rps =
	    step->generator_busy > 0 ? step->throughput_rps / ranks_busy(step) : NAN;
	step->generator_null_rps = NAN;
	return 0;
}
