// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/step.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/checks.h"
#include "analysis/steady.h"
#include "analysis/summary.h"
#include "base/clock.h"
#include "engine/load.h"
#include "observe/observer.h"
#include "run/machines.h"

/* The usual window: short enough for many a step, long enough to hold hundreds of responses. */
static const int64_t window_ns = 100 * NS_PER_MS;

static int64_t round_up(int64_t value, int64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

static struct load_plan make_load_plan(const struct target *target, const struct step_spec *spec)
{
	const struct plan *plan = target->plan;
	struct load_plan load = {
	    .addr = target->addr,
	    .sources = plan->sources,
	    .n_sources = (unsigned)plan->n_sources,
	    .request = target->request,
	    .request_len = target->request_len,
	    .is_head = target->is_head,
	    .protocol = target->url.protocol,
	    .pipeline = plan->pipeline,
	    .keepalive = target->keepalive,
	    .reset = plan->reset,
	    .clients = spec->clients,
	    .threads = plan->threads,
	    .rate = spec->rate,
	    .arrival = plan->arrival,
	    .seed = spec->seed,
	    .latency_limit_ns = plan->latency_limit_ns,
	    .requests = spec->requests,
	    .duration_ns = CLOCK_NEVER,
	    .timeout_ns = plan->timeout_ns,
	    .window_ns = window_ns,
	    .io = plan->io,
	    .cpus = target->generator_cpus,
	    .expect_status = plan->expect_status,
	    .body = target->body,
	    .why_unanswered = target->why_unanswered,
	    .gate = target->gate,
	};

	if (spec->duration_ns) {
		int64_t windows = (spec->duration_ns + window_ns / 2) / window_ns;

		/* whole windows of about the usual length, at least ten of them */
		load.window_ns = spec->duration_ns / (windows > 10 ? windows : 10);
		load.duration_ns = load.window_ns * (windows > 10 ? windows : 10) +
		    round_up(spec->warmup_ns, load.window_ns) + round_up(spec->settle_ns, load.window_ns);
	}
	return load;
}

struct step_grid step_grid(const struct target *target, const struct step_spec *spec)
{
	struct load_plan load = make_load_plan(target, spec);

	return (struct step_grid){.window_ns = load.window_ns,
	    .warmup_ns = round_up(spec->warmup_ns, load.window_ns),
	    .duration_ns = load.duration_ns};
}

static struct stopping make_stopping(const struct load_plan *load, const struct step_spec *spec)
{
	int64_t warmup_ns = round_up(spec->warmup_ns, load->window_ns);
	int64_t settle_ns = round_up(spec->settle_ns, load->window_ns);

	return (struct stopping){
	    .warmup_ns = warmup_ns,
	    .settles = spec->settles,
	    .measure_ns = spec->duration_ns ? load->duration_ns - warmup_ns - settle_ns : CLOCK_NEVER,
	    .precision = spec->precision,
	};
}

/* Adds the next window to the sample, and shows it: 1, 0 when there is none, or negative errno. */
static int take_window(struct load *load, struct observer *observer, const struct stopping *stopping,
    struct sink *sink, struct progress *progress, struct hist *latency, struct step_sample *sample)
{
	struct observed seen;
	struct window window;
	int rc;

	hist_init(latency);
	rc = load_next_window(load, &window, latency);
	if (rc <= 0)
		return rc;
	observer_read(observer, &seen);
	progress->elapsed_ns = window.end_ns - load_start_ns(load);
	/* also when it would be over if it were steady */
	progress->warming_up = progress->elapsed_ns <= stopping->warmup_ns ||
	    (stopping->settles && progress->elapsed_ns - stopping->warmup_ns > stopping->measure_ns);
	if (step_sample_add(sample, &window, &seen, latency))
		return -ENOMEM;
	if (sink->window)
		sink->window(sink, progress, &window, &seen);
	return 1;
}

/*
 * Takes the windows of a load that has been started, until they are enough or there are no more. The observer looks at
 * threads from where warm-up ends, as far as that is known by then. Returns -EINTR when interrupted.
 */
static int take_windows(struct load *load, struct observer *observer, const struct stopping *stopping,
    struct sink *sink, struct progress *progress, struct step_sample *sample, struct err *err)
{
	struct hist *latency = malloc(sizeof(*latency));
	struct stop stop = {.enough = false};
	size_t marked_at = SIZE_MAX;
	int rc = latency ? 1 : -ENOMEM;

	progress->elapsed_ns = 0;
	while (rc > 0 && !stop.enough) {
		if (progress->elapsed_ns >= stopping->warmup_ns &&
		    (marked_at == SIZE_MAX || stop.warmup_windows > marked_at)) {
			observer_mark(observer);
			marked_at = stop.warmup_windows;
		}
		rc = take_window(load, observer, stopping, sink, progress, latency, sample);
		if (rc > 0 && find_stop(stopping, sample, &stop))
			rc = -ENOMEM;
	}
	free(latency);
	step_sample_conclude(sample, stop.warmup_windows);
	if (rc > 0)
		load_stop(load, false);
	if (rc == -ENOMEM)
		err_set(err, rc, "out of memory");
	return rc < 0 ? rc : 0;
}

static void add_totals(struct step_sample *sample, const struct load_totals *totals)
{
	sample->counts = totals->counts;
	sample->in_flight = totals->in_flight;
	sample->unsent = totals->unsent;
	sample->clients_connected = totals->clients_connected;
	sample->size_min = totals->size_min;
	sample->size_max = totals->size_max;
	memcpy(sample->status, totals->status, sizeof(sample->status));
	memcpy(sample->first_error, totals->first_error, sizeof(sample->first_error));
	memcpy(sample->first_why, totals->first_why, sizeof(sample->first_why));
}

int step_add_processes(struct step_sample *sample, const struct procs *procs)
{
	size_t n = procs_count(procs);

	sample->processes = calloc(n + 1, sizeof(*sample->processes));
	if (!sample->processes)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		sample->processes[i] = *procs_facts(procs, i);
	sample->n_processes = n;
	return 0;
}

/* Holds the load: 0, -EINTR with the sample of what there was, or another failure. */
static int sample_step(const struct target *target, const struct step_spec *spec, struct sink *sink,
    struct progress *progress, struct step_sample *sample, struct err *err)
{
	struct load_plan plan = make_load_plan(target, spec);
	struct stopping stopping = make_stopping(&plan, spec);
	struct observer *observer = NULL;
	struct load *load = NULL;
	cpu_set_t used;
	struct load_totals totals;
	int rc, finish;

	sample->clients = spec->clients;
	sample->rate = plan.rate;
	sample->arrival = arrival_name(plan.arrival);
	sample->latency_limit_ns = plan.latency_limit_ns;
	progress->clients = spec->clients;
	progress->procs = target->procs;
	progress->step_ns = spec->duration_ns ? plan.duration_ns : 0;
	target_used_cpus(target, &used);
	rc = target_check_ports(target, spec->clients, err);
	if (rc)
		return rc;
	rc = observer_new(&observer, target->procs, &used, err);
	if (!rc)
		rc = load_new(&load, &plan, err);
	if (rc)
		goto out;
	sample->io = io_kind_name(load_io(load));
	rc = load_start(load, err);
	observer_begin(observer);
	if (!rc)
		rc = take_windows(load, observer, &stopping, sink, progress, sample, err);
	if (rc)
		load_stop(load, true);
	observer_conclude(observer, sample);
	finish = load_finish(load, &totals, err);
	if (!finish)
		add_totals(sample, &totals);
	if (!rc || rc == -EINTR)
		rc = finish ? finish : rc;
	if ((!rc || rc == -EINTR) && step_add_processes(sample, target->procs))
		rc = err_set(err, -ENOMEM, "out of memory");
out:
	load_free(load);
	observer_free(observer);
	return rc;
}

int run_sample(const struct target *target, const struct step_spec *spec, struct sink *sink,
    struct progress *progress, struct step_sample *sample, bool *interrupted, struct err *err)
{
	int rc = step_sample_init(sample);

	*interrupted = false;
	if (rc)
		return err_set(err, rc, "out of memory");
	if (target->plan->machines)
		rc = target->plan->machines->sample(
		    target->plan->machines, target, spec, sink, progress, sample, err);
	else
		rc = sample_step(target, spec, sink, progress, sample, err);
	*interrupted = rc == -EINTR;
	if ((!rc || *interrupted) && sink->sample)
		sink->sample(sink, progress, sample);
	return *interrupted ? 0 : rc;
}

int run_sum_up(const struct target *target, const struct step_spec *spec, struct step_sample *sample,
    struct step *step, struct err *err)
{
	struct check_context context = {
	    .by_number = spec->requests,
	    .closed_loop = !spec->requests && !spec->rate,
	    .pipeline = target->plan->pipeline,
	    .keepalive = target->keepalive,
	    .clients_connected = sample->clients_connected,
	    .body_len = target->body.expect && !target->is_head ? target->body.expect_len : 0,
	};

	if (summarize(sample, step))
		return err_set(err, -ENOMEM, "out of memory");
	step->precision = spec->precision;
	step->limit_s = (double)spec->duration_ns / (double)NS_PER_S;
	check_step(step, &context);
	return 0;
}

int run_step(const struct target *target, const struct step_spec *spec, struct sink *sink,
    struct progress *progress, struct step *step, bool *interrupted, struct err *err)
{
	struct step_sample sample;
	int rc = run_sample(target, spec, sink, progress, &sample, interrupted, err);

	if (!rc)
		rc = run_sum_up(target, spec, &sample, step, err);
	step_sample_release(&sample);
	return rc;
}
