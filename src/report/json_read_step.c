// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/json_get.h"
#include "report/json_ranks.h"
#include "report/json_read.h"

static void read_errors(const json_t *json, struct step *step)
{
	const json_t *errors = json_object_get(json, "errors"),
		     *examples = json_object_get(json, "error_examples");

	for (int i = 0; i < FAILURE_COUNT; i++) {
		const char *name = failure_name((enum failure)i);

		step->counts.errors[i] = get_count(errors, name);
		step->first_why[i] = get_text(examples, name);
	}
}

static void read_status(json_t *json, struct step *step)
{
	const char *key;
	json_t *value;

	json_object_foreach(json, key, value)
	{
		char *end;
		unsigned long status = strtoul(key, &end, 10);

		if (!*end && status < STATUS_CODES && json_integer_value(value) > 0)
			step->status[status] = (uint64_t)json_integer_value(value);
	}
}

static void read_latency(const json_t *json, struct latency_us *l)
{
	l->mean = get_number(json, "mean");
	l->p50 = get_number(json, "p50");
	l->p90 = get_number(json, "p90");
	l->p99 = get_number(json, "p99");
	l->p999 = get_number(json, "p999");
	l->max = get_number(json, "max");
}

static void read_latency_ci95(const json_t *json, struct latency_ci95_us *l)
{
	l->p50 = get_interval(json, "p50");
	l->p90 = get_interval(json, "p90");
	l->p99 = get_interval(json, "p99");
	l->p999 = get_interval(json, "p999");
}

static void read_process(const json_t *json, struct process_cost *p)
{
	const char *split = get_text(json, "split");

	get_field(json, "component", p->facts.component, sizeof(p->facts.component));
	get_field(json, "comm", p->facts.comm, sizeof(p->facts.comm));
	p->facts.pid = (pid_t)get_unsigned(json, "pid");
	p->facts.threads = get_unsigned(json, "threads");
	p->facts.busiest_thread = get_number(json, "busiest_thread");
	p->facts.waited = get_number(json, "waited");
	p->facts.quota = get_number(json, "quota_cores");
	p->cost = get_cost(json);
	p->cost_ci95_us = get_interval(json, "ci95_us_per_request");
	p->busy = get_number(json, "busy");
	p->is_split_traced = split && !strcmp(split, "traced");
}

static int read_cpu(const json_t *json, struct step *step)
{
	const json_t *generator = json_object_get(json, "generator"),
		     *processes = json_object_get(json, "processes"), *host = json_object_get(json, "host");
	size_t n = json_array_size(processes);

	step->generator = get_cost(generator);
	step->generator_busy = get_number(generator, "busy");
	step->generator_wait = get_number(generator, "wait");
	step->generator_ceiling_rps = get_number(generator, "ceiling_rps");
	step->generator_null_rps = get_number(generator, "null_rps");
	step->host_busy = get_number(host, "busy");
	step->host_steal = get_number(host, "steal");
	step->host_softirq = get_number(host, "softirq");
	step->others_busy = get_number(host, "others");
	step->cost_ci95_us = get_interval(json, "processes_ci95_us_per_request");
	step->processes = calloc(n + 1, sizeof(*step->processes));
	if (!step->processes)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		read_process(json_array_get(processes, i), &step->processes[i]);
	step->n_processes = n;
	return 0;
}

static void read_queue(const json_t *json, struct step *step)
{
	get_field(json, "component", step->queue_component, sizeof(step->queue_component));
	step->queue_waiting = get_number(json, "waiting_mean");
	step->queue_full = get_number(json, "full_share");
	step->queue_backlog = get_unsigned(json, "backlog");
	step->overflows = get_count(json, "overflows");
	step->unread = get_number(json, "unread_mean");
}

