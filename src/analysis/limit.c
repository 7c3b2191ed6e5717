// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/limit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/checks.h"

/* A resource counts as exhausted from this share on: the rest is interrupts, and what little else runs on a machine. */
#define EXHAUSTED 0.90
/* Errors are the limit when so many requests fail. */
#define ERRORS_LIMIT 0.01

double usable_cores(const struct step *step, unsigned server_cpus)
{
	double threads = 0;

	for (size_t i = 0; i < step->n_processes; i++)
		threads += step->processes[i].facts.threads;
	return fmin(threads, server_cpus);
}

struct cost_us server_cost(const struct step *step)
{
	struct cost_us sum = {0, 0};

	if (!step->n_processes)
		return (struct cost_us){NAN, NAN};
	for (size_t i = 0; i < step->n_processes; i++) {
		sum.user += step->processes[i].cost.user;
		sum.system += step->processes[i].cost.system;
	}
	return sum;
}

double implied_rps(const struct step *step, double server_cores)
{
	struct cost_us cost = server_cost(step);
	double total_us = cost.user + cost.system;

	return server_cores > 0 && total_us > 0 ? server_cores * 1e6 / total_us : NAN;
}

static double component_busy(const struct step *step, const char *component)
{
	double busy = 0;

	for (size_t i = 0; i < step->n_processes; i++)
		if (!strcmp(step->processes[i].facts.component, component))
			busy += step->processes[i].busy;
	return busy;
}

/* "nginx 0.62, uwsgi 0.36": each component once, with all its processes. */
static void list_components(const struct step *step, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < step->n_processes && used < size; i++) {
		const char *component = step->processes[i].facts.component;
		bool listed = false;
		int n;

		for (size_t j = 0; j < i; j++)
			listed |= !strcmp(step->processes[j].facts.component, component);
		if (listed)
			continue;
		n = snprintf(text + used, size - used, "%s%s %.2f", used ? ", " : "", component,
		    component_busy(step, component));
		used += n > 0 ? (size_t)n : 0;
	}
}

/* The busiest component: what to look at first. */
static const char *busiest_component(const struct step *step)
{
	const char *busiest = "";
	double most = -1;

	for (size_t i = 0; i < step->n_processes; i++) {
		double busy = component_busy(step, step->processes[i].facts.component);

		if (busy > most) {
			most = busy;
			busiest = step->processes[i].facts.component;
		}
	}
	return busiest;
}

static void limit_errors(const struct step *step, struct limit *limit)
{
	int most = 0;

	for (int i = 1; i < FAILURE_COUNT; i++)
		if (step->counts.errors[i] > step->counts.errors[most])
			most = i;
	limit->resource = RESOURCE_ERRORS;
	snprintf(limit->evidence, sizeof(limit->evidence),
	    "%.3g %% of the requests failed, most of them by %s", 100 * error_share(step),
	    failure_name((enum failure)most));
}

void find_limit(const struct step *step, const struct limit_context *context, struct limit *limit)
{
	double stolen = stolen_share(step, context->cpus);
	double server = 0, server_share, generator_share = step->generator_busy / (1 - stolen), single = 0;
	const struct process_cost *single_process = NULL;
	char components[160], theft[48];

	*limit = (struct limit){.resource = RESOURCE_NOT_REACHED};
	for (size_t i = 0; i < step->n_processes; i++) {
		const struct process_cost *p = &step->processes[i];

		server += p->busy;
		if (p->facts.threads == 1 && p->busy > single) {
			single = p->busy;
			single_process = p;
		}
	}
	server_share = context->server_cores > 0 ? server / context->server_cores / (1 - stolen) : 0;
	list_components(step, components, sizeof(components));
	*theft = '\0';
	if (stolen >= 0.005)
		snprintf(theft, sizeof(theft), "; the hypervisor took %.1f %% of all", 100 * stolen);
	if (error_share(step) > ERRORS_LIMIT) {
		limit_errors(step, limit);
	} else if (generator_share >= EXHAUSTED && generator_share >= server_share) {
		limit->resource = RESOURCE_GENERATOR_CPU;
		snprintf(limit->evidence, sizeof(limit->evidence),
		    "the generator used %.2f of its core, the server %.2f of %.3g%s", step->generator_busy,
		    server, context->server_cores, theft);
	} else if (server_share >= EXHAUSTED) {
		limit->resource = RESOURCE_SERVER_CPU;
		snprintf(limit->component, sizeof(limit->component), "%s", busiest_component(step));
		snprintf(limit->evidence, sizeof(limit->evidence), "used of %.3g core%s: %s%s",
		    context->server_cores, context->server_cores > 1 ? "s" : "", components, theft);
	} else if (single_process && single / (1 - stolen) >= EXHAUSTED) {
		limit->resource = RESOURCE_SERVER_CPU;
		snprintf(limit->component, sizeof(limit->component), "%s", single_process->facts.component);
		snprintf(limit->evidence, sizeof(limit->evidence),
		    "process %d of %s has one thread, which used %.2f of its core",
		    (int)single_process->facts.pid, single_process->facts.component, single);
	} else {
		snprintf(limit->evidence, sizeof(limit->evidence),
		    "%s; used by the server: %.2f of %.3g cores, by the generator: %.2f of its core",
		    context->plateau ? "throughput does not grow any more, though no CPU is exhausted"
				     : "throughput still grew with the last step",
		    server, context->server_cores, step->generator_busy);
	}
}
