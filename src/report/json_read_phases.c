// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/phases.h"
#include "base/clock.h"
#include "report/json_get.h"
#include "report/json_read.h"

/* 36 years; sums of a few such times are still no overflow. */
static const double ns_max = 0x1p60;

static int64_t to_ns(double ns)
{
	return fabs(ns) < ns_max ? llround(ns) : 0;
}

static struct phase_cost read_cost(const json_t *json)
{
	return (struct phase_cost){
	    .calls = get_number(json, "calls_per_request"),
	    .user = get_number(json, "user_us_per_request"),
	    .system = get_number(json, "system_us_per_request"),
	    .softirq = get_number(json, "softirq_us_per_request"),
	    .scaled = get_number(json, "scaled_us_per_request"),
	};
}

/* The names of all phases are in each component. */
static void read_names(const json_t *list, struct phases *phases)
{
	for (size_t i = 0; i < json_array_size(list) && phases->n_phases < PHASES_MAX; i++)
		get_field(
		    json_array_get(list, i), "phase", phases->names[phases->n_phases++], PHASE_NAME_MAX);
}

/* Of that name; n_phases: there is none. */
static unsigned find_phase(const struct phases *phases, const char *name)
{
	unsigned i = 0;

	while (i < phases->n_phases && (!name || strcmp(phases->names[i], name) != 0))
		i++;
	return i;
}

static void read_component(const json_t *json, const struct phases *phases, struct component_phases *c)
{
	const json_t *list = json_object_get(json, "phases");

	get_field(json, "component", c->component, sizeof(c->component));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		unsigned phase = find_phase(phases, get_text(one, "phase"));

		if (phase < phases->n_phases)
			c->phases[phase] = read_cost(one);
	}
	c->sum = read_cost(json);
	c->stolen_us = get_number(json, "stolen_us_per_request");
	c->residue_us = get_number(json, "residue_us_per_request");
	c->traced_us = get_number(json, "traced_us_per_request");
	c->untraced_us = get_number(json, "untraced_us_per_request");
	c->slowdown = get_number(json, "slowdown");
	c->voluntary = get_number(json, "voluntary_switches_per_request");
	c->involuntary = get_number(json, "involuntary_switches_per_request");
}

static int read_components(const json_t *list, struct phases *phases)
{
	size_t n = json_array_size(list);

	phases->components = calloc(n + 1, sizeof(*phases->components));
	if (!phases->components)
		return -ENOMEM;
	read_names(json_object_get(json_array_get(list, 0), "phases"), phases);
	for (; phases->n_components < n; phases->n_components++)
		read_component(json_array_get(list, phases->n_components), phases,
		    &phases->components[phases->n_components]);
	return 0;
}

/* All requests' of what the key says for one. */
static int64_t get_ns(const json_t *json, const char *key, const struct phases *phases)
{
	return to_ns(get_number(json, key) * 1e3 * (double)phases->requests);
}

/* What the figures for a request were made of: whole numbers, which come back exactly. */
static struct syscall_use read_use(const json_t *json, const struct phases *phases)
{
	struct syscall_use use = {
	    .on_socket = get_flag(json, "on_socket"),
	    .calls = get_count(json, "calls"),
	    .system_ns = get_ns(json, "system_us_per_request", phases),
	    .user_ns = get_ns(json, "user_after_us_per_request", phases),
	    .softirq_ns = get_ns(json, "softirq_us_per_request", phases),
	    .interrupt_ns = get_ns(json, "softirq_after_us_per_request", phases),
	    .delay_ns = get_ns(json, "ready_us_per_request", phases),
	    .voluntary = get_count(json, "voluntary_switches"),
	    .involuntary = get_count(json, "involuntary_switches"),
	};

	get_field(json, "call", use.name, sizeof(use.name));
	use.off_ns = use.delay_ns + to_ns(get_number(json, "waiting") * phases->elapsed_s * (double)NS_PER_S);
	return use;
}

/* Calls of a phase that no component has are left out. */
static int read_process(const json_t *json, const struct phases *phases, struct process_phases *p)
{
	const json_t *calls = json_object_get(json, "calls");

	get_field(json, "component", p->facts.component, sizeof(p->facts.component));
	get_field(json, "comm", p->facts.comm, sizeof(p->facts.comm));
	p->facts.pid = (pid_t)get_unsigned(json, "pid");
	p->calls = calloc(json_array_size(calls) + 1, sizeof(*p->calls));
	if (!p->calls)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(calls); i++) {
		const json_t *one = json_array_get(calls, i);
		unsigned phase = find_phase(phases, get_text(one, "phase"));

		if (phase < phases->n_phases)
			p->calls[p->n_calls++] =
			    (struct phase_call){.use = read_use(one, phases), .phase = phase};
	}
	return 0;
}

static int read_processes(const json_t *list, struct phases *phases)
{
	size_t n = json_array_size(list);
	int rc = 0;

	phases->processes = calloc(n + 1, sizeof(*phases->processes));
	if (!phases->processes)
		return -ENOMEM;
	for (size_t i = 0; i < n && !rc; i++)
		rc = read_process(json_array_get(list, i), phases, &phases->processes[phases->n_processes++]);
	return rc;
}

int json_read_phases(const json_t *json, struct phases **phases)
{
	struct phases *p;
	int rc;

	if (!json_is_object(json))
		return 0;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	*phases = p;
	p->requests = get_count(json, "requests");
	p->elapsed_s = get_number(json, "duration_s");
	p->untraced_rps = get_number(json, "untraced_rps");
	p->traced_rps = get_number(json, "traced_rps");
	rc = read_components(json_object_get(json, "components"), p);
	return rc ? rc : read_processes(json_object_get(json, "processes"), p);
}
