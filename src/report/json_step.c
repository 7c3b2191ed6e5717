// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json_step.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/intervals.h"
#include "report/json_put.h"
#include "report/json_ranks.h"
#include "report/open_loop.h"

static json_t *errors_json(const struct step *step)
{
	json_t *o = json_object();

	for (int i = 0; i < FAILURE_COUNT; i++)
		json_put(o, failure_name((enum failure)i), json_integer((json_int_t)step->counts.errors[i]));
	return o;
}

/* What the first failure of each kind was, where that is known. */
static json_t *examples_json(const struct step *step)
{
	json_t *o = json_object();

	for (int i = 0; i < FAILURE_COUNT; i++) {
		if (step->first_why[i])
			json_put(o, failure_name((enum failure)i), json_text(step->first_why[i]));
		else if (step->first_error[i])
			json_put(o, failure_name((enum failure)i), json_text(strerror(step->first_error[i])));
	}
	return o;
}

static json_t *status_json(const struct step *step)
{
	json_t *o = json_object();
	char key[8];

	for (int i = 0; i < STATUS_CODES; i++) {
		if (!step->status[i])
			continue;
		snprintf(key, sizeof(key), "%d", i);
		json_put(o, key, json_integer((json_int_t)step->status[i]));
	}
	return o;
}

static json_t *latency_json(const struct latency_us *l)
{
	json_t *o = json_object();

	json_put(o, "mean", json_number(l->mean));
	json_put(o, "p50", json_number(l->p50));
	json_put(o, "p90", json_number(l->p90));
	json_put(o, "p99", json_number(l->p99));
	json_put(o, "p999", json_number(l->p999));
	json_put(o, "max", json_number(l->max));
	return o;
}

static json_t *latency_ci95_json(const struct latency_ci95_us *l)
{
	json_t *o = json_object();

	json_put(o, "p50", json_interval(l->p50));
	json_put(o, "p90", json_interval(l->p90));
	json_put(o, "p99", json_interval(l->p99));
	json_put(o, "p999", json_interval(l->p999));
	return o;
}

static json_t *precision_json(const struct step *step)
{
	double reached = relative_half_width(step->throughput_rps, step->throughput_ci95_rps);
	json_t *o = json_object();

	json_put(o, "asked", json_number(step->precision));
	json_put(o, "reached", json_number(reached));
	json_put(o, "met", json_boolean(is_precise(step)));
	json_put(o, "limit_s", json_number(step->limit_s));
	return o;
}

static json_t *process_json(const struct process_cost *p)
{
	json_t *o = json_object();

	json_put(o, "component", json_text(p->facts.component));
	json_put(o, "comm", json_text(p->facts.comm));
	json_put(o, "pid", json_integer(p->facts.pid));
	json_put(o, "threads", json_integer(p->facts.threads));
	json_put(o, "user_us_per_request", json_number(p->cost.user));
	json_put(o, "system_us_per_request", json_number(p->cost.system));
	json_put(o, "ci95_us_per_request", json_interval(p->cost_ci95_us));
	json_put(o, "split", json_text(p->is_split_traced ? "traced" : "ticks"));
	json_put(o, "busy", json_number(p->busy));
	json_put(o, "busiest_thread", json_number(p->facts.busiest_thread));
	json_put(o, "waited", json_number(p->facts.waited));
	json_put(o, "quota_cores", json_number(p->facts.quota));
	return o;
}

static json_t *cpu_json(const struct step *step)
{
	json_t *o = json_object(), *generator = json_object(), *processes = json_array(),
	       *host = json_object();

	json_put(generator, "user_us_per_request", json_number(step->generator.user));
	json_put(generator, "system_us_per_request", json_number(step->generator.system));
	json_put(generator, "busy", json_number(step->generator_busy));
	json_put(generator, "wait", json_number(step->generator_wait));
	json_put(generator, "ceiling_rps", json_number(step->generator_ceiling_rps));
	if (!isnan(step->generator_null_rps))
		json_put(generator, "null_rps", json_number(step->generator_null_rps));
	for (size_t i = 0; i < step->n_processes; i++)
		json_array_append_new(processes, process_json(&step->processes[i]));
	json_put(host, "busy", json_number(step->host_busy));
	json_put(host, "steal", json_number(step->host_steal));
	json_put(host, "softirq", json_number(step->host_softirq));
	json_put(host, "others", json_number(step->others_busy));
	json_put(o, "generator", generator);
	json_put(o, "processes", processes);
	json_put(o, "processes_ci95_us_per_request", json_interval(step->cost_ci95_us));
	json_put(o, "host", host);
	return o;
}

