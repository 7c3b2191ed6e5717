// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/slo.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/confidence.h"
#include "analysis/slo.h"
#include "analysis/summary.h"
#include "base/clock.h"
#include "run/maximum.h"

static const unsigned default_clients = 64;
/* Of each trial; the closed loop that they begin with is one, too. A slow rate takes longer, to have arrivals enough. */
static const int64_t trial_ns = NS_PER_S, usual_warmup_ns = 300 * NS_PER_MS;
enum { TIMES_LONGER_MAX = 30 };

/* The rate that was found is measured anew in rounds, each so many times as long as a trial. */
enum { FINAL_ROUNDS = 5, FINAL_TIMES_LONGER = 2 };

enum { TRIALS_MAX = 100 };

/* No trial begins so long after the search, unless the user says otherwise; what was found by then is measured anew. */
static const int64_t usual_budget_ns = 60 * NS_PER_S;

/* Rates below this part of what the closed loop reached are not tried: then the latency does not come from the load. */
enum { RATE_PARTS_MAX = 64 };

/* The bracket is halved until it is so narrow. */
#define WIDTH 0.05

struct hunt {
	const struct target *target;
	struct sink *sink;
	struct progress *progress;
	struct result *result;
	struct step_spec spec;
	int64_t duration_ns; /* of a trial, unless its rate is slow */
	struct slo_search search;
	struct slo_trial trials[TRIALS_MAX];
	size_t n;
	int64_t deadline_ns;
	bool interrupted, out_of_time;
};

static const struct slo *slo_of(const struct hunt *h)
{
	return &h->target->plan->slo;
}

static int64_t duration_at(const struct hunt *h, uint64_t rate)
{
	int64_t wanted_ns = (int64_t)(slo_arrivals_wanted(slo_of(h)) / (double)rate * (double)NS_PER_S);
	int64_t most_ns = TIMES_LONGER_MAX * h->duration_ns;

	if (wanted_ns < h->duration_ns)
		return h->duration_ns;
	return wanted_ns < most_ns ? wanted_ns : most_ns;
}

/*
 * What the clients reach when each sends as soon as it is answered. An open loop cannot do more; but this can have been measured
 * in a slow moment, so that twice as much is tried.
 */
static int measure_closed(struct hunt *h, struct err *err)
{
	struct step step;
	int rc;

	h->spec.duration_ns = h->duration_ns;
	rc = run_step(h->target, &h->spec, h->sink, h->progress, &step, &h->interrupted, err);
	if (rc)
		return rc;
	h->search = (struct slo_search){
	    .first = step.throughput_rps >= 1 ? (uint64_t)step.throughput_rps : 1,
	    .rate_min =
		step.throughput_rps >= RATE_PARTS_MAX ? (uint64_t)step.throughput_rps / RATE_PARTS_MAX : 1,
	    .rate_max = step.throughput_rps >= 1 ? 2 * (uint64_t)step.throughput_rps : 1,
	    .width = WIDTH,
	};
	return run_add_step(&step, h->sink, h->progress, h->result, err);
}

static void add_trial(struct hunt *h, const struct slo_trial *trial)
{
	if (h->n < TRIALS_MAX)
		h->trials[h->n++] = *trial;
}

/* Judges a step, unless it was interrupted, and puts it into the result. */
static int add_step(struct hunt *h, struct step *step, struct slo_trial *trial, struct err *err)
{
	*trial = slo_judge(slo_of(h), step);
	if (!h->interrupted)
		step->objective = trial->kept ? OBJECTIVE_KEPT : OBJECTIVE_BROKEN;
	return run_add_step(step, h->sink, h->progress, h->result, err);
}

/* Trials until all is decided. Each has arrivals of its own. */
static int try_rates(struct hunt *h, struct err *err)
{
	uint64_t rate = slo_next(&h->search, h->trials, h->n);

	while (rate && h->n < TRIALS_MAX) {
		struct slo_trial trial;
		struct step step;
		int rc;

		h->spec.rate = rate;
		h->spec.seed++;
		h->spec.duration_ns = duration_at(h, rate);
		rc = run_step(h->target, &h->spec, h->sink, h->progress, &step, &h->interrupted, err);
		if (!rc)
			rc = add_step(h, &step, &trial, err);
		if (rc || h->interrupted)
			return rc;
		add_trial(h, &trial);
		rate = slo_next(&h->search, h->trials, h->n);
		if (rate && clock_ns() + h->spec.duration_ns > h->deadline_ns) {
			h->out_of_time = true;
			return 0;
		}
	}
	return 0;
}

/* What each objective was in the rounds: the mean over them, and its interval. */
static void fill_intervals(struct hunt *h, double values[][FINAL_ROUNDS], size_t n, const struct step *whole)
{
	struct slo_result *found = h->result->slo;
	double ones[FINAL_ROUNDS];

	for (size_t i = 0; i < n; i++)
		ones[i] = 1;
	found->kept = true;
	for (unsigned i = 0; i < slo_of(h)->n; i++) {
		found->values[i] = slo_value(whole, slo_of(h)->list[i].metric);
		found->ci95[i] = rounds_ratio(values[i], ones, n).ci95;
		if (found->ci95[i].lo < 0)
			found->ci95[i].lo = 0;
		found->kept &= found->values[i] <= slo_of(h)->list[i].bound;
	}
}

/* One round: its sample, added to that of the rounds before, and what it says as a trial. */
static int take_round(
    struct hunt *h, struct step_sample *all, unsigned round, double values[][FINAL_ROUNDS], struct err *err)
{
	struct step_sample sample = {0};
	struct slo_trial trial;
	struct step step;
	int rc;

