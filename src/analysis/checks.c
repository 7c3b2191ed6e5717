// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/checks.h"

#include <math.h>
#include <string.h>

static void add(struct step *step, const char *name, double value, double bound)
{
	if (step->n_checks < CHECKS_MAX)
		step->checks[step->n_checks++] =
		    (struct check){.name = name, .value = value, .bound = bound, .ok = value <= bound};
}

double error_share(const struct step *step)
{
	uint64_t errors = counts_errors(&step->counts), ended = errors + step->counts.completed;

	return ended ? (double)errors / (double)ended : 0;
}

void check_step(struct step *step, const struct check_context *context)
{
	double cycle_share = step->latency.mean / 1e6 / step->duration_s;

	step->n_checks = 0;
	add(step, "errors", step->counts.completed ? error_share(step) : 1, 1e-5);
	if (isfinite(step->generator_busy))
		add(step, "generator_busy", step->generator_busy / (1 - step->stolen), GENERATOR_BUSY_MAX);
	if (isfinite(step->generator_wait))
		add(step, "generator_wait", step->generator_wait, 0.02);
	add(step, "steal", step->stolen, STEAL_MAX);
	if (isfinite(step->others_busy))
		add(step, "other_processes", step->others_busy, OTHERS_BUSY_MAX);
	if (context->keepalive)
		add(step, "clients_missing", 1 - (double)context->clients_connected / step->clients, 0);
	/*
	 * Little's law: the mean number of requests in the system is their rate times the mean time that they stay. A
	 * request counts where it ends, so that over a time T either side can be off by up to a latency in T.
	 */
	if (context->closed_loop && step->counts.completed)
		add(step, "littles_law",
		    fabs(step->throughput_rps * step->latency.mean / 1e6 / step->clients - 1),
		    fmax(0.01, cycle_share));
	step->valid = true;
	for (unsigned i = 0; i < step->n_checks; i++)
		step->valid &= step->checks[i].ok;
}

void explain_checks(const struct step *step, struct result *result)
{
	for (unsigned i = 0; i < step->n_checks; i++) {
		const struct check *c = &step->checks[i];

		if (c->ok)
			continue;
		if (!strcmp(c->name, "errors") && !step->counts.completed)
			result_check_failed(result, c->name, "no correct response at all");
		else if (!strcmp(c->name, "errors"))
			result_check_failed(result, c->name,
			    "%.3g %% of the requests failed (at most %.3g %% may)", 100 * c->value,
			    100 * c->bound);
		else if (!strcmp(c->name, "generator_busy"))
			result_check_failed(result, c->name,
			    "the generator was %.0f %% busy: the server may be able to do more",
			    100 * c->value);
		else if (!strcmp(c->name, "generator_wait"))
			result_check_failed(result, c->name,
			    "the generator waited for its CPU %.1f %% of the time (at most %.0f %% may be): something else runs there",
			    100 * c->value, 100 * c->bound);
		else if (!strcmp(c->name, "other_processes"))
			result_check_failed(result, c->name,
			    "other processes used %.2f of the cores (at most %.2f may be), most of it %s, pid %d, with %.2f",
			    c->value, c->bound, step->other.comm, (int)step->other.pid, step->other.busy);
		else if (!strcmp(c->name, "steal"))
			result_check_failed(result, c->name,
			    "the hypervisor took %.1f %% of the CPU time (at most %.1f %% may be)",
			    100 * c->value, 100 * c->bound);
		else if (!strcmp(c->name, "clients_missing"))
			result_check_failed(result, c->name, "%.0f of %u clients could not connect",
			    c->value * step->clients, step->clients);
		else
			result_check_failed(result, c->name,
			    "clients differ from throughput x latency by %.1f %% (Little's law)",
			    100 * c->value);
	}
}
