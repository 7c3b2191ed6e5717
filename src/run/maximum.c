// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/maximum.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/checks.h"
#include "analysis/usl.h"
#include "base/clock.h"
#include "run/run.h"

/* A step in which nothing came is measured again, so many times as long. */
enum { LONGER = 4 };
/* A step of the search lasts so many times as long as a request that is alone. */
#define LATENCIES_MIN 5
/* However late it is, a step lasts so long. */
#define ONLY_STEP_MIN_NS (100 * NS_PER_MS)

int run_add_step(
    struct step *step, struct sink *sink, struct progress *progress, struct result *result, struct err *err)
{
	struct step *added = result_add_step(result, step);

	if (!added) {
		free(step->processes);
		return err_set(err, -ENOMEM, "out of memory");
	}
	if (sink->step)
		sink->step(sink, progress, added);
	return 0;
}

/* The shape of what all steps so far say, and the law that fits it: what more clients do. */
static enum growth set_curve(struct result *result)
{
	struct points points;

	curve_points(result->steps, result->n_steps, curve_clients, &points);
	result->has_curve = curve_shape(&points, &result->curve);
	result->has_usl = !usl_fit(&points, &result->usl);
	if (!result->has_curve)
		return GROWTH_UNKNOWN;
	return result->curve.is_capped ? GROWTH_NONE : GROWTH_STILL;
}

/* Nothing went wrong, but nothing came either: the step was too short for this server, or this machine. */
static bool is_too_short(const struct step *step, const struct step_spec *spec, int64_t timeout_ns)
{
	return !(step->throughput_rps > 0) && !counts_errors(&step->counts) && spec->duration_ns < timeout_ns;
}

/* Rough steps become as long as fine ones; or they are already, and all become longer. */
static void lengthen(struct search_pace *pace, struct search *search)
{
	if (pace->duration_ns[EFFORT_ROUGH] < pace->duration_ns[EFFORT_FINE]) {
		pace->duration_ns[EFFORT_ROUGH] = pace->duration_ns[EFFORT_FINE];
		search->step_s[EFFORT_ROUGH] = search->step_s[EFFORT_FINE];
		pace->budget_ns *= 2;
		search->budget_s *= 2;
		return;
	}
	for (int i = 0; i < EFFORT_COUNT; i++) {
		pace->duration_ns[i] *= LONGER;
		search->step_s[i] *= LONGER;
	}
	pace->budget_ns *= LONGER;
	search->budget_s *= LONGER;
}

/*
 * Clients that wait for nothing but the same delay are served in step, all at once each time that it has passed. A step that
 * is no multiple of that counts one time more or less: so it lasts several, by what a request takes when it is alone. False
 * when it does.
 */
static bool suit_latency(const struct step *alone, struct search_pace *pace, struct search *search)
{
	double needed_s = fmin(
	    LATENCIES_MIN * alone->latency.p50 / 1e6, LONGER * clock_seconds(pace->duration_ns[EFFORT_FINE]));
	double times = needed_s / clock_seconds(pace->duration_ns[EFFORT_ROUGH]);

	if (!(times > 1))
		return false;
	for (int i = 0; i < EFFORT_COUNT; i++) {
		double length_s = fmax(needed_s, clock_seconds(pace->duration_ns[i]));

		search->step_s[i] += length_s - clock_seconds(pace->duration_ns[i]);
		pace->duration_ns[i] = (int64_t)(length_s * (double)NS_PER_S);
	}
	pace->budget_ns = (int64_t)((double)pace->budget_ns * fmin(times, LONGER));
	search->budget_s *= fmin(times, LONGER);
	return true;
}

/* The search of the plan, of which `list` is room for its clients. */
static struct search make_search(const struct plan *plan, const struct search_pace *pace, double *list)
{
	struct search search = {
	    .list = plan->n_clients ? list : NULL,
	    .n_list = plan->n_clients,
	    .axis = curve_clients,
	    .whole = true,
	    .load_min = 1,
	    .load_max = RUN_CLIENTS_MAX_DEFAULT,
	    .budget_s = clock_seconds(pace->budget_ns),
	};

	for (size_t i = 0; i < plan->n_clients; i++)
		list[i] = plan->clients[i];
	for (int i = 0; i < EFFORT_COUNT; i++)
		search.step_s[i] = clock_seconds(pace->duration_ns[i] + pace->warmup_ns[i]);
	return search;
}

