// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json_functions.h"

#include <math.h>

enum { LISTED_MAX = 2000 };

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
	/* names come from the processes that were sampled, and can be anything */
	json_t *string = json_string(value);

	return string ? string : json_string("(not UTF-8)");
}

static json_t *cost_json(const struct sampled_cost *cost)
{
	json_t *o = json_object();

	set(o, "samples", json_integer((json_int_t)cost->samples));
	set(o, "share", number(cost->share));
	set(o, "us_per_request", number(cost->us));
	set(o, "half_width_us_per_request", number(cost->half_width));
	return o;
}

static json_t *function_json(const struct stacks *stacks, const struct function_cost *f)
{
	static const char *const kinds[] = {[FRAME_NATIVE] = "native",
	    [FRAME_JIT] = "jit",
	    [FRAME_PYTHON] = "python",
	    [FRAME_KERNEL] = "kernel"};
	struct frame frame = stacks_frame_at(stacks, f->frame);
	json_t *o = json_object();

	set(o, "function", text(frame.function));
	set(o, "file", text(frame.module));
	set(o, "kind", text(kinds[frame.kind]));
	set(o, "self", cost_json(&f->self));
	set(o, "total", cost_json(&f->total));
	return o;
}

static json_t *component_json(const struct stacks *stacks, const struct component_functions *c)
{
	json_t *o = json_object(), *functions = json_array(), *parts = json_array();

	for (size_t i = 0; i < c->n_functions && i < LISTED_MAX; i++)
		json_array_append_new(functions, function_json(stacks, &c->functions[i]));
	for (unsigned i = 0; i < c->n_parts; i++) {
		json_t *part = cost_json(&c->parts[i].cost);

		set(part, "part", text(c->parts[i].name));
		json_array_append_new(parts, part);
	}
	set(o, "component", text(c->component));
	set(o, "samples", json_integer((json_int_t)c->samples));
	set(o, "us_per_request", number(c->cost_us));
	set(o, "kernel_share", number(c->kernel_share));
	set(o, "functions", functions);
	set(o, "parts", parts);
	return o;
}

json_t *json_functions(const struct function_profile *profile)
{
	const struct stacks *s = &profile->stacks;
	json_t *o = json_object(), *components = json_array();

	for (size_t i = 0; i < profile->n_components; i++)
		json_array_append_new(components, component_json(s, &profile->components[i]));
	set(o, "frequency_hz", json_integer(s->frequency_hz));
	set(o, "samples", json_integer((json_int_t)s->samples));
	set(o, "lost", json_integer((json_int_t)s->lost));
	set(o, "kernel", json_boolean(s->kernel));
	set(o, "python", json_boolean(s->python));
	set(o, "slowdown", number(profile->slowdown));
	set(o, "components", components);
	return o;
}
