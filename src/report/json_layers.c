// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json_layers.h"

#include <stdio.h>

#include "report/json_put.h"

static void set_estimate(json_t *o, const char *part, const struct estimate *e)
{
	char key[64];

	snprintf(key, sizeof(key), "%s_us_per_request", part);
	json_put(o, key, json_number(e->mean));
	snprintf(key, sizeof(key), "%s_ci95_us_per_request", part);
	json_put(o, key, json_pack("[o, o]", json_number(e->ci95.lo), json_number(e->ci95.hi)));
}

static json_t *cost_json(const struct layer_cost *cost)
{
	json_t *o = json_object();

	set_estimate(o, "user", &cost->user);
	set_estimate(o, "system", &cost->system);
	set_estimate(o, "total", &cost->total);
	return o;
}

static json_t *within_json(const struct layers *l)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < l->n_within; i++) {
		json_t *o = json_object();

		json_put(o, "component", json_text(l->within[i].component));
		json_put(o, "cost", cost_json(&l->within[i].cost));
		json_put(o, "share", json_number(l->within[i].share));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *steps_json(const struct report *report, const struct layers *l)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < l->n_steps; i++) {
		const struct layer_step *s = &l->steps[i];
		json_t *o = json_object();

		json_put(o, "flight", json_text(s->flight));
		json_put(o, "adds", json_text(s->adds));
		json_put(o, "from", s->is_first ? json_null() : json_text(report->results[s->from].name));
		json_put(o, "to", json_text(report->results[s->to].name));
		json_put(o, "cost", cost_json(&s->cost));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *interactions_json(const struct report *report, const struct layers *l)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < l->n_interactions; i++) {
		const struct interaction *in = &l->interactions[i];
		json_t *o = json_object();

		json_put(o, "component", json_text(in->component));
		json_put(o, "other", json_text(report->results[in->other].name));
		json_put(o, "within_whole", cost_json(&in->within_whole));
		json_put(o, "within_other", cost_json(&in->within_other));
		json_put(o, "difference", cost_json(&in->difference));
		json_array_append_new(list, o);
	}
	return list;
}

json_t *json_layers(const struct report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->n_layers; i++) {
		const struct layers *l = &report->layers[i];
		json_t *o = json_object();

		json_put(o, "whole", json_text(report->results[l->whole].name));
		json_put(o, "cost", cost_json(&l->cost));
		json_put(o, "within", within_json(l));
		json_put(o, "steps", steps_json(report, l));
		json_put(o, "interactions", interactions_json(report, l));
		json_array_append_new(list, o);
	}
	return list;
}

json_t *json_rounds_cost(const struct result *result)
{
	json_t *list = json_array();

	for (size_t i = 0; i < result->n_components; i++) {
		const struct component_rounds *c = &result->components[i];
		json_t *o = json_object(), *user = json_array(), *system = json_array();

		for (size_t r = 0; r < c->n; r++) {
			json_array_append_new(user, json_number(c->rounds[r].user));
			json_array_append_new(system, json_number(c->rounds[r].system));
		}
		json_put(o, "component", json_text(c->component));
		json_put(o, "user_us_per_request", user);
		json_put(o, "system_us_per_request", system);
		json_array_append_new(list, o);
	}
	return list;
}