/* The last step of so many clients. */
static int step_of(const struct result *result, double clients)
{
	int i = (int)result->n_steps - 1;

	while (i >= 0 && result->steps[i].clients != (unsigned)clients)
		i--;
	return i;
}

/* More clients than ever, when it is known that more do not help: if these cannot be had, it was only a look. */
static bool is_dispensable(const struct ask *ask, struct result *result)
{
	for (size_t i = 0; i < result->n_steps; i++)
		if (result->steps[i].clients >= ask->load)
			return false;
	return set_curve(result) == GROWTH_NONE;
}

/* That of the user; else a fine step, which is long enough to tell, may go on warming up until it is steady. */
static void set_warmup(
    const struct plan *plan, enum effort effort, const struct search_pace *pace, struct step_spec *spec)
{
	bool is_auto = plan->warmup_ns == PLAN_WARMUP_AUTO;

	spec->warmup_ns = is_auto ? pace->warmup_ns[effort] : plan->warmup_ns;
	spec->settles = is_auto && pace->settles && effort == EFFORT_FINE;
	/* what has a deadline takes it from what is measured */
	spec->settle_ns = spec->settles && !pace->deadline_ns ? pace->duration_ns[effort] : 0;
}

/*
 * What is left for measuring in such a step, before the deadline, when it takes as long beside its windows as the one before: its
 * clients connect, and its last requests are waited for.
 */
static int64_t time_left_ns(const struct search_pace *pace, const struct step_spec *spec, int64_t beside_ns)
{
	return pace->deadline_ns - clock_ns() - spec->warmup_ns - beside_ns;
}

/* What a step that began then took beside its windows. */
static int64_t time_beside_ns(const struct step_spec *spec, int64_t begun_ns)
{
	int64_t beside_ns = clock_ns() - begun_ns - spec->warmup_ns - spec->duration_ns - spec->settle_ns;

	return beside_ns > 0 ? beside_ns : 0;
}

static bool has_time(const struct search_pace *pace, const struct step_spec *spec, int64_t beside_ns)
{
	return !pace->deadline_ns || time_left_ns(pace, spec, beside_ns) >= spec->duration_ns;
}

/* Nothing can follow it, so that it has all the time that there is. */
static void fit_only_step(const struct search_pace *pace, int64_t beside_ns, struct step_spec *spec)
{
	int64_t left_ns = time_left_ns(pace, spec, beside_ns) + pace->final_ns;

	spec->duration_ns = left_ns > ONLY_STEP_MIN_NS ? left_ns : ONLY_STEP_MIN_NS;
}

/* Whether it is measured again, for longer, as `pace` and `search` then say. */
static bool is_to_be_longer(const struct plan *plan, const struct step *step, const struct step_spec *spec,
    const struct result *result, struct search_pace *pace, struct search *search, bool *suited)
{
	if (is_too_short(step, spec, plan->timeout_ns)) {
		lengthen(pace, search);
		return true;
	}
	if (search->list || result->n_steps || *suited)
		return false;
	*suited = true;
	return suit_latency(step, pace, search);
}

/* At most, as far as is known: the rest of the search, and what follows it. */
static int64_t left_ns(
    const struct search_pace *pace, const struct search *search, const struct step_spec *spec, size_t n_steps)
{
	int64_t step_ns = spec->warmup_ns + spec->duration_ns + spec->settle_ns;
	int64_t rest_ns = pace->budget_ns - (int64_t)(search->elapsed_s * (double)NS_PER_S);

	if (pace->deadline_ns)
		return pace->deadline_ns - clock_ns() + pace->final_ns;
	if (search->list)
		rest_ns = (int64_t)(search->n_list - (n_steps < search->n_list ? n_steps : search->n_list)) *
		    step_ns;
	return (rest_ns > step_ns ? rest_ns : step_ns) + pace->final_ns;
}

int run_search(const struct target *target, struct search_pace *pace, struct sink *sink,
    struct progress *progress, struct result *result, struct found *found, struct err *err)
{
	double list[PLAN_CLIENTS_MAX];
	struct search search = make_search(target->plan, pace, list);
	struct step_spec spec = {.requests = target->plan->requests};
	int64_t begun_ns = clock_ns(), step_begun_ns, beside_ns = 0;
	bool suited = false, is_last;
	struct step step;
	struct ask ask;
	int rc = 0;

