// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/maximum.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/checks.h"
#include "analysis/search.h"
#include "run/run.h"

/* A step in which nothing came is measured again, so many times as long. */
enum { LONGER = 4 };

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

/* Nothing went wrong, but nothing came either: the step was too short for this server, or this machine. */
static bool is_too_short(const struct step *step, const struct step_spec *spec, int64_t timeout_ns)
{
	return !(step->throughput_rps > 0) && !counts_errors(&step->counts) && spec->duration_ns < timeout_ns;
}

int run_search(const struct target *target, struct step_spec *spec, struct sink *sink,
    struct progress *progress, struct result *result, struct found *found, struct err *err)
{
	const struct plan *plan = target->plan;
	struct search search = {
	    .list = plan->n_clients ? plan->clients : NULL,
	    .n_list = plan->n_clients,
	    .clients_max = RUN_CLIENTS_MAX_DEFAULT,
	};
	int rc = 0;

	*found = (struct found){.best = -1, .growth = GROWTH_UNKNOWN};
	spec->clients = search_next(&search, NULL, 0);
	while (!found->interrupted && !rc && spec->clients) {
		struct step step;

		rc = run_step(target, spec, sink, progress, &step, &found->interrupted, err);
		if (!rc && !found->interrupted && is_too_short(&step, spec, plan->timeout_ns)) {
			free(step.processes);
			spec->duration_ns *= LONGER;
			continue;
		}
		if (!rc)
			rc = run_add_step(&step, sink, progress, result, err);
		spec->clients = search_next(&search, result->steps, result->n_steps);
	}
	found->best = search_best(result->steps, result->n_steps);
	/* one step alone says nothing of what more clients do */
	if (!rc && !found->interrupted && result->n_steps > 1)
		found->growth = search_plateau(result->steps, result->n_steps) ? GROWTH_NONE : GROWTH_STILL;
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
