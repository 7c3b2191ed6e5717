// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/limit.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/checks.h"
#include "analysis/exhausted.h"
#include "analysis/ranks.h"

/* A resource counts as exhausted from this share on: the rest is interrupts, and what little else runs on a machine. */
#define EXHAUSTED 0.90
/* A queue that is full so often, at the ends of windows, turns connections away; one this long on average has to wait. */
#define QUEUE_FULL 0.25
#define QUEUE_WAITING 1.0
/* The share of the clients whose requests wait to be read that is no accident. */
#define UNREAD_CLIENTS 0.25
/* Somebody else has the CPU: who is ready to run waits for it for this share of the time. */
#define CONTENDED 0.10

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

/* How often what the server used goes into it before the first control group is at its CPU limit; INFINITY: none has one. */
static double times_until_quota(const struct step *step)
{
	double times = INFINITY;

	for (size_t i = 0; i < step->n_processes; i++) {
		double quota = step->processes[i].facts.quota, busy = 0;

		if (!(quota > 0) || !isfinite(quota))
			continue;
		/* processes of one group have one limit */
		for (size_t j = 0; j < step->n_processes; j++)
			if (step->processes[j].facts.quota == quota)
				busy += step->processes[j].busy;
		if (busy > 0)
			times = fmin(times, quota / busy);
	}
	return times;
}

