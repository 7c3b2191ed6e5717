// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/checks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/ranks.h"

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
	/* each round has its own ends */
	double cycle_share = step->latency.mean / 1e6 / (step->duration_s / fmax(step->rounds, 1));

	step->n_checks = 0;
	add(step, "errors", step->counts.completed ? error_share(step) : 1, 1e-5);
	if (isfinite(step->generator_busy))
		add(step, "generator_busy", ranks_busy(step), GENERATOR_BUSY_MAX);
	if (isfinite(step->generator_wait))
		add(step, "generator_wait", ranks_wait(step), 0.02);
	add(step, "steal", ranks_stolen(step), STEAL_MAX);
	if (isfinite(ranks_others_busy(step)))
		add(step, "other_processes", ranks_others_busy(step), OTHERS_BUSY_MAX);
	if (step->n_ranks)
		add(step, "start_skew", ranks_start_skew(step), START_SKEW_MAX);
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
	if (context->closed_loop && isfinite(step->drift))
		add(step, "steady_state", step->drift, step->drift_bound);
	step->valid = true;
	for (unsigned i = 0; i < step->n_checks; i++)
		step->valid &= step->checks[i].ok;
}

/* What a failed check says, with its value between two texts. */
static const struct words {
	const char *check, *before, *after;
	bool is_share;
} all_words[] = {
    {"errors", "", " of the requests failed", true},
    {"generator_busy", "the generator was busy ", " of the time: the server may be able to do more", true},
    {"generator_wait", "the generator waited for its CPU ", " of the time", true},
    {"steal", "the hypervisor took ", " of the CPU time", true},
    {"other_processes", "other processes used ", " of the cores", false},
    {"start_skew", "the machines began apart by ", " of the measured time", true},
    {"clients_missing", "", " of the clients could not connect", true},
    {"steady_state", "no steady state: throughput drifts by ", " while it is measured", true},
    {"littles_law", "clients differ from throughput x latency by ", " (Little's law)", true},
};

static void format_range(char *text, size_t size, double lo, double hi, bool is_share)
{
	double scale = is_share ? 100 : 1;
	const char *unit = is_share ? " %" : "";

	if (hi > lo)
		snprintf(text, size, "%.3g to %.3g%s", scale * lo, scale * hi, unit);
	else
		snprintf(text, size, "%.3g%s", scale * lo, unit);
}

void check_explain(const char *name, double lo, double hi, double bound, char *text, size_t size)
{
	char range[64], most[32];

	snprintf(text, size, "%s", name);
	for (size_t i = 0; i < sizeof(all_words) / sizeof(all_words[0]); i++) {
		const struct words *words = &all_words[i];

		if (strcmp(words->check, name) != 0)
			continue;
		format_range(range, sizeof(range), lo, hi, words->is_share);
		format_range(most, sizeof(most), bound, bound, words->is_share);
		snprintf(text, size, "%s%s%s (at most %s)", words->before, range, words->after, most);
	}
}

void explain_checks(const struct step *step, struct result *result)
{
	for (unsigned i = 0; i < step->n_checks; i++) {
		const struct check *c = &step->checks[i];
		char text[160];

		if (c->ok)
			continue;
		check_explain(c->name, c->value, c->value, c->bound, text, sizeof(text));
		if (!strcmp(c->name, "errors") && !step->counts.completed)
			result_check_failed(result, c->name, "no correct response at all");
		else if (!strcmp(c->name, "other_processes") && step->other.comm[0])
			result_check_failed(result, c->name, "%s; the busiest is %s, pid %d", text,
			    step->other.comm, (int)step->other.pid);
		else
			result_check_failed(result, c->name, "%s", text);
	}
}
