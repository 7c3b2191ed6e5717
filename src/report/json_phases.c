// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json_phases.h"

#include "report/json_put.h"

static void set_cost(json_t *o, const struct phase_cost *cost)
{
	json_put(o, "calls_per_request", json_number(cost->calls));
	json_put(o, "user_us_per_request", json_number(cost->user));
	json_put(o, "system_us_per_request", json_number(cost->system));
	json_put(o, "softirq_us_per_request", json_number(cost->softirq));
	json_put(o, "scaled_us_per_request", json_number(cost->scaled));
}

static json_t *component_json(const struct phases *phases, const struct component_phases *c)
{
	json_t *o = json_object(), *list = json_array();

	for (unsigned i = 0; i < phases->n_phases; i++) {
		json_t *phase = json_object();

		json_put(phase, "phase", json_text(phases->names[i]));
		set_cost(phase, &c->phases[i]);
		json_array_append_new(list, phase);
	}
	json_put(o, "component", json_text(c->component));
	json_put(o, "phases", list);
	set_cost(o, &c->sum);
	json_put(o, "split", json_text("traced"));
	json_put(o, "stolen_us_per_request", json_number(c->stolen_us));
	json_put(o, "residue_us_per_request", json_number(c->residue_us));
	json_put(o, "traced_us_per_request", json_number(c->traced_us));
	json_put(o, "untraced_us_per_request", json_number(c->untraced_us));
	json_put(o, "slowdown", json_number(c->slowdown));
	json_put(o, "voluntary_switches_per_request", json_number(c->voluntary));
	json_put(o, "involuntary_switches_per_request", json_number(c->involuntary));
	return o;
}

static json_t *call_json(const struct phases *phases, const struct phase_call *call)
{
	const struct syscall_use *use = &call->use;
	double requests = (double)phases->requests;
	json_t *o = json_object();

	json_put(o, "call", json_text(use->name));
	json_put(o, "on_socket", json_boolean(use->on_socket));
	json_put(o, "phase", json_text(phases->names[call->phase]));
	json_put(o, "calls", json_integer((json_int_t)use->calls));
	json_put(o, "calls_per_request", json_number((double)use->calls / requests));
	json_put(o, "system_us_per_request", json_number((double)use->system_ns / 1e3 / requests));
	json_put(o, "softirq_us_per_request", json_number((double)use->softirq_ns / 1e3 / requests));
	json_put(o, "user_after_us_per_request", json_number((double)use->user_ns / 1e3 / requests));
	json_put(o, "softirq_after_us_per_request", json_number((double)use->interrupt_ns / 1e3 / requests));
	json_put(o, "voluntary_switches", json_integer((json_int_t)use->voluntary));
	json_put(o, "involuntary_switches", json_integer((json_int_t)use->involuntary));
	json_put(o, "ready_us_per_request", json_number((double)use->delay_ns / 1e3 / requests));
	json_put(o, "waiting", json_number(call_waiting(phases, call)));
	return o;
}

static json_t *process_json(const struct phases *phases, const struct process_phases *p)
{
	json_t *o = json_object(), *calls = json_array();

	for (size_t i = 0; i < p->n_calls; i++)
		json_array_append_new(calls, call_json(phases, &p->calls[i]));
	json_put(o, "component", json_text(p->facts.component));
	json_put(o, "comm", json_text(p->facts.comm));
	json_put(o, "pid", json_integer(p->facts.pid));
	json_put(o, "calls", calls);
	return o;
}

json_t *json_phases(const struct phases *phases)
{
	json_t *o = json_object(), *components = json_array(), *processes = json_array();

	for (size_t i = 0; i < phases->n_components; i++)
		json_array_append_new(components, component_json(phases, &phases->components[i]));
	for (size_t i = 0; i < phases->n_processes; i++)
		json_array_append_new(processes, process_json(phases, &phases->processes[i]));
	json_put(o, "requests", json_integer((json_int_t)phases->requests));
	json_put(o, "duration_s", json_number(phases->elapsed_s));
	json_put(o, "untraced_rps", json_number(phases->untraced_rps));
	json_put(o, "traced_rps", json_number(phases->traced_rps));
	json_put(o, "components", components);
	json_put(o, "processes", processes);
	return o;
}
