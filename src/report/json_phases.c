// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json_phases.h"

#include <math.h>

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *text(const char *value)
{
	json_t *string = json_string(value);

	return string ? string : json_string("(not UTF-8)");
}

static void set_cost(json_t *o, const struct phase_cost *cost)
{
	set(o, "calls_per_request", number(cost->calls));
	set(o, "user_us_per_request", number(cost->user));
	set(o, "system_us_per_request", number(cost->system));
	set(o, "softirq_us_per_request", number(cost->softirq));
	set(o, "scaled_us_per_request", number(cost->scaled));
}

static json_t *component_json(const struct phases *phases, const struct component_phases *c)
{
	json_t *o = json_object(), *list = json_array();

	for (unsigned i = 0; i < phases->n_phases; i++) {
		json_t *phase = json_object();

		set(phase, "phase", text(phases->names[i]));
		set_cost(phase, &c->phases[i]);
		json_array_append_new(list, phase);
	}
	set(o, "component", text(c->component));
	set(o, "phases", list);
	set_cost(o, &c->sum);
	set(o, "split", text("traced"));
	set(o, "stolen_us_per_request", number(c->stolen_us));
	set(o, "residue_us_per_request", number(c->residue_us));
	set(o, "traced_us_per_request", number(c->traced_us));
	set(o, "untraced_us_per_request", number(c->untraced_us));
	set(o, "slowdown", number(c->slowdown));
	set(o, "voluntary_switches_per_request", number(c->voluntary));
	set(o, "involuntary_switches_per_request", number(c->involuntary));
	return o;
}

static json_t *call_json(const struct phases *phases, const struct phase_call *call)
{
	const struct syscall_use *use = &call->use;
	double requests = (double)phases->requests;
	json_t *o = json_object();

	set(o, "call", text(use->name));
	set(o, "on_socket", json_boolean(use->on_socket));
	set(o, "phase", text(phases->names[call->phase]));
	set(o, "calls", json_integer((json_int_t)use->calls));
	set(o, "calls_per_request", number((double)use->calls / requests));
	set(o, "system_us_per_request", number((double)use->system_ns / 1e3 / requests));
	set(o, "softirq_us_per_request", number((double)use->softirq_ns / 1e3 / requests));
	set(o, "user_after_us_per_request", number((double)use->user_ns / 1e3 / requests));
	set(o, "softirq_after_us_per_request", number((double)use->interrupt_ns / 1e3 / requests));
	set(o, "voluntary_switches", json_integer((json_int_t)use->voluntary));
	set(o, "involuntary_switches", json_integer((json_int_t)use->involuntary));
	set(o, "ready_us_per_request", number((double)use->delay_ns / 1e3 / requests));
	set(o, "waiting", number(call_waiting(phases, call)));
	return o;
}

static json_t *process_json(const struct phases *phases, const struct process_phases *p)
{
	json_t *o = json_object(), *calls = json_array();

	for (size_t i = 0; i < p->n_calls; i++)
		json_array_append_new(calls, call_json(phases, &p->calls[i]));
	set(o, "component", text(p->facts.component));
	set(o, "comm", text(p->facts.comm));
	set(o, "pid", json_integer(p->facts.pid));
	set(o, "calls", calls);
	return o;
}

json_t *json_phases(const struct phases *phases)
{
	json_t *o = json_object(), *components = json_array(), *processes = json_array();

	for (size_t i = 0; i < phases->n_components; i++)
		json_array_append_new(components, component_json(phases, &phases->components[i]));
	for (size_t i = 0; i < phases->n_processes; i++)
		json_array_append_new(processes, process_json(phases, &phases->processes[i]));
	set(o, "requests", json_integer((json_int_t)phases->requests));
	set(o, "duration_s", number(phases->elapsed_s));
	set(o, "untraced_rps", number(phases->untraced_rps));
	set(o, "traced_rps", number(phases->traced_rps));
	set(o, "components", components);
	set(o, "processes", processes);
	return o;
}
