// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/phases.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

unsigned phase_of(const struct phase_map *map, const char *call, bool on_socket)
{
	for (size_t i = 0; i < map->n_rules; i++) {
		const struct phase_rule *rule = &map->rules[i];

		if ((on_socket || !rule->sockets_only) && !strcmp(rule->call, call))
			return rule->phase;
	}
	return map->rest;
}

static void add_use(struct syscall_use *sum, const struct syscall_use *use)
{
	sum->calls += use->calls;
	sum->system_ns += use->system_ns;
	sum->user_ns += use->user_ns;
	sum->softirq_ns += use->softirq_ns;
	sum->interrupt_ns += use->interrupt_ns;
	sum->off_ns += use->off_ns;
	sum->delay_ns += use->delay_ns;
	sum->stolen_ns += use->stolen_ns;
	sum->voluntary += use->voluntary;
	sum->involuntary += use->involuntary;
}

/* The process's entry: its own, or a new one. NULL without memory. */
static struct traced_process *entry_of(struct traced *traced, const struct process_facts *facts)
{
	struct traced_process *processes;

	for (size_t i = 0; i < traced->n_processes; i++)
		if (traced->processes[i].did.facts.pid == facts->pid &&
		    traced->processes[i].did.facts.start_ticks == facts->start_ticks)
			return &traced->processes[i];
	processes = realloc(traced->processes, (traced->n_processes + 1) * sizeof(*processes));
	if (!processes)
		return NULL;
	traced->processes = processes;
	processes += traced->n_processes++;
	*processes = (struct traced_process){.did = {.facts = *facts}};
	return processes;
}

/* The same for one call of a process. */
static struct syscall_use *use_of(struct process_syscalls *did, const struct syscall_use *use)
{
	struct syscall_use *uses;

	for (size_t i = 0; i < did->n_uses; i++)
		if (did->uses[i].on_socket == use->on_socket && !strcmp(did->uses[i].name, use->name))
			return &did->uses[i];
	uses = realloc(did->uses, (did->n_uses + 1) * sizeof(*uses));
	if (!uses)
		return NULL;
	did->uses = uses;
	uses += did->n_uses++;
	*uses = (struct syscall_use){.on_socket = use->on_socket};
	memcpy(uses->name, use->name, sizeof(uses->name));
	return uses;
}

int traced_add(struct traced *traced, const struct process_syscalls *did, int64_t cpu_ns)
{
	struct traced_process *process = entry_of(traced, &did->facts);

	if (!process)
		return -ENOMEM;
	process->cpu_ns += cpu_ns;
	for (size_t i = 0; i < did->n_uses; i++) {
		struct syscall_use *use = use_of(&process->did, &did->uses[i]);

		if (!use)
			return -ENOMEM;
		add_use(use, &did->uses[i]);
	}
	return 0;
}

void traced_release(struct traced *traced)
{
	for (size_t i = 0; i < traced->n_processes; i++)
		free(traced->processes[i].did.uses);
	free(traced->processes);
	*traced = (struct traced){0};
}

/* What all processes of the component cost in that step; NAN where it is not there. */
static double cost_of(const struct step *step, const char *component)
{
	double sum = NAN;

	for (size_t i = 0; i < step->n_processes; i++) {
		const struct process_cost *p = &step->processes[i];

		if (!strcmp(p->facts.component, component))
			sum = (isnan(sum) ? 0 : sum) + p->cost.user + p->cost.system;
	}
	return sum;
}

static struct component_phases *component_of(struct phases *phases, const char *component)
{
	struct component_phases *c;

	for (size_t i = 0; i < phases->n_components; i++)
		if (!strcmp(phases->components[i].component, component))
			return &phases->components[i];
	c = &phases->components[phases->n_components++];
	snprintf(c->component, sizeof(c->component), "%s", component);
	return c;
}