static void read_strain(const json_t *json, struct step *step)
{
	const json_t *memory = json_object_get(json, "memory"), *files = json_object_get(json, "files"),
		     *link = json_object_get(json, "link");

	step->memory_stalled = get_number(memory, "stalled_share");
	step->major_faults = get_count(memory, "major_faults");
	step->memory_killed = get_count(memory, "killed");
	get_field(files, "component", step->files.component, sizeof(step->files.component));
	step->files.open = get_unsigned(files, "open");
	step->files.limit = get_unsigned(files, "limit");
	step->files_full = get_number(files, "full_share");
	get_field(link, "name", step->link_name, sizeof(step->link_name));
	step->link_bytes_s = get_number(link, "bytes_s");
	step->link_full = get_number(link, "full_share");
}

/* What it was asked to be precise to; how far it was says its interval. */
static void read_precision(const json_t *json, struct step *step)
{
	if (!json_is_object(json))
		return;
	step->precision = get_number(json, "asked");
	step->limit_s = get_number(json, "limit_s");
}

static void read_open_loop(const json_t *json, struct step *step)
{
	const json_t *kept = json_object_get(json, "objective_kept");
	const char *arrival = get_text(json, "arrival");

	if (!json_is_object(json))
		return;
	step->open = (struct open_loop){
	    .rate = get_count(json, "rate_rps"),
	    .arrival = arrival ? arrival : "",
	    .achieved_rps = get_number(json, "achieved_rps"),
	    .unsent = get_count(json, "unsent"),
	    .late_sends = get_count(json, "late_sends"),
	    .send_delay_us = get_number(json, "send_delay_us"),
	};
	if (json_is_boolean(kept))
		step->objective = json_is_true(kept) ? OBJECTIVE_KEPT : OBJECTIVE_BROKEN;
}

static void read_checks(const json_t *json, struct step *step)
{
	for (size_t i = 0; i < json_array_size(json) && step->n_checks < CHECKS_MAX; i++) {
		const json_t *check = json_array_get(json, i);
		const char *name = get_text(check, "name");

		step->checks[step->n_checks++] = (struct check){
		    .name = name ? name : "",
		    .ok = get_flag(check, "ok"),
		    .value = get_number(check, "value"),
		    .bound = get_number(check, "bound"),
		};
	}
}

/* A new key of a step is read here, or in the function of the object in which it is. */
int json_read_step(const json_t *json, struct step *step)
{
	*step = (struct step){
	    .clients = get_unsigned(json, "clients"),
	    .io = get_text(json, "io"),
	    .duration_s = get_number(json, "duration_s"),
	    .warmup_s = get_number(json, "warmup_s"),
	    .windows = get_unsigned(json, "windows"),
	    .rounds = get_unsigned(json, "rounds"),
	    .counts = {.started = get_count(json, "started"),
		.completed = get_count(json, "completed"),
		.late_responses = get_count(json, "late_responses"),
		.connections = get_count(json, "connections"),
		.bytes_in = get_count(json, "bytes_in"),
		.bytes_out = get_count(json, "bytes_out")},
	    .in_flight = get_count(json, "in_flight"),
	    .throughput_rps = get_number(json, "throughput_rps"),
	    .throughput_ci95_rps = get_interval(json, "throughput_ci95_rps"),
	    .independent_windows = get_number(json, "independent_windows"),
	    .valid = get_flag(json, "valid"),
	};
	read_errors(json, step);
	read_status(json_object_get(json, "status"), step);
	read_latency(json_object_get(json, "latency_us"), &step->latency);
	read_latency_ci95(json_object_get(json, "latency_ci95_us"), &step->latency_ci95);
	read_precision(json_object_get(json, "precision"), step);
	read_open_loop(json_object_get(json, "open_loop"), step);
	read_strain(json_object_get(json, "strain"), step);
	read_queue(json_object_get(json, "queue"), step);
	read_checks(json_object_get(json, "checks"), step);
	if (json_read_ranks(json_object_get(json, "ranks"), step))
		return -ENOMEM;
	if (json_is_number(json_object_get(json, "latency_limit_us")))
		step->latency_limit_us = get_number(json, "latency_limit_us");
	return read_cpu(json_object_get(json, "cpu"), step);
}