static json_t *checks_json(const struct step *step)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < step->n_checks; i++) {
		json_t *o = json_object();

		json_put(o, "name", json_text(step->checks[i].name));
		json_put(o, "ok", json_boolean(step->checks[i].ok));
		json_put(o, "value", json_number(step->checks[i].value));
		json_put(o, "bound", json_number(step->checks[i].bound));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *queue_json(const struct step *step)
{
	json_t *o = json_object();

	json_put(o, "component", step->queue_component[0] ? json_text(step->queue_component) : json_null());
	json_put(o, "waiting_mean", json_number(step->queue_waiting));
	json_put(o, "full_share", json_number(step->queue_full));
	json_put(o, "backlog", json_integer(step->queue_backlog));
	json_put(o, "overflows", json_integer((json_int_t)step->overflows));
	json_put(o, "unread_mean", json_number(step->unread));
	return o;
}

/* What else could have run out. */
static json_t *strain_json(const struct step *step)
{
	json_t *o = json_object(), *memory = json_object(), *files = json_object(), *link = json_object();

	json_put(memory, "stalled_share", json_number(step->memory_stalled));
	json_put(memory, "major_faults", json_integer((json_int_t)step->major_faults));
	json_put(memory, "killed", json_integer((json_int_t)step->memory_killed));
	json_put(files, "component", *step->files.component ? json_text(step->files.component) : json_null());
	json_put(files, "open", json_integer(step->files.open));
	json_put(files, "limit", json_integer(step->files.limit));
	json_put(files, "full_share", json_number(step->files_full));
	json_put(link, "name", *step->link_name ? json_text(step->link_name) : json_null());
	json_put(link, "bytes_s", json_number(step->link_bytes_s));
	json_put(link, "full_share", json_number(step->link_full));
	json_put(o, "memory", memory);
	json_put(o, "files", files);
	json_put(o, "link", link);
	return o;
}

json_t *json_step(const struct step *step)
{
	json_t *o = json_object();

	json_put(o, "clients", json_integer(step->clients));
	if (step->io)
		json_put(o, "io", json_string(step->io));
	json_put(o, "duration_s", json_number(step->duration_s));
	json_put(o, "warmup_s", json_number(step->warmup_s));
	json_put(o, "windows", json_integer(step->windows));
	json_put(o, "rounds", json_integer(step->rounds));
	json_put(o, "started", json_integer((json_int_t)step->counts.started));
	json_put(o, "completed", json_integer((json_int_t)step->counts.completed));
	json_put(o, "in_flight", json_integer((json_int_t)step->in_flight));
	json_put(o, "connections", json_integer((json_int_t)step->counts.connections));
	json_put(o, "errors", errors_json(step));
	json_put(o, "error_examples", examples_json(step));
	json_put(o, "status", status_json(step));
	json_put(o, "bytes_in", json_integer((json_int_t)step->counts.bytes_in));
	json_put(o, "bytes_out", json_integer((json_int_t)step->counts.bytes_out));
	json_put(o, "throughput_rps", json_number(step->throughput_rps));
	json_put(o, "throughput_ci95_rps", json_interval(step->throughput_ci95_rps));
	json_put(o, "independent_windows", json_number(step->independent_windows));
	if (step->precision > 0)
		json_put(o, "precision", precision_json(step));
	json_put(o, "latency_us", latency_json(&step->latency));
	json_put(o, "latency_ci95_us", latency_ci95_json(&step->latency_ci95));
	open_loop_json(o, step);
	json_put(o, "cpu", cpu_json(step));
	json_put(o, "queue", queue_json(step));
	json_put(o, "strain", strain_json(step));
	if (step->n_ranks)
		json_put(o, "ranks", json_ranks(step));
	json_put(o, "checks", checks_json(step));
	json_put(o, "valid", json_boolean(step->valid));
	return o;
}
