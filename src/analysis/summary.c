// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/summary.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { BATCHES_MIN = 10 };

double batch_means(const double *values, size_t n, struct interval *ci95)
{
	size_t size = n / BATCHES_MIN ? n / BATCHES_MIN : 1, batches = n / size;
	double mean = 0, batch_mean = 0, squares = 0, half;

	*ci95 = (struct interval){NAN, NAN};
	if (!n)
		return NAN;
	for (size_t i = 0; i < n; i++)
		mean += values[i] / (double)n;
	if (batches < 2)
		return mean;
	/* Welford's running variance over the batches' means */
	for (size_t b = 0; b < batches; b++) {
		double sum = 0, delta;

		for (size_t i = b * size; i < (b + 1) * size; i++)
			sum += values[i];
		delta = sum / (double)size - batch_mean;
		batch_mean += delta / (double)(b + 1);
		squares += delta * (sum / (double)size - batch_mean);
	}
	half = gsl_cdf_tdist_Pinv(0.975, (double)(batches - 1)) *
	    sqrt(squares / (double)(batches - 1) / (double)batches);
	*ci95 = (struct interval){mean - half, mean + half};
	return mean;
}

static double seconds(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

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

/* Throughput over all measured windows; its interval from those of full length (the last one of a count can be short). */
static void summarize_throughput(const struct step_sample *sample, struct step *step)
{
	size_t first = sample->warmup_windows, n = 0;
	double *rates = calloc(sample->n_windows + 1, sizeof(*rates));
	int64_t full_ns = 0;
	uint64_t completed = 0;

	step->throughput_ci95_rps = (struct interval){NAN, NAN};
	for (size_t w = first; w < sample->n_windows; w++) {
		const struct window *window = &sample->windows[w];
		int64_t length_ns = window->end_ns - window->start_ns;

		if (length_ns > full_ns)
			full_ns = length_ns;
		completed += window->counts.completed;
		step->duration_s += seconds(length_ns);
		if (rates && length_ns > full_ns / 2)
			rates[n++] = (double)window->counts.completed / seconds(length_ns);
	}
	step->throughput_rps = step->duration_s > 0 ? (double)completed / step->duration_s : NAN;
	if (rates)
		batch_means(rates, n, &step->throughput_ci95_rps);
	free(rates);
}

/* The exact total, divided into user and system as the ticks say. */
static struct cost_us split_cost(const struct process_cpu *cpu, uint64_t completed)
{
	double ticks = (double)(cpu->user_ns + cpu->system_ns);
	double total_us = completed ? (double)cpu->total_ns / 1e3 / (double)completed : NAN;
	double user_share = ticks > 0 ? (double)cpu->user_ns / ticks : 0.5;

	return (struct cost_us){.user = total_us * user_share, .system = total_us * (1 - user_share)};
}

static void summarize_cpu(const struct step_sample *sample, struct step *step, uint64_t completed)
{
	struct cpu_time generator = {0};
	int64_t busiest_ns = 0, length_ns = 0, elapsed_ns = 0;
	struct host_cpu host = {0};

	for (size_t w = sample->warmup_windows; w < sample->n_windows; w++) {
		const struct window *window = &sample->windows[w];
		const struct observed *seen = &sample->observed[w];

		generator.user_ns += window->generator.user_ns;
		generator.system_ns += window->generator.system_ns;
		busiest_ns += window->generator_busiest_ns;
		length_ns += window->end_ns - window->start_ns;
		elapsed_ns += seen->elapsed_ns;
		host.busy_ns += seen->host.busy_ns;
		host.steal_ns += seen->host.steal_ns;
		host.softirq_ns += seen->host.softirq_ns;
	}
	step->generator = (struct cost_us){
	    .user = completed ? (double)generator.user_ns / 1e3 / (double)completed : NAN,
	    .system = completed ? (double)generator.system_ns / 1e3 / (double)completed : NAN,
	};
	step->generator_busy = length_ns ? (double)busiest_ns / (double)length_ns : NAN;
	step->host_busy = elapsed_ns ? (double)host.busy_ns / (double)elapsed_ns : NAN;
	step->host_steal = elapsed_ns ? (double)host.steal_ns / (double)elapsed_ns : NAN;
	step->host_softirq = elapsed_ns ? (double)host.softirq_ns / (double)elapsed_ns : NAN;
	for (size_t i = 0; i < step->n_processes; i++) {
		struct process_cpu cpu = {0};

		for (size_t w = sample->warmup_windows; w < sample->n_windows; w++) {
			struct process_cpu one = step_sample_process(sample, w, i);

			cpu.total_ns += one.total_ns;
			cpu.user_ns += one.user_ns;
			cpu.system_ns += one.system_ns;
		}
		step->processes[i].cost = split_cost(&cpu, completed);
		step->processes[i].busy = elapsed_ns ? (double)cpu.total_ns / (double)elapsed_ns : NAN;
	}
}

int summarize(const struct step_sample *sample, struct step *step)
{
	uint64_t completed = 0;

	*step = (struct step){
	    .clients = sample->clients,
	    .windows = (unsigned)(sample->n_windows - sample->warmup_windows),
	    .counts = sample->counts,
	    .in_flight = sample->in_flight,
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
	for (size_t w = 0; w < sample->n_windows; w++) {
		if (w < sample->warmup_windows)
			step->warmup_s += seconds(sample->windows[w].end_ns - sample->windows[w].start_ns);
		else
			completed += sample->windows[w].counts.completed;
	}
	summarize_throughput(sample, step);
	step->latency = summarize_latency(sample->latency);
	summarize_cpu(sample, step, completed);
	return 0;
}