static int by_time(const void *a, const void *b)
{
	const struct syscall_use *x = &((const struct phase_call *)a)->use,
				 *y = &((const struct phase_call *)b)->use;
	int64_t x_ns = x->system_ns + x->user_ns, y_ns = y->system_ns + y->user_ns;

	return (x_ns < y_ns) - (x_ns > y_ns);
}

/* Charges one call of a process to its phases. Softirqs between calls are the kernel's, in the phase of what they interrupted. */
static void charge(
    struct component_phases *c, const struct phase_map *map, const struct syscall_use *use, double requests)
{
	unsigned phase = phase_of(map, use->name, use->on_socket);
	struct phase_cost *in = &c->phases[phase], *after = &c->phases[map->phases[phase].user];

	in->calls += (double)use->calls / requests;
	in->system += (double)use->system_ns / 1e3 / requests;
	in->softirq += (double)use->softirq_ns / 1e3 / requests;
	after->user += (double)use->user_ns / 1e3 / requests;
	after->system += (double)use->interrupt_ns / 1e3 / requests;
	after->softirq += (double)use->interrupt_ns / 1e3 / requests;
	c->stolen_us += (double)use->stolen_ns / 1e3 / requests;
	c->voluntary += (double)use->voluntary / requests;
	c->involuntary += (double)use->involuntary / requests;
}

static int add_process(
    struct phases *phases, const struct traced_process *process, const struct phase_map *map)
{
	struct component_phases *c = component_of(phases, process->did.facts.component);
	struct process_phases *p = &phases->processes[phases->n_processes];
	double requests = (double)phases->requests;

	p->facts = process->did.facts;
	p->calls = calloc(process->did.n_uses + 1, sizeof(*p->calls));
	if (!p->calls)
		return -ENOMEM;
	phases->n_processes++;
	c->traced_us += (double)process->cpu_ns / 1e3 / requests;
	for (size_t i = 0; i < process->did.n_uses; i++) {
		const struct syscall_use *use = &process->did.uses[i];

		charge(c, map, use, requests);
		p->calls[p->n_calls++] =
		    (struct phase_call){.use = *use, .phase = phase_of(map, use->name, use->on_socket)};
	}
	qsort(p->calls, p->n_calls, sizeof(*p->calls), by_time);
	return 0;
}

/*
 * What the hypervisor took while the threads were on their CPUs: it came at any moment, so each piece of their time has lost
 * the same share of it.
 */
static void subtract_stolen(struct component_phases *c, unsigned n_phases)
{
	double all = 0, left;

	for (unsigned i = 0; i < n_phases; i++)
		all += c->phases[i].user + c->phases[i].system;
	left = all > 0 ? 1 - c->stolen_us / all : 1;
	for (unsigned i = 0; i < n_phases; i++) {
		c->phases[i].user *= left;
		c->phases[i].system *= left;
		c->phases[i].softirq *= left;
	}
}

/* All but the charges: sums, and what they would be if nobody watched. */
static void complete(
    struct component_phases *c, unsigned n_phases, const struct step *untraced, const struct step *watched)
{
	double ratio;

	subtract_stolen(c, n_phases);
	c->untraced_us = cost_of(untraced, c->component);
	c->slowdown = cost_of(watched, c->component) / c->untraced_us;
	for (unsigned i = 0; i < n_phases; i++) {
		c->sum.calls += c->phases[i].calls;
		c->sum.user += c->phases[i].user;
		c->sum.system += c->phases[i].system;
		c->sum.softirq += c->phases[i].softirq;
	}
	c->residue_us = c->traced_us - c->sum.user - c->sum.system;
	ratio = c->untraced_us / (c->sum.user + c->sum.system);
	for (unsigned i = 0; i < n_phases; i++)
		c->phases[i].scaled = (c->phases[i].user + c->phases[i].system) * ratio;
	c->sum.scaled = c->untraced_us;
}

