// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdio.h>

#include "analysis/layers.h"
#include "report/json_get.h"
#include "report/json_read.h"

static struct estimate read_estimate(const json_t *json, const char *part)
{
	char mean[64], ci95[64];

	snprintf(mean, sizeof(mean), "%s_us_per_request", part);
	snprintf(ci95, sizeof(ci95), "%s_ci95_us_per_request", part);
	return (struct estimate){get_number(json, mean), get_interval(json, ci95)};
}

static struct layer_cost read_cost(const json_t *json, const char *key)
{
	const json_t *cost = json_object_get(json, key);

	return (struct layer_cost){
	    read_estimate(cost, "user"), read_estimate(cost, "system"), read_estimate(cost, "total")};
}

static void read_within(const json_t *json, struct layers *l)
{
	for (size_t i = 0; i < json_array_size(json) && l->n_within < LAYERS_WITHIN_MAX; i++) {
		const json_t *one = json_array_get(json, i);
		struct layer_within *w = &l->within[l->n_within++];

		get_field(one, "component", w->component, sizeof(w->component));
		w->cost = read_cost(one, "cost");
		w->share = get_number(one, "share");
	}
}

static int read_steps(const json_t *json, const struct report *report, struct layers *l)
{
	for (size_t i = 0; i < json_array_size(json) && l->n_steps < LAYERS_STEPS_MAX; i++) {
		const json_t *one = json_array_get(json, i);
		const char *from = get_text(one, "from"), *flight = get_text(one, "flight");
		int from_at = json_find_result(report, from),
		    to_at = json_find_result(report, get_text(one, "to"));
		struct layer_step *s = &l->steps[l->n_steps];

		if (to_at < 0 || (from && from_at < 0))
			continue;
		*s = (struct layer_step){
		    .flight = flight ? flight : "",
		    .adds = get_copy(one, "adds"),
		    .is_first = !from,
		    .from = from ? (size_t)from_at : 0,
		    .to = (size_t)to_at,
		    .cost = read_cost(one, "cost"),
		};
		if (!s->adds)
			return -ENOMEM;
		l->n_steps++;
	}
	return 0;
}

static void read_interactions(const json_t *json, const struct report *report, struct layers *l)
{
	for (size_t i = 0; i < json_array_size(json) && l->n_interactions < LAYERS_INTERACTIONS_MAX; i++) {
		const json_t *one = json_array_get(json, i);
		int other = json_find_result(report, get_text(one, "other"));
		struct interaction *in = &l->interactions[l->n_interactions];

		if (other < 0)
			continue;
		get_field(one, "component", in->component, sizeof(in->component));
		in->other = (size_t)other;
		in->within_whole = read_cost(one, "within_whole");
		in->within_other = read_cost(one, "within_other");
		in->difference = read_cost(one, "difference");
		l->n_interactions++;
	}
}

int json_read_layers(const json_t *json, struct report *report)
{
	int rc = 0;

	for (size_t i = 0; i < json_array_size(json) && !rc; i++) {
		const json_t *one = json_array_get(json, i);
		int whole = json_find_result(report, get_text(one, "whole"));
		struct layers *l = whole < 0 ? NULL : layers_add(report);

		if (whole < 0)
			continue;
		if (!l)
			return -ENOMEM;
		l->whole = (size_t)whole;
		l->cost = read_cost(one, "cost");
		read_within(json_object_get(one, "within"), l);
		rc = read_steps(json_object_get(one, "steps"), report, l);
		read_interactions(json_object_get(one, "interactions"), report, l);
	}
	return rc;
}
