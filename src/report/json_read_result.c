// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/json_get.h"
#include "report/json_read.h"

/* Numbers of an array, of which there must be `n`. */
static double array_number(const json_t *array, size_t i)
{
	const json_t *value = json_array_get(array, i);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

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

static void read_process(const json_t *json, struct process_cost *p)
{
	get_field(json, "component", p->facts.component, sizeof(p->facts.component));
	get_field(json, "comm", p->facts.comm, sizeof(p->facts.comm));
	p->facts.pid = (pid_t)get_unsigned(json, "pid");
	p->facts.threads = get_unsigned(json, "threads");
	p->facts.busiest_thread = get_number(json, "busiest_thread");
	p->facts.waited = get_number(json, "waited");
	p->cost = get_cost(json);
	p->busy = get_number(json, "busy");
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
static int read_step(const json_t *json, struct step *step)
{
	*step = (struct step){
	    .clients = get_unsigned(json, "clients"),
	    .io = get_text(json, "io"),
	    .duration_s = get_number(json, "duration_s"),
	    .warmup_s = get_number(json, "warmup_s"),
	    .windows = get_unsigned(json, "windows"),
	    .counts = {.started = get_count(json, "started"),
		.completed = get_count(json, "completed"),
		.connections = get_count(json, "connections"),
		.bytes_in = get_count(json, "bytes_in"),
		.bytes_out = get_count(json, "bytes_out")},
	    .in_flight = get_count(json, "in_flight"),
	    .throughput_rps = get_number(json, "throughput_rps"),
	    .throughput_ci95_rps = get_interval(json, "throughput_ci95_rps"),
	    .valid = get_flag(json, "valid"),
	};
	read_errors(json, step);
	read_status(json_object_get(json, "status"), step);
	read_latency(json_object_get(json, "latency_us"), &step->latency);
	read_queue(json_object_get(json, "queue"), step);
	read_checks(json_object_get(json, "checks"), step);
	return read_cpu(json_object_get(json, "cpu"), step);
}

static int read_steps(const json_t *json, struct result *r)
{
	int rc = 0;

	for (size_t i = 0; i < json_array_size(json) && !rc; i++) {
		struct step step;

		rc = read_step(json_array_get(json, i), &step);
		if (!rc && !result_add_step(r, &step)) {
			free(step.processes);
			rc = -ENOMEM;
		}
	}
	return rc;
}

/* One that names a step which is not there is no maximum: whatever looks at it looks at that step, too. */
static void read_maximum(const json_t *json, struct result *r)
{
	const json_t *cost = json_object_get(json, "cost_us_per_request");
	size_t step = get_count(json, "step");

	if (!json_is_object(json) || !r->n_steps)
		return;
	/* the last one, for results that do not say */
	if (step >= r->n_steps || !json_object_get(json, "step"))
		step = r->n_steps - 1;
	r->has_maximum = true;
	r->maximum = (struct maximum){
	    .throughput_rps = get_number(json, "throughput_rps"),
	    .ci95_rps = get_interval(json, "ci95_rps"),
	    .clients = get_unsigned(json, "clients"),
	    .step = step,
	    .implied_rps = get_number(json, "implied_rps"),
	    .cost = {get_number(cost, "user"), get_number(cost, "system")},
	};
}

static void read_limit(const json_t *json, struct limit *limit)
{
	const char *resource = get_text(json, "resource");

	for (int i = 0; i < RESOURCE_COUNT && resource; i++)
		if (!strcmp(resource, resource_name((enum resource)i)))
			limit->resource = (enum resource)i;
	get_field(json, "component", limit->component, sizeof(limit->component));
	get_field(json, "evidence", limit->evidence, sizeof(limit->evidence));
}

static void read_target(const json_t *json, struct result *r)
{
	const char *protocol = get_text(json, "protocol"), *socket = get_text(json, "socket");
	int known = protocol ? protocol_parse(protocol) : -1;

	r->protocol = known < 0 ? PROTOCOL_HTTP : (enum protocol)known;
	r->is_unix = socket && !strcmp(socket, "unix");
	r->keepalive = get_flag(json, "keepalive");
}

static int read_why(const json_t *json, struct result *r)
{
	const json_t *why = json_object_get(json, "why_not_valid"),
		     *checks = json_object_get(json, "failed_checks");

	for (size_t i = 0; i < json_array_size(why) && r->n_why < WHY_MAX; i++) {
		const char *text = json_string_value(json_array_get(why, i));
		char *copy = strdup(text ? text : "");

		if (!copy)
			return -ENOMEM;
		r->why_check[r->n_why] = json_string_value(json_array_get(checks, i));
		r->why_not_valid[r->n_why++] = copy;
	}
	return 0;
}

static int read_rounds(const json_t *json, struct result *r)
{
	const json_t *rps = json_object_get(json, "rounds_rps"),
		     *completed = json_object_get(json, "rounds_completed");
	size_t n = json_array_size(rps);

	r->rounds_rps = calloc(n + 1, sizeof(*r->rounds_rps));
	r->rounds_completed = calloc(n + 1, sizeof(*r->rounds_completed));
	if (!r->rounds_rps || !r->rounds_completed)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		json_int_t responses = json_integer_value(json_array_get(completed, i));

		r->rounds_rps[i] = array_number(rps, i);
		r->rounds_completed[i] = responses > 0 ? (uint64_t)responses : 0;
	}
	r->n_rounds = n;
	return 0;
}

static int read_rounds_cost(const json_t *json, struct result *r)
{
	size_t n = json_array_size(json);

	r->components = calloc(n + 1, sizeof(*r->components));
	if (!r->components)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const json_t *component = json_array_get(json, i),
			     *user = json_object_get(component, "user_us_per_request"),
			     *system = json_object_get(component, "system_us_per_request");
		struct component_rounds *c = &r->components[i];

		/* as many as there are rounds, which is what those who compute with them count on */
		get_field(component, "component", c->component, sizeof(c->component));
		c->rounds = calloc(r->n_rounds + 1, sizeof(*c->rounds));
		if (!c->rounds)
			return -ENOMEM;
		r->n_components++;
		c->n = json_array_size(user) < r->n_rounds ? json_array_size(user) : r->n_rounds;
		for (size_t round = 0; round < c->n; round++)
			c->rounds[round] =
			    (struct cost_us){array_number(user, round), array_number(system, round)};
	}
	return 0;
}