struct phases *phases_make(const struct traced *traced, const struct phase_map *map,
    const struct step *untraced, const struct step *watched)
{
	struct phases *phases = calloc(1, sizeof(*phases));
	int rc = phases ? 0 : -ENOMEM;

	if (rc)
		return NULL;
	phases->n_phases = map->n_phases;
	for (unsigned i = 0; i < map->n_phases; i++)
		memcpy(phases->names[i], map->phases[i].name, sizeof(phases->names[i]));
	phases->requests = traced->requests;
	phases->elapsed_s = (double)traced->elapsed_ns / (double)NS_PER_S;
	phases->untraced_rps = untraced->throughput_rps;
	phases->traced_rps = watched->throughput_rps;
	phases->components = calloc(traced->n_processes + 1, sizeof(*phases->components));
	phases->processes = calloc(traced->n_processes + 1, sizeof(*phases->processes));
	if (!phases->components || !phases->processes)
		rc = -ENOMEM;
	for (size_t i = 0; i < traced->n_processes && !rc && phases->requests; i++)
		rc = add_process(phases, &traced->processes[i], map);
	for (size_t i = 0; i < phases->n_components && !rc; i++)
		complete(&phases->components[i], phases->n_phases, untraced, watched);
	if (rc) {
		phases_free(phases);
		return NULL;
	}
	return phases;
}

void phases_free(struct phases *phases)
{
	if (!phases)
		return;
	for (size_t i = 0; i < phases->n_processes; i++)
		free(phases->processes[i].calls);
	free(phases->processes);
	free(phases->components);
	free(phases);
}

double call_waiting(const struct phases *phases, const struct phase_call *call)
{
	return (double)(call->use.off_ns - call->use.delay_ns) / 1e9 / phases->elapsed_s;
}

/* The call in which processes of that component waited the longest. */
static const struct phase_call *longest_wait(
    const struct phases *phases, const char *component, double *cores)
{
	const struct phase_call *longest = NULL;

	*cores = 0;
	for (size_t i = 0; i < phases->n_processes; i++) {
		const struct process_phases *p = &phases->processes[i];

		for (size_t j = 0; j < p->n_calls && !strcmp(p->facts.component, component); j++) {
			if (call_waiting(phases, &p->calls[j]) <= *cores)
				continue;
			longest = &p->calls[j];
			*cores = call_waiting(phases, longest);
		}
	}
	return longest;
}

void phases_explain(const struct phases *phases, struct limit *limit)
{
	size_t len = strlen(limit->evidence);
	const struct phase_call *call;
	double cores;

	if (limit->resource != RESOURCE_WORKERS)
		return;
	call = longest_wait(phases, limit->component, &cores);
	if (call)
		snprintf(limit->evidence + len, sizeof(limit->evidence) - len,
		    "; a worker waited %.0f %% of the time in %s", 100 * cores, call->use.name);
}

/* Of the CPU time of that process the share that is the program's own; NAN when it was not traced. */
static double user_share(const struct phases *phases, const struct process_facts *facts)
{
	for (size_t i = 0; i < phases->n_processes; i++) {
		const struct process_phases *p = &phases->processes[i];
		double user_ns = 0, system_ns = 0;

		if (p->facts.pid != facts->pid || p->facts.start_ticks != facts->start_ticks)
			continue;
		for (size_t j = 0; j < p->n_calls; j++) {
			user_ns += (double)p->calls[j].use.user_ns;
			system_ns += (double)p->calls[j].use.system_ns + (double)p->calls[j].use.interrupt_ns;
		}
		return user_ns + system_ns > 0 ? user_ns / (user_ns + system_ns) : NAN;
	}
	return NAN;
}

void phases_split(const struct phases *phases, struct step *step)
{
	for (size_t i = 0; i < step->n_processes; i++) {
		struct process_cost *p = &step->processes[i];
		double total = p->cost.user + p->cost.system, share = user_share(phases, &p->facts);

		if (isnan(share))
			continue;
		p->cost = (struct cost_us){.user = total * share, .system = total * (1 - share)};
		p->is_split_traced = true;
	}
}
