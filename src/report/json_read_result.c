// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/slo.h"
#include "report/json_get.h"
#include "report/json_read.h"

/* Numbers of an array, of which there must be `n`. */
static double array_number(const json_t *array, size_t i)
{
	const json_t *value = json_array_get(array, i);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

static int read_steps(const json_t *json, struct result *r)
{
	int rc = 0;

	for (size_t i = 0; i < json_array_size(json) && !rc; i++) {
		struct step step;

		rc = json_read_step(json_array_get(json, i), &step);
		if (!rc && !result_add_step(r, &step)) {
			free(step.processes);
			rc = -ENOMEM;
		}
		free((void *)step.ranks); /* the result has its own */
	}
	return rc;
}

/* One that names a step which is not there is no maximum: whatever looks at it looks at that step, too. */
static void read_maximum(const json_t *json, struct result *r)
{
	const json_t *cost = json_object_get(json, "cost_us_per_request");
	size_t step = get_count(json, "step");

	if (!json_is_object(json) || !r->n_steps)
		return;
	/* the last one, for results that do not say */
	if (step >= r->n_steps || !json_object_get(json, "step"))
		step = r->n_steps - 1;
	r->has_maximum = true;
	r->maximum = (struct maximum){
	    .throughput_rps = get_number(json, "throughput_rps"),
	    .ci95_rps = get_interval(json, "ci95_rps"),
	    .clients = get_unsigned(json, "clients"),
	    .step = step,
	    .implied_rps = get_number(json, "implied_rps"),
	    .cost = {get_number(cost, "user"), get_number(cost, "system")},
	    .cost_ci95_us = get_interval(json, "cost_ci95_us_per_request"),
	};
}

/* All loads of a curve are whole numbers. */
static void read_curve(const json_t *json, struct result *r)
{
	const json_t *plateau = json_object_get(json, "plateau"),
		     *collapse = json_object_get(json, "collapse");

	r->has_curve = json_is_object(json);
	if (!r->has_curve)
		return;
	r->curve = (struct curve){
	    .knee = get_unsigned(json, "knee_clients"),
	    .is_capped = json_is_array(plateau),
	    .plateau_hi = get_unsigned(json, "level_to_clients"),
	    .collapses = json_is_object(collapse),
	    .collapse = {get_unsigned(collapse, "clients"), get_number(collapse, "throughput_rps"),
		get_number(collapse, "share")},
	};
}

static void read_usl(const json_t *json, struct result *r)
{
	const json_t *peak = json_object_get(json, "peak");

	r->has_usl = json_is_object(json);
	if (!r->has_usl)
		return;
	r->usl = (struct usl){
	    .lambda_rps = get_number(json, "lambda_rps"),
	    .sigma = get_number(json, "sigma"),
	    .kappa = get_number(json, "kappa"),
	    .lambda_ci95_rps = get_interval(json, "lambda_ci95_rps"),
	    .sigma_ci95 = get_interval(json, "sigma_ci95"),
	    .kappa_ci95 = get_interval(json, "kappa_ci95"),
	    .r_squared = get_number(json, "r_squared"),
	    .loads = get_interval(json, "clients"),
	    .peak_load = get_number(peak, "clients"),
	    .peak_rps = get_number(peak, "throughput_rps"),
	    .is_extrapolated = get_flag(peak, "extrapolated"),
	};
}

static void read_objective(const json_t *json, struct slo_result *slo)
{
	const char *metric = get_text(json, "metric");
	int found = 0;

	while (
	    found < SLO_METRICS && (!metric || strcmp(metric, slo_metric_name((enum slo_metric)found)) != 0))
		found++;
	if (found == SLO_METRICS)
		return;
	slo->slo.list[slo->slo.n] = (struct objective){
	    .metric = (enum slo_metric)found,
	    .bound = get_number(json, found == SLO_ERRORS ? "bound" : "bound_us"),
	};
	slo->values[slo->slo.n] = get_number(json, found == SLO_ERRORS ? "value" : "value_us");
	slo->ci95[slo->slo.n] = get_interval(json, "ci95_us");
	slo->slo.n++;
}

static int read_slo(const json_t *json, struct result *r)
{
	const json_t *objectives = json_object_get(json, "objectives"),
		     *rate = json_object_get(json, "rate_rps");
	json_int_t lo = json_integer_value(json_array_get(rate, 0)),
		   hi = json_integer_value(json_array_get(rate, 1));

	if (!json_is_object(json))
		return 0;
	r->slo = calloc(1, sizeof(*r->slo));
	if (!r->slo)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(objectives) && r->slo->slo.n < SLO_METRICS; i++)
		read_objective(json_array_get(objectives, i), r->slo);
	r->slo->lo = lo > 0 ? (uint64_t)lo : 0;
	r->slo->hi = hi > 0 ? (uint64_t)hi : 0;
	r->slo->disturbed = get_flag(json, "disturbed");
	r->slo->n_trials = get_unsigned(json, "trials");
	r->slo->step = get_count(json, "step");
	r->slo->has_step = json_is_integer(json_object_get(json, "step")) && r->slo->step < r->n_steps;
	r->slo->kept = get_flag(json, "kept");
	return 0;
}