double usable_cores(const struct step *step, unsigned server_cpus)
{
	const struct process_cost *busiest = busiest_thread(step);
	double by_quota = times_until_quota(step) * server_busy(step), parts;

	if (!step->n_processes)
		return 0;
	if (!busiest || !(busiest->facts.busiest_thread > 0))
		return fmin(server_cpus, by_quota);
	parts = server_busy(step) / busiest->facts.busiest_thread;
	return fmin(fmin(fmax(parts, 1), server_cpus), by_quota);
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

/* What to look at first. */
const char *busiest_component(const struct step *step)
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

/*
 * The kernel dropped connections as a queue was full, as many as requests failed, or nearly: a client whose connection was
 * dropped hears nothing of it, tries again a second later, and meanwhile gives up.
 */
static bool are_overflows(const struct step *step)
{
	return step->overflows > 0 && 2 * step->overflows >= counts_errors(&step->counts);
}

/* The resource that is behind most of the errors: files or ports where connecting failed for want of them. */
static void limit_errors(const struct step *step, struct limit *limit)
{
	const char *text;
	int most = 0, why;

	for (int i = 1; i < FAILURE_COUNT; i++)
		if (step->counts.errors[i] > step->counts.errors[most])
			most = i;
	why = most == FAILURE_CONNECT ? step->first_error[FAILURE_CONNECT] : 0;
	/* a unix socket with a full queue refuses at once (EAGAIN); what it does to a front shows as 502 */
	if (why == EAGAIN || step->queue_full >= QUEUE_FULL || are_overflows(step)) {
		limit_backlog(step, limit);
		return;
	}
	limit->resource = why == EMFILE || why == ENFILE ? RESOURCE_FILES
	    : why == EADDRNOTAVAIL                       ? RESOURCE_PORTS
							 : RESOURCE_ERRORS;
	text = why ? strerror(why) : step->first_why[most];
	snprintf(limit->evidence, sizeof(limit->evidence),
	    "%.3g %% of the requests failed, most of them by %s%s%s%s", 100 * error_share(step),
	    failure_name((enum failure)most), text ? " (" : "", text ? text : "", text ? ")" : "");
}

static void limit_server(
    const struct step *step, const struct limit_context *context, const char *theft, struct limit *limit)
{
	bool by_quota = times_until_quota(step) * server_busy(step) <= context->server_cores;
	char components[120];

	list_components(step, components, sizeof(components));
	limit->resource = RESOURCE_SERVER_CPU;
	snprintf(limit->component, sizeof(limit->component), "%s", busiest_component(step));
	snprintf(limit->evidence, sizeof(limit->evidence), "used of %.3g core%s%s: %s%s",
	    context->server_cores, context->server_cores > 1 ? "s" : "",
	    by_quota ? " (a limit of its control group)" : "", components, theft);
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

/*
 * A server that serves its connections one after the other, or by few threads, leaves the requests of the others unread. So
 * does one that is busy, for a moment: only a quarter of all clients, at a server that mostly sleeps, tell.
 */
static bool are_unread(const struct step *step, double cores)
{
	return step->unread >= fmax(QUEUE_WAITING, UNREAD_CLIENTS * step->clients) &&
	    server_busy(step) + server_waited(step) < cores * EXHAUSTED / 2;
}

static void limit_unread(const struct step *step, const struct limit_context *context, struct limit *limit)
{
	limit->resource = RESOURCE_WORKERS;
	snprintf(limit->component, sizeof(limit->component), "%s", step->unread_component);
	snprintf(limit->evidence, sizeof(limit->evidence),
	    "%.1f requests on average waited to be read by %s, while the server used %.2f of %.3g core%s",
	    step->unread, step->unread_component, server_busy(step), context->server_cores,
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

/* Where the generator stands, of all that it can have: 1 is its end. */
struct standing {
	double busy;    /* share of its core, or of what its control group allows */
	bool by_quota;  /* the latter */
	bool contended; /* others have its core while it is ready to run */
};

static struct standing generator_standing(const struct step *step, double left)
{
	double core = step->generator_busy / left, quota = step->generator_all_busy / step->generator_quota;
	double wait = isfinite(step->generator_wait) ? step->generator_wait : 0;
	struct standing s = {.busy = core};

	if (step->n_ranks) {
		s.busy = ranks_busy(step);
		return s;
	}
	if (step->generator_quota > 0 && quota > core)
		s = (struct standing){.busy = quota, .by_quota = true};
	if (s.busy < EXHAUSTED && wait >= CONTENDED && step->others_busy > OTHERS_BUSY_MAX) {
		s.contended = core + wait / left >= EXHAUSTED;
		s.busy = s.contended ? core + wait / left : s.busy;
	}
	return s;
}

static void limit_generator(const struct step *step, const struct limit_context *context,
    const struct standing *generator, const char *theft, struct limit *limit)
{
	char others[96] = "", quota[96] = "", host[RANK_HOST_MAX + 8] = "";

	if (step->n_ranks)
		snprintf(host, sizeof(host), " on %s", ranks_busiest(step)->host);

	if (generator->contended)
		snprintf(others, sizeof(others), ", and waited for it %.0f %% of the time",
		    100 * step->generator_wait);
	if (generator->by_quota)
		snprintf(
		    quota, sizeof(quota), ", where its control group may use %.3g", step->generator_quota);
	limit->resource = RESOURCE_GENERATOR_CPU;
	snprintf(limit->evidence, sizeof(limit->evidence),
	    "the generator%s used %.2f of its core%s%s, the server %.2f of %.3g%s", host,
	    generator->by_quota ? step->generator_all_busy : step->generator_busy, quota, others,
	    server_busy(step), context->server_cores, theft);
}

/* Others have the server's CPUs: with what it waited for them it would have used them up, and they are used up. */
static bool is_contended(const struct step *step, double cores)
{
	double server = server_busy(step), waited = server_waited(step);

	return step->others_busy > OTHERS_BUSY_MAX && waited >= CONTENDED * cores &&
	    (server + waited) / cores >= EXHAUSTED && (server + step->others_busy) / cores >= EXHAUSTED;
}

static bool limit_cpu(const struct step *step, const struct limit_context *context, struct limit *limit)
{
	const struct process_cost *thread = busiest_thread(step);
	double left = 1 - step->stolen; /* what the hypervisor took was nobody's to use */
	double cores = context->server_cores * left;
	double server_share = cores > 0 ? server_busy(step) / cores : 0;
	struct standing generator = generator_standing(step, left);
	char theft[64] = "";

	if (step->stolen >= STEAL_MAX)
		snprintf(theft, sizeof(theft), "; the hypervisor took %.1f %% of all", 100 * step->stolen);
	if (generator.busy >= EXHAUSTED && generator.busy >= server_share) {
		limit_generator(step, context, &generator, theft, limit);
	} else if (server_share >= EXHAUSTED) {
		limit_server(step, context, theft, limit);
	} else if (thread && thread->facts.busiest_thread / left >= EXHAUSTED) {
		limit_thread(thread, theft, limit);
	} else if (cores > 0 && is_contended(step, cores)) {
		snprintf(theft, sizeof(theft), "; other processes used %.2f", step->others_busy);
		limit_server(step, context, theft, limit);
	} else {
		return false;
	}
	return true;
}

/* The server would not have used up its CPUs, nor, while others were at them, come anywhere near that. */
static bool has_cpu_left(const struct step *step, double cores)
{
	double wanted = server_busy(step) + server_waited(step);

	return wanted < cores * (step->others_busy > OTHERS_BUSY_MAX ? EXHAUSTED / 2 : EXHAUSTED);
}

void find_limit(const struct step *step, const struct limit_context *context, struct limit *limit)
{
	bool failed = error_share(step) > ERRORS_LIMIT;
	double cores = context->server_cores * (1 - step->stolen);

	*limit = (struct limit){.resource = RESOURCE_NOT_REACHED};
	if (files_exhausted(step, limit) || memory_exhausted(step, limit))
		return;
	/* what a full link loses or delays shows as failed requests; else a busy CPU is what fills no more than the link */
	if (failed && !link_exhausted(step, limit))
		limit_errors(step, limit);
	if (failed || limit_cpu(step, context, limit) || link_exhausted(step, limit))
		return;
	if (step->queue_full >= QUEUE_FULL)
		limit_backlog(step, limit);
	else if (step->queue_waiting >= QUEUE_WAITING && context->growth != GROWTH_STILL &&
	    has_cpu_left(step, cores))
		limit_workers(step, context, limit);
	else if (context->growth != GROWTH_STILL && are_unread(step, cores))
		limit_unread(step, context, limit);
	else
		limit_not_reached(step, context, limit);
}
