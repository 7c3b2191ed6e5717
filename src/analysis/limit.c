// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/limit.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/checks.h"
#include "analysis/ranks.h"

/* A resource counts as exhausted from this share on: the rest is interrupts, and what little else runs on a machine. */
#define EXHAUSTED 0.90
/* A queue that is full so often, at the ends of windows, turns connections away; one this long on average has to wait. */
#define QUEUE_FULL 0.25
#define QUEUE_WAITING 1.0

static double server_busy(const struct step *step)
{
	double busy = 0;

	for (size_t i = 0; i < step->n_processes; i++)
		busy += step->processes[i].busy;
	return busy;
}

/* How much more it would have used, had it got the CPU whenever it was ready to run: in cores. */
static double server_waited(const struct step *step)
{
	double waited = 0;

	for (size_t i = 0; i < step->n_processes; i++)
		if (isfinite(step->processes[i].facts.waited))
			waited += step->processes[i].facts.waited;
	return waited;
}

/* The process with the busiest thread; NULL where no thread was seen. */
static const struct process_cost *busiest_thread(const struct step *step)
{
	const struct process_cost *busiest = NULL;

	for (size_t i = 0; i < step->n_processes; i++) {
		const struct process_cost *p = &step->processes[i];

		if (isfinite(p->facts.busiest_thread) &&
		    (!busiest || p->facts.busiest_thread > busiest->facts.busiest_thread))
			busiest = p;
	}
	return busiest;
}