	*found = (struct found){.best = -1, .growth = GROWTH_UNKNOWN};
	while (!found->interrupted && !rc && search_next(&search, result->steps, result->n_steps, &ask)) {
		spec.clients = (unsigned)ask.load;
		spec.duration_ns = pace->duration_ns[ask.effort];
		set_warmup(target->plan, ask.effort, pace, &spec);
		found->out_of_time = !has_time(pace, &spec, beside_ns);
		if (found->out_of_time && result->n_steps)
			break;
		if (found->out_of_time)
			fit_only_step(pace, beside_ns, &spec);
		if (pace->final_ns)
			progress->left_ns = left_ns(pace, &search, &spec, result->n_steps);
		step_begun_ns = clock_ns();
		rc = run_step(target, &spec, sink, progress, &step, &found->interrupted, err);
		beside_ns = time_beside_ns(&spec, step_begun_ns);
		if (rc && !search.list && is_dispensable(&ask, result)) {
			rc = 0;
			search.load_max = ask.load - 1;
			continue;
		}
		/* there is one step in any case, also when there is no time for a better one */
		is_last = !result->n_steps && !has_time(pace, &spec, beside_ns);
		if (!rc && !found->interrupted && !is_last &&
		    is_to_be_longer(target->plan, &step, &spec, result, pace, &search, &suited)) {
			free(step.processes);
			continue;
		}
		found->out_of_time |= is_last;
		if (!rc)
			rc = run_add_step(&step, sink, progress, result, err);
		search.elapsed_s = clock_seconds(clock_ns() - begun_ns);
	}
	found->best = step_of(result, search_best(&search, result->steps, result->n_steps));
	found->growth = set_curve(result);
	/* of a search that was ended, more clients say nothing */
	if (rc || found->interrupted)
		found->growth = GROWTH_UNKNOWN;
	return rc;
}

int run_final(const struct target *target, struct step_spec *spec, struct sink *sink,
    struct progress *progress, struct result *result, struct found *found, struct err *err)
{
	const struct search search = {.axis = curve_clients};
	unsigned better = result->steps[found->best].clients;
	/* a budget has time for one */
	int tries_max = target->plan->budget_ns ? 1 : 2;
	int rc = 0;

	for (int tries = 0; tries < tries_max && better && !rc && !found->interrupted; tries++) {
		struct step step;

		spec->clients = better;
		progress->left_ns = spec->warmup_ns + spec->duration_ns + spec->settle_ns;
		rc = run_step(target, spec, sink, progress, &step, &found->interrupted, err);
		if (!rc)
			rc = run_add_step(&step, sink, progress, result, err);
		if (rc || found->interrupted)
			break;
		if (!tries || step.throughput_rps > result->steps[found->best].throughput_rps)
			found->best = (int)result->n_steps - 1;
		better = (unsigned)search_better(&search, result->steps, result->n_steps);
	}
	return rc;
}

/* Nothing ran out, but more clients were not served: what ran out then is the limit. */
static void explain_failures(unsigned clients, const struct limit_context *context, struct result *result)
{
	for (size_t i = 0; i < result->n_steps; i++) {
		const struct step *step = &result->steps[i];
		struct limit limit;

		if (step->clients <= clients || error_share(step) <= ERRORS_LIMIT)
			continue;
		find_limit(step, context, &limit);
		result->limit = limit;
		snprintf(result->limit.evidence, sizeof(result->limit.evidence), "with %u clients %.200s",
		    step->clients, limit.evidence);
		return;
	}
}

void run_set_maximum(const struct target *target, size_t index, enum growth growth, struct result *result)
{
	const struct step *step = &result->steps[index];
	struct limit_context context = {
	    .server_cores = usable_cores(step, target_server_cpus(target)),
	    .growth = growth,
	};

	result->has_maximum = true;
	result->maximum = (struct maximum){
	    .throughput_rps = step->throughput_rps,
	    .ci95_rps = step->throughput_ci95_rps,
	    .clients = step->clients,
	    .step = index,
	    .cost = server_cost(step),
	    .cost_ci95_us = step->cost_ci95_us,
	    .implied_rps = implied_rps(step, context.server_cores),
	};
	find_limit(step, &context, &result->limit);
	explain_checks(step, result);
	if (result->limit.resource == RESOURCE_NOT_REACHED)
		explain_failures(step->clients, &context, result);
}

void run_set_hopeless(const struct target *target, struct result *result)
{
	const struct step *last = &result->steps[result->n_steps - 1];
	struct limit_context context = {.server_cores = usable_cores(last, target_server_cpus(target))};

	find_limit(last, &context, &result->limit);
	explain_checks(last, result);
}