/* A text that may be NULL. */
static int copy_optional(const json_t *json, const char *key, char **into)
{
	if (!get_text(json, key))
		return 0;
	*into = get_copy(json, key);
	return *into ? 0 : -ENOMEM;
}

int json_read_result(const json_t *json, struct result *r)
{
	const json_t *target = json_object_get(json, "target");
	int rc;

	r->name = get_copy(json, "name");
	r->workload = get_copy(json, "workload");
	r->url = get_copy(target, "url");
	if (!r->name || !r->workload || !r->url)
		return -ENOMEM;
	read_target(target, r);
	r->valid = get_flag(json, "valid");
	r->idle_busy = get_number(json, "idle_busy");
	r->reference_rps = get_number(json, "reference_rps");
	rc = read_steps(json_object_get(json, "steps"), r);
	read_maximum(json_object_get(json, "maximum"), r);
	read_limit(json_object_get(json, "limit"), &r->limit);
	if (!rc)
		rc = read_why(json, r);
	if (!rc)
		rc = copy_optional(json, "failed", &r->failed);
	if (!rc)
		rc = copy_optional(json, "stack", &r->stack);
	if (!rc)
		rc = read_rounds(json, r);
	if (!rc)
		rc = read_rounds_cost(json_object_get(json, "rounds_cost"), r);
	return rc;
}