double usable_cores(const struct step *step, unsigned server_cpus)
{
	const struct process_cost *busiest = busiest_thread(step);
	double parts;

	if (!step->n_processes)
		return 0;
	if (!busiest || !(busiest->facts.busiest_thread > 0))
		return server_cpus;
	parts = server_busy(step) / busiest->facts.busiest_thread;
	return fmin(fmax(parts, 1), server_cpus);
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

/* The kernel turned connections away, as nobody had accepted those before them. */
static void limit_backlog(const struct step *step, struct limit *limit)
{
	char failed[64] = "", queue[160] = "it was full";

	limit->resource = RESOURCE_BACKLOG;
	snprintf(limit->component, sizeof(limit->component), "%s", step->queue_component);
	if (error_share(step) > 0)
		snprintf(failed, sizeof(failed), "%.3g %% of the requests failed; ", 100 * error_share(step));
	if (step->queue_component[0])
		snprintf(queue, sizeof(queue),
		    "the queue of %s, for %" PRIu32 ", was full %.0f %% of the time", step->queue_component,
		    step->queue_backlog, 100 * step->queue_full);
	snprintf(limit->evidence, sizeof(limit->evidence), "%s%s; TCP connections dropped: %" PRIu64, failed,
	    queue, step->overflows);
}

/* The resource that is behind most of the errors: files or ports where connecting failed for want of them. */
static void limit_errors(const struct step *step, struct limit *limit)
{
	int most = 0, why;

	for (int i = 1; i < FAILURE_COUNT; i++)
		if (step->counts.errors[i] > step->counts.errors[most])
			most = i;
	why = most == FAILURE_CONNECT ? step->first_error[FAILURE_CONNECT] : 0;
	/* a unix socket with a full queue refuses at once (EAGAIN); what it does to a front shows as 502 */
	if (why == EAGAIN || step->queue_full >= QUEUE_FULL) {
		limit_backlog(step, limit);
		return;
	}
	limit->resource = why == EMFILE || why == ENFILE ? RESOURCE_FILES
	    : why == EADDRNOTAVAIL                       ? RESOURCE_PORTS
							 : RESOURCE_ERRORS;
	snprintf(limit->evidence, sizeof(limit->evidence),
	    "%.3g %% of the requests failed, most of them by %s%s%s%s", 100 * error_share(step),
	    failure_name((enum failure)most), why ? " (" : "", why ? strerror(why) : "", why ? ")" : "");
}

static void limit_server(
    const struct step *step, const struct limit_context *context, const char *theft, struct limit *limit)
{
	char components[160];

	list_components(step, components, sizeof(components));
	limit->resource = RESOURCE_SERVER_CPU;
	snprintf(limit->component, sizeof(limit->component), "%s", busiest_component(step));
	snprintf(limit->evidence, sizeof(limit->evidence), "used of %.3g core%s: %s%s", context->server_cores,
	    context->server_cores > 1 ? "s" : "", components, theft);
}

static void limit_thread(const struct process_cost *p, const char *theft, struct limit *limit)
{
	limit->resource = RESOURCE_SERVER_CPU;
	snprintf(limit->component, sizeof(limit->component), "%s", p->facts.component);
	snprintf(limit->evidence, sizeof(limit->evidence),
	    "one thread of %s, process %d, used %.2f of its core%s", p->facts.component, (int)p->facts.pid,
	    p->facts.busiest_thread, theft);
}

/* Who waits to be accepted while there is CPU time, waits for somebody who accepts. */
static void limit_workers(const struct step *step, const struct limit_context *context, struct limit *limit)
{
	limit->resource = RESOURCE_WORKERS;
	snprintf(limit->component, sizeof(limit->component), "%s", step->queue_component);
	snprintf(limit->evidence, sizeof(limit->evidence),
	    "%.1f connections on average waited for a worker of %s, while the server used %.2f of %.3g core%s",
	    step->queue_waiting, step->queue_component, server_busy(step), context->server_cores,
	    context->server_cores > 1 ? "s" : "");
}

static void limit_not_reached(
    const struct step *step, const struct limit_context *context, struct limit *limit)
{
	static const char *const growths[] = {
	    [GROWTH_UNKNOWN] = "no CPU was exhausted by this load",
	    [GROWTH_STILL] = "throughput still grew with the last step",
	    [GROWTH_NONE] = "throughput does not grow any more, though no CPU is exhausted",
	};
	char server[80] = "what the server used is unknown", others[48] = "", generator[48] = "";

	if (isfinite(step->generator_busy))
		snprintf(generator, sizeof(generator), ", by the generator: %.2f of its core",
		    step->generator_busy);
	if (step->n_processes && isfinite(server_busy(step)))
		snprintf(server, sizeof(server), "used by the server: %.2f of %.3g core%s", server_busy(step),
		    context->server_cores, context->server_cores > 1 ? "s" : "");
	if (step->others_busy > OTHERS_BUSY_MAX)
		snprintf(others, sizeof(others), ", by other processes: %.2f", step->others_busy);
	limit->resource = RESOURCE_NOT_REACHED;
	snprintf(limit->evidence, sizeof(limit->evidence), "%s; %s%s%s", growths[context->growth], server,
	    generator, others);
}

void find_limit(const struct step *step, const struct limit_context *context, struct limit *limit)
{
	const struct process_cost *thread = busiest_thread(step);
	double left = 1 - step->stolen; /* what the hypervisor took was nobody's to use */
	double server = server_busy(step), generator = ranks_busy(step);
	double server_share = context->server_cores > 0 ? server / context->server_cores / left : 0;
	char theft[64] = "";

	*limit = (struct limit){.resource = RESOURCE_NOT_REACHED};
	if (step->stolen >= 0.005)
		snprintf(theft, sizeof(theft), "; the hypervisor took %.1f %% of all", 100 * step->stolen);
	if (error_share(step) > ERRORS_LIMIT) {
		limit_errors(step, limit);
	} else if (generator >= EXHAUSTED && generator >= server_share) {
		limit->resource = RESOURCE_GENERATOR_CPU;
		snprintf(limit->evidence, sizeof(limit->evidence),
		    "the generator%s%s used %.2f of its core, the server %.2f of %.3g%s",
		    step->n_ranks ? " on " : "", step->n_ranks ? ranks_busiest(step)->host : "",
		    step->generator_busy, server, context->server_cores, theft);
	} else if (server_share >= EXHAUSTED) {
		limit_server(step, context, theft, limit);
	} else if (thread && thread->facts.busiest_thread / left >= EXHAUSTED) {
		limit_thread(thread, theft, limit);
	} else if (step->queue_full >= QUEUE_FULL) {
		limit_backlog(step, limit);
	} else if (step->queue_waiting >= QUEUE_WAITING && context->growth != GROWTH_STILL &&
	    (server + server_waited(step)) / context->server_cores / left < EXHAUSTED) {
		limit_workers(step, context, limit);
	} else {
		limit_not_reached(step, context, limit);
	}
}
