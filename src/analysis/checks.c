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

/*
 * An open loop. What ends falls short of what arrives by what is still in the system at the end, up to a latency's worth; and
 * of random arrivals as many come as the variance of a Poisson process has it: three of its standard deviations are allowed.
 */
static void check_open(struct step *step, bool by_number, double cycle_share)
{
	const struct open_loop *open = &step->open;
	double expected = (double)open->rate * step->duration_s;
	bool is_random = open->arrival && !strcmp(open->arrival, "poisson");
	double chance = expected > 0 ? (is_random ? 3 / sqrt(expected) : 1 / expected) : 0;

	if (step->counts.started)
		add(step, "late_sends", (double)open->late_sends / (double)step->counts.started,
		    LATE_SENDS_MAX);
	if (!by_number)
		add(step, "rate_achieved", fmax(1 - open->achieved_rps / (double)open->rate, 0),
		    fmax(RATE_SHORT_MAX, cycle_share) + chance);
}

/* Responses that came as a whole, right or not. */
static uint64_t whole_responses(const struct counts *counts)
{
	return counts->completed + counts->errors[FAILURE_STATUS] + counts->errors[FAILURE_MISMATCH];
}

/*
 * Bytes received against responses x size. Where all had one size, these are all bytes, but for those of responses that
 * were cut off or never ended, each less than a whole one; else, where all must have had one body, at least that.
 */
static void check_bytes(struct step *step, const struct check_context *context)
{
	const struct counts *counts = &step->counts;
	double whole = (double)whole_responses(counts), bytes = (double)counts->bytes_in;
	double partial = (double)(counts_errors(counts) + step->in_flight) * (double)step->size_max;
	double least, most;

	if (step->size_min && step->size_min == step->size_max) {
		least = whole * (double)step->size_min;
		most = least + partial;
	} else if (context->body_len && counts->completed) {
		least = (double)counts->completed * (double)context->body_len;
		most = INFINITY;
	} else {
		return;
	}
	if (least > 0)
		add(step, "bytes", fmax(0, fmax(1 - bytes / least, (bytes - most) / least)), 1e-5);
}

/* A connection a request: so many as were answered, or ended by their connection, must have been established. */
static void check_connections(struct step *step)
{
	const struct counts *counts = &step->counts;
	double made = (double)counts->connections, started = (double)counts->started;
	double least = (double)(whole_responses(counts) + counts->errors[FAILURE_READ] +
	    counts->errors[FAILURE_TRUNCATED] + counts->errors[FAILURE_PROTOCOL]);
	double most = started - (double)counts->errors[FAILURE_CONNECT];

	if (started > 0)
		add(step, "connections", fmax(0, fmax(least - made, made - most)) / started, 1e-5);
}

static void check_machine(struct step *step)
{
	if (isfinite(step->unaccounted))
		add(step, "cpu_conservation", step->unaccounted, UNACCOUNTED_MAX);
	if (isfinite(step->clock_off))
		add(step, "clock", step->clock_off, CLOCK_OFF_MAX);
	add(step, "pauses", step->paused, PAUSED_MAX);
}

/* Of the core that its busiest thread had, or of what its control group allows. */
static double generator_share(const struct step *step)
{
	double share = ranks_busy(step);

	if (step->n_ranks)
		return share;
	return step->generator_quota > 0 ? fmax(share, step->generator_all_busy / step->generator_quota)
					 : share;
}

void check_step(struct step *step, const struct check_context *context)
{
	/* each round has its own ends */
	double in_system = (double)step->clients * (context->pipeline ? context->pipeline : 1);
	double cycle_share = step->latency.mean / 1e6 / (step->duration_s / fmax(step->rounds, 1));
	double served = step->throughput_rps > 0 ? step->throughput_rps * step->latency.mean / 1e6 : 0;

	step->n_checks = 0;
	add(step, "errors", step->counts.completed ? error_share(step) : 1, 1e-5);
	if (isfinite(step->generator_busy))
		add(step, "generator_busy", generator_share(step), GENERATOR_BUSY_MAX);
	if (isfinite(step->generator_wait))
		add(step, "generator_wait", ranks_wait(step), 0.02);
	add(step, "steal", ranks_stolen(step), STEAL_MAX);
	if (isfinite(ranks_others_busy(step)))
		add(step, "other_processes", ranks_others_busy(step), OTHERS_BUSY_MAX);
	if (step->n_ranks)
		add(step, "start_skew", ranks_start_skew(step), START_SKEW_MAX);
	if (context->keepalive)
		add(step, "clients_missing", 1 - (double)context->clients_connected / step->clients, 0);
	else
		check_connections(step);
	check_bytes(step, context);
	check_machine(step);
	/*
	 * Little's law: the mean number of requests in the system is their rate times the mean time that they stay. A
	 * request counts where it ends, so that over a time T either side can be off by up to a latency in T.
	 */
	if (context->closed_loop && step->counts.completed)
		add(step, "littles_law", fabs(served / in_system - 1), fmax(0.01, cycle_share));
	if (context->closed_loop && isfinite(step->drift))
		add(step, "steady_state", step->drift, step->drift_bound);
	if (step->open.rate)
		check_open(step, context->by_number, isfinite(cycle_share) ? cycle_share : 0);
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
    {"late_sends", "the generator sent ", " of the requests late", true},
    {"rate_achieved", "the server fell short of the rate by ", "", true},
    {"connections", "connections opened and requests carried by them differ by ", "", true},
    {"bytes", "bytes received differ from responses x size by ", "", true},
    {"cpu_conservation", "nobody accounts for ", " of the CPU time", true},
    {"clock", "the clock was off by ", ", or stood still", true},
    {"pauses", "the generator did not run at all for ", " of the time", true},
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