	h->spec.seed++;
	rc = run_sample(
	    h->target, &h->spec, h->sink, h->progress, round ? &sample : all, &h->interrupted, err);
	if (!rc)
		rc = run_sum_up(h->target, &h->spec, round ? &sample : all, &step, err);
	if (!rc && !h->interrupted) {
		trial = slo_judge(slo_of(h), &step);
		add_trial(h, &trial);
		for (unsigned i = 0; i < slo_of(h)->n; i++)
			values[i][round] = slo_value(&step, slo_of(h)->list[i].metric);
	}
	if (!rc)
		free(step.processes);
	if (!rc && round && step_sample_append(all, &sample))
		rc = err_set(err, -ENOMEM, "out of memory");
	step_sample_release(&sample);
	return rc;
}

/* The confirmed rate again, in rounds, which are trials like all others. */
static int measure_again(struct hunt *h, uint64_t rate, struct err *err)
{
	double values[SLO_METRICS][FINAL_ROUNDS];
	struct step_sample all = {0};
	struct slo_trial trial;
	struct step step;
	unsigned round = 0;
	int rc = 0;

	h->spec.rate = rate;
	h->spec.duration_ns = FINAL_TIMES_LONGER * duration_at(h, rate);
	for (; round < FINAL_ROUNDS && !rc && !h->interrupted; round++) {
		h->progress->round = round + 1;
		rc = take_round(h, &all, round, values, err);
	}
	h->progress->round = 0;
	if (!rc)
		rc = run_sum_up(h->target, &h->spec, &all, &step, err);
	if (!rc) {
		fill_intervals(h, values, h->interrupted ? round - 1 : round, &step);
		rc = add_step(h, &step, &trial, err);
	}
	if (!rc) {
		h->result->slo->has_step = true;
		h->result->slo->step = h->result->n_steps - 1;
	}
	step_sample_release(&all);
	return rc;
}

/* Most of the trials that refuted the rate were disturbed. */
static bool was_disturbed(const struct hunt *h, uint64_t rate)
{
	size_t disturbed = 0, broken = 0;

	for (size_t i = 0; i < h->n; i++) {
		disturbed += h->trials[i].rate == rate && h->trials[i].disturbed;
		broken += h->trials[i].rate == rate && !h->trials[i].kept;
	}
	return rate && 2 * disturbed > broken;
}

/* Searches, and measures what was found; when that is confirmed no longer, searches on below. */
static int hunt(struct hunt *h, struct err *err)
{
	struct slo_result *found = h->result->slo;
	uint64_t measured = 0;
	int rc = measure_closed(h, err);

	h->deadline_ns =
	    clock_ns() + (h->target->plan->budget_ns ? h->target->plan->budget_ns : usual_budget_ns);
	while (!rc && !h->interrupted) {
		rc = try_rates(h, err);
		slo_bounds(h->trials, h->n, &found->lo, &found->hi);
		if (rc || h->interrupted || !found->lo || found->lo == measured)
			break;
		measured = found->lo;
		rc = measure_again(h, measured, err);
		slo_bounds(h->trials, h->n, &found->lo, &found->hi);
		if (found->lo == measured)
			break;
	}
	found->disturbed = was_disturbed(h, found->hi);
	found->n_trials = (unsigned)h->n;
	return rc;
}

/* What is to be said of the result beside its number. */
static void conclude(struct hunt *h)
{
	struct slo_result *found = h->result->slo;

	if (found->has_step && found->lo == h->result->steps[found->step].open.rate) {
		run_set_maximum(h->target, found->step, GROWTH_UNKNOWN, h->result);
		if (!found->kept)
			result_not_valid(h->result,
			    "measured again at %llu q/s, the objective was kept in most rounds, but not by all of them together",
			    (unsigned long long)found->lo);
	} else {
		found->has_step = false;
		run_set_hopeless(h->target, h->result);
		if (!found->lo && !h->interrupted && !h->out_of_time)
			result_not_valid(h->result, "no rate kept the objective");
	}
	if (h->out_of_time)
		result_not_valid(
		    h->result, "the search was not over within its budget: give it more (--budget)");
	if (found->disturbed)
		result_not_valid(h->result,
		    "the measurement was disturbed whenever %llu q/s did not keep the objective: the server may be able to",
		    (unsigned long long)found->hi);
}

int run_slo(const struct target *target, struct sink *sink, struct progress *progress, struct result *result,
    bool *interrupted, struct err *err)
{
	const struct plan *plan = target->plan;
	struct hunt h = {
	    .target = target,
	    .sink = sink,
	    .progress = progress,
	    .result = result,
	    .spec = {.clients = plan->n_clients ? plan->clients[0] : default_clients,
		.warmup_ns = plan->warmup_ns == PLAN_WARMUP_AUTO ? usual_warmup_ns : plan->warmup_ns},
	    .duration_ns = plan->duration_ns ? plan->duration_ns : trial_ns,
	};
	int rc;

	result->slo = calloc(1, sizeof(*result->slo));
	if (!result->slo)
		return err_set(err, -ENOMEM, "out of memory");
	result->slo->slo = plan->slo;
	rc = hunt(&h, err);
	if (rc && !result->n_steps)
		return rc;
	conclude(&h);
	if (rc)
		result_not_valid(result, "%s", err->msg);
	if (h.interrupted)
		result_not_valid(result, "interrupted: this is what was measured until then");
	*interrupted = h.interrupted || rc;
	return 0;
}