static void read_limit(const json_t *json, struct limit *limit)
{
	const char *resource = get_text(json, "resource");

	for (int i = 0; i < RESOURCE_COUNT && resource; i++)
		if (!strcmp(resource, resource_name((enum resource)i)))
			limit->resource = (enum resource)i;
	get_field(json, "component", limit->component, sizeof(limit->component));
	get_field(json, "evidence", limit->evidence, sizeof(limit->evidence));
}

static void read_target(const json_t *json, struct result *r)
{
	const char *protocol = get_text(json, "protocol"), *socket = get_text(json, "socket");
	int known = protocol ? protocol_parse(protocol) : -1;

	r->protocol = known < 0 ? PROTOCOL_HTTP : (enum protocol)known;
	r->is_unix = socket && !strcmp(socket, "unix");
	r->keepalive = get_flag(json, "keepalive");
}

static int read_why(const json_t *json, struct result *r)
{
	const json_t *why = json_object_get(json, "why_not_valid"),
		     *checks = json_object_get(json, "failed_checks");

	for (size_t i = 0; i < json_array_size(why) && r->n_why < WHY_MAX; i++) {
		const char *text = json_string_value(json_array_get(why, i));
		char *copy = strdup(text ? text : "");

		if (!copy)
			return -ENOMEM;
		r->why_check[r->n_why] = json_string_value(json_array_get(checks, i));
		r->why_not_valid[r->n_why++] = copy;
	}
	return 0;
}

static int read_rounds(const json_t *json, struct result *r)
{
	const json_t *rps = json_object_get(json, "rounds_rps"),
		     *completed = json_object_get(json, "rounds_completed"),
		     *numbers = json_object_get(json, "rounds_number");
	size_t n = json_array_size(rps);

	r->rounds_rps = calloc(n + 1, sizeof(*r->rounds_rps));
	r->rounds_completed = calloc(n + 1, sizeof(*r->rounds_completed));
	r->rounds_number = calloc(n + 1, sizeof(*r->rounds_number));
	if (!r->rounds_rps || !r->rounds_completed || !r->rounds_number)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		json_int_t responses = json_integer_value(json_array_get(completed, i)),
			   number = json_integer_value(json_array_get(numbers, i));

		r->rounds_rps[i] = array_number(rps, i);
		r->rounds_completed[i] = responses > 0 ? (uint64_t)responses : 0;
		/* one after the other, for results that do not say */
		r->rounds_number[i] = number > 0 && number <= UINT_MAX ? (unsigned)number : (unsigned)i + 1;
	}
	r->n_rounds = n;
	return 0;
}

static int read_rounds_cost(const json_t *json, struct result *r)
{
	size_t n = json_array_size(json);

	r->components = calloc(n + 1, sizeof(*r->components));
	if (!r->components)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const json_t *component = json_array_get(json, i),
			     *user = json_object_get(component, "user_us_per_request"),
			     *system = json_object_get(component, "system_us_per_request");
		struct component_rounds *c = &r->components[i];

		/* as many as there are rounds, which is what those who compute with them count on */
		get_field(component, "component", c->component, sizeof(c->component));
		c->rounds = calloc(r->n_rounds + 1, sizeof(*c->rounds));
		if (!c->rounds)
			return -ENOMEM;
		r->n_components++;
		c->n = json_array_size(user) < r->n_rounds ? json_array_size(user) : r->n_rounds;
		for (size_t round = 0; round < c->n; round++)
			c->rounds[round] =
			    (struct cost_us){array_number(user, round), array_number(system, round)};
	}
	return 0;
}

/* A text that may be NULL. */
static int copy_optional(const json_t *json, const char *key, char **into)
{
	if (!get_text(json, key))
		return 0;
	*into = get_copy(json, key);
	return *into ? 0 : -ENOMEM;
}

int json_read_result(const json_t *json, struct result *r)
{
	const json_t *target = json_object_get(json, "target");
	int rc;

	r->name = get_copy(json, "name");
	r->workload = get_copy(json, "workload");
	r->url = get_copy(target, "url");
	if (!r->name || !r->workload || !r->url)
		return -ENOMEM;
	read_target(target, r);
	r->valid = get_flag(json, "valid");
	r->idle_busy = get_number(json, "idle_busy");
	r->reference_rps = get_number(json, "reference_rps");
	rc = read_steps(json_object_get(json, "steps"), r);
	read_maximum(json_object_get(json, "maximum"), r);
	read_curve(json_object_get(json, "curve"), r);
	read_usl(json_object_get(json, "usl"), r);
	read_limit(json_object_get(json, "limit"), &r->limit);
	if (!rc)
		rc = read_slo(json_object_get(json, "slo"), r);
	if (!rc)
		rc = read_why(json, r);
	if (!rc)
		rc = copy_optional(json, "failed", &r->failed);
	if (!rc)
		rc = copy_optional(json, "stack", &r->stack);
	if (!rc)
		rc = read_rounds(json, r);
	if (!rc)
		rc = read_rounds_cost(json_object_get(json, "rounds_cost"), r);
	if (!rc)
		rc = json_read_phases(json_object_get(json, "phases"), &r->phases);
	if (!rc)
		rc = json_read_functions(json_object_get(json, "functions"), &r->functions);
	return rc;
}
