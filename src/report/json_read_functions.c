// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/functions.h"
#include "report/json_functions.h"
#include "report/json_get.h"
#include "report/json_read.h"

static struct sampled_cost read_cost(const json_t *json)
{
	return (struct sampled_cost){
	    .samples = get_count(json, "samples"),
	    .share = get_number(json, "share"),
	    .us = get_number(json, "us_per_request"),
	    .half_width = get_number(json, "half_width_us_per_request"),
	};
}

static enum frame_kind read_kind(const json_t *json)
{
	const char *name = get_text(json, "kind");

	for (int i = 0; i < FRAME_KINDS && name; i++)
		if (!strcmp(name, json_frame_kind((enum frame_kind)i)))
			return (enum frame_kind)i;
	return FRAME_NATIVE;
}

/* One that there is no room for is left out. */
static int read_function(const json_t *json, struct stacks *stacks, struct component_functions *c)
{
	const char *function = get_text(json, "function"), *file = get_text(json, "file");
	struct frame frame = {
	    .kind = read_kind(json), .function = function ? function : "", .module = file ? file : ""};
	int at = stacks_frame(stacks, &frame);

	if (at < 0)
		return at == -ENOMEM ? at : 0;
	c->functions[c->n_functions++] = (struct function_cost){
	    .frame = (uint32_t)at,
	    .self = read_cost(json_object_get(json, "self")),
	    .total = read_cost(json_object_get(json, "total")),
	};
	return 0;
}

static int read_functions(const json_t *list, struct stacks *stacks, struct component_functions *c)
{
	int rc = 0;

	c->functions = calloc(json_array_size(list) + 1, sizeof(*c->functions));
	if (!c->functions)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(list) && !rc; i++)
		rc = read_function(json_array_get(list, i), stacks, c);
	return rc;
}

static int read_parts(const json_t *list, struct component_functions *c)
{
	c->parts = calloc(json_array_size(list) + 1, sizeof(*c->parts));
	if (!c->parts)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		struct part_cost *part = &c->parts[c->n_parts++];

		get_field(one, "part", part->name, sizeof(part->name));
		part->cost = read_cost(one);
	}
	return 0;
}

static int read_component(const json_t *json, struct stacks *stacks, struct component_functions *c)
{
	int rc;

	get_field(json, "component", c->component, sizeof(c->component));
	c->samples = get_count(json, "samples");
	c->cost_us = get_number(json, "us_per_request");
	c->kernel_share = get_number(json, "kernel_share");
	rc = read_functions(json_object_get(json, "functions"), stacks, c);
	return rc ? rc : read_parts(json_object_get(json, "parts"), c);
}

/* All but the stacks themselves, of which a result has only what they come to. */
int json_read_functions(const json_t *json, struct function_profile **profile)
{
	const json_t *components = json_object_get(json, "components");
	size_t n = json_array_size(components);
	struct function_profile *p;
	struct stacks *s;
	int rc = 0;

	if (!json_is_object(json))
		return 0;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	*profile = p;
	s = &p->stacks;
	p->components = calloc(n + 1, sizeof(*p->components));
	if (!p->components || stacks_init(s))
		return -ENOMEM;
	s->frequency_hz = get_unsigned(json, "frequency_hz");
	s->samples = get_count(json, "samples");
	s->lost = get_count(json, "lost");
	s->kernel = get_flag(json, "kernel");
	s->python = get_flag(json, "python");
	get_field(json, "why_no_python", s->why_no_python, sizeof(s->why_no_python));
	p->slowdown = get_number(json, "slowdown");
	for (size_t i = 0; i < n && !rc; i++)
		rc = read_component(json_array_get(components, i), s, &p->components[p->n_components++]);
	return rc;
}
