// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json_functions.h"

#include "report/json_put.h"

enum { LISTED_MAX = 2000 };

static json_t *cost_json(const struct sampled_cost *cost)
{
	json_t *o = json_object();

	json_put(o, "samples", json_integer((json_int_t)cost->samples));
	json_put(o, "share", json_number(cost->share));
	json_put(o, "us_per_request", json_number(cost->us));
	json_put(o, "half_width_us_per_request", json_number(cost->half_width));
	return o;
}

const char *json_frame_kind(enum frame_kind kind)
{
	static const char *const kinds[FRAME_KINDS] = {[FRAME_NATIVE] = "native",
	    [FRAME_JIT] = "jit",
	    [FRAME_PYTHON] = "python",
	    [FRAME_KERNEL] = "kernel"};

	return kinds[kind];
}

static json_t *function_json(const struct stacks *stacks, const struct function_cost *f)
{
	struct frame frame = stacks_frame_at(stacks, f->frame);
	json_t *o = json_object();

	json_put(o, "function", json_text(frame.function));
	json_put(o, "file", json_text(frame.module));
	json_put(o, "kind", json_text(json_frame_kind(frame.kind)));
	json_put(o, "self", cost_json(&f->self));
	json_put(o, "total", cost_json(&f->total));
	return o;
}

static json_t *component_json(const struct stacks *stacks, const struct component_functions *c)
{
	json_t *o = json_object(), *functions = json_array(), *parts = json_array();

	for (size_t i = 0; i < c->n_functions && i < LISTED_MAX; i++)
		json_array_append_new(functions, function_json(stacks, &c->functions[i]));
	for (unsigned i = 0; i < c->n_parts; i++) {
		json_t *part = cost_json(&c->parts[i].cost);

		json_put(part, "part", json_text(c->parts[i].name));
		json_array_append_new(parts, part);
	}
	json_put(o, "component", json_text(c->component));
	json_put(o, "samples", json_integer((json_int_t)c->samples));
	json_put(o, "us_per_request", json_number(c->cost_us));
	json_put(o, "kernel_share", json_number(c->kernel_share));
	json_put(o, "functions", functions);
	json_put(o, "parts", parts);
	return o;
}

json_t *json_functions(const struct function_profile *profile)
{
	const struct stacks *s = &profile->stacks;
	json_t *o = json_object(), *components = json_array();

	for (size_t i = 0; i < profile->n_components; i++)
		json_array_append_new(components, component_json(s, &profile->components[i]));
	json_put(o, "frequency_hz", json_integer(s->frequency_hz));
	json_put(o, "samples", json_integer((json_int_t)s->samples));
	json_put(o, "lost", json_integer((json_int_t)s->lost));
	json_put(o, "kernel", json_boolean(s->kernel));
	json_put(o, "python", json_boolean(s->python));
	if (*s->why_no_python)
		json_put(o, "why_no_python", json_text(s->why_no_python));
	json_put(o, "slowdown", json_number(profile->slowdown));
	json_put(o, "components", components);
	return o;
}
