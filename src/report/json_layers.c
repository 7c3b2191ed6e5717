// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json_layers.h"

#include <math.h>
#include <stdio.h>

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *text(const char *value)
{
	json_t *string = json_string(value);

	return string ? string : json_string("(not UTF-8)");
}

static void set_estimate(json_t *o, const char *part, const struct estimate *e)
{
	char key[64];

	snprintf(key, sizeof(key), "%s_us_per_request", part);
	set(o, key, number(e->mean));
	snprintf(key, sizeof(key), "%s_ci95_us_per_request", part);
	set(o, key, json_pack("[o, o]", number(e->ci95.lo), number(e->ci95.hi)));
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

		set(o, "component", text(l->within[i].component));
		set(o, "cost", cost_json(&l->within[i].cost));
		set(o, "share", number(l->within[i].share));
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

		set(o, "flight", text(s->flight));
		set(o, "adds", text(s->adds));
		set(o, "from", s->is_first ? json_null() : text(report->results[s->from].name));
		set(o, "to", text(report->results[s->to].name));
		set(o, "cost", cost_json(&s->cost));
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

		set(o, "component", text(in->component));
		set(o, "other", text(report->results[in->other].name));
		set(o, "within_whole", cost_json(&in->within_whole));
		set(o, "within_other", cost_json(&in->within_other));
		set(o, "difference", cost_json(&in->difference));
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

		set(o, "whole", text(report->results[l->whole].name));
		set(o, "cost", cost_json(&l->cost));
		set(o, "within", within_json(l));
		set(o, "steps", steps_json(report, l));
		set(o, "interactions", interactions_json(report, l));
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
			json_array_append_new(user, number(c->rounds[r].user));
			json_array_append_new(system, number(c->rounds[r].system));
		}
		set(o, "component", text(c->component));
		set(o, "user_us_per_request", user);
		set(o, "system_us_per_request", system);
		json_array_append_new(list, o);
	}
	return list;
}
