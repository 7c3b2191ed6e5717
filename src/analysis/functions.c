// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/functions.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a request costs in a component; NAN when none of its processes is known. */
static double component_us(const struct step *step, const char *component)
{
	double us = NAN;

	for (size_t i = 0; i < step->n_processes; i++) {
		const struct process_cost *p = &step->processes[i];

		if (!strcmp(p->facts.component, component))
			us = (isnan(us) ? 0 : us) + p->cost.user + p->cost.system;
	}
	return us;
}

static double all_us(const struct step *step)
{
	double us = 0;

	for (size_t i = 0; i < step->n_processes; i++)
		us += step->processes[i].cost.user + step->processes[i].cost.system;
	return us;
}

/*
 * The half-width by Wilson's score (J. Am. Stat. Assoc. 22, 1927), which is above 0 for few samples, too. Samples are taken to be
 * independent, for requests are short beside the time between two.
 */
static struct sampled_cost cost_of(uint64_t samples, uint64_t all, double us)
{
	static const double z = 1.959964;
	double n = (double)all, p = all ? (double)samples / n : 0;
	double half = all ? z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n) : NAN;

	return (struct sampled_cost){.samples = samples, .share = p, .us = p * us, .half_width = half * us};
}

/* Counts of the frames of one component. */
struct tally {
	uint64_t *self, *total;
	size_t *seen_in; /* the last path that a frame was counted for, + 1: recursion counts once */
};

static bool tally_init(struct tally *t, size_t n)
{
	t->self = calloc(n + 1, sizeof(*t->self));
	t->total = calloc(n + 1, sizeof(*t->total));
	t->seen_in = calloc(n + 1, sizeof(*t->seen_in));
	return t->self && t->total && t->seen_in;
}

static void tally_release(struct tally *t)
{
	free(t->self);
	free(t->total);
	free(t->seen_in);
}

static void tally_path(struct tally *t, size_t path, const uint32_t *frames, size_t n, uint64_t count)
{
	if (n)
		t->self[frames[n - 1]] += count;
	for (size_t i = 0; i < n; i++) {
		if (t->seen_in[frames[i]] == path + 1)
			continue;
		t->seen_in[frames[i]] = path + 1;
		t->total[frames[i]] += count;
	}
}

static int by_self(const void *a, const void *b)
{
	const struct function_cost *x = a, *y = b;

	if (x->self.samples != y->self.samples)
		return x->self.samples > y->self.samples ? -1 : 1;
	if (x->total.samples != y->total.samples)
		return x->total.samples > y->total.samples ? -1 : 1;
	return x->frame < y->frame ? -1 : x->frame > y->frame;
}

static int list_functions(struct component_functions *c, const struct tally *t, size_t n_frames)
{
	size_t n = 0;

	for (size_t i = 0; i < n_frames; i++)
		n += t->total[i] > 0;
	c->functions = calloc(n + 1, sizeof(*c->functions));
	if (!c->functions)
		return -ENOMEM;
	for (size_t i = 0; i < n_frames; i++)
		if (t->total[i])
			c->functions[c->n_functions++] = (struct function_cost){
			    .frame = (uint32_t)i,
			    .self = cost_of(t->self[i], c->samples, c->cost_us),
			    .total = cost_of(t->total[i], c->samples, c->cost_us),
			};
	qsort(c->functions, n, sizeof(*c->functions), by_self);
	return 0;
}

/* Counts of parts; the last is of what belongs to none. */
static int list_parts(struct component_functions *c, const struct parts *parts, const uint64_t *counts)
{
	c->parts = calloc(parts->parts_count + 1, sizeof(*c->parts));
	if (!c->parts)
		return -ENOMEM;
	for (unsigned i = 0; i <= parts->parts_count; i++) {
		struct part_cost *p = &c->parts[c->n_parts];

		if (!counts[i])
			continue;
		snprintf(
		    p->name, sizeof(p->name), "%s", i < parts->parts_count ? parts->parts[i].name : "other");
		p->cost = cost_of(counts[i], c->samples, c->cost_us);
		c->n_parts++;
	}
	return 0;
}

/* All of one component. `of_frame` says the part of each frame. */
static int profile_component(struct component_functions *c, const struct stacks *stacks, unsigned component,
    const struct parts *parts, const struct part_of *of_frame)
{
	size_t n_frames = intern_count(stacks->names);
	uint64_t *parts_counts = calloc(parts->parts_count + 1, sizeof(*parts_counts)), in_kernel = 0;
	struct tally tally = {0};
	bool any_part = false;
	int rc = tally_init(&tally, n_frames) && parts_counts ? 0 : -ENOMEM;

	for (size_t i = 0; i < stacks_count(stacks) && !rc; i++) {
		size_t n;
		unsigned of;
		uint64_t count;
		const uint32_t *frames = stacks_at(stacks, i, &n, &of, &count);
		bool by_frame;
		int part;

		if (of != component)
			continue;
		c->samples += count;
		tally_path(&tally, i, frames, n, count);
		if (n && stacks_frame_at(stacks, frames[n - 1]).kind == FRAME_KERNEL)
			in_kernel += count;
		part = parts_of_stack(parts, stacks, of_frame, frames, n, &by_frame);
		parts_counts[part < 0 ? (int)parts->parts_count : part] += count;
		any_part = any_part || by_frame;
	}
	c->kernel_share = c->samples ? (double)in_kernel / (double)c->samples : NAN;
	if (!rc)
		rc = list_functions(c, &tally, n_frames);
	if (!rc && any_part)
		rc = list_parts(c, parts, parts_counts);
	tally_release(&tally);
	free(parts_counts);
	return rc;
}

static int by_cost(const void *a, const void *b)
{
	const struct component_functions *x = a, *y = b;

	double x_us = isfinite(x->cost_us) ? x->cost_us : -1, y_us = isfinite(y->cost_us) ? y->cost_us : -1;

	if (x_us > y_us || x_us < y_us)
		return x_us > y_us ? -1 : 1;
	return strcmp(x->component, y->component);
}

/* The part of each frame. From malloc, or NULL. */
static struct part_of *parts_of_frames(const struct stacks *stacks, const struct parts *parts)
{
	size_t n = intern_count(stacks->names);
	struct part_of *of_frame = calloc(n + 1, sizeof(*of_frame));

	for (size_t i = 0; i < n && of_frame; i++) {
		struct frame frame = stacks_frame_at(stacks, i);

		of_frame[i] = parts_of_frame(parts, &frame);
	}
	return of_frame;
}

int function_profile_new(struct function_profile **profile, struct stacks *stacks, const struct parts *parts,
    const struct step *untraced, const struct step *traced)
{
	static const struct parts none = {0};
	struct function_profile *p = calloc(1, sizeof(*p));
	struct part_of *of_frame = NULL;
	int rc = 0;

	if (!p) {
		stacks_release(stacks);
		return -ENOMEM;
	}
	p->stacks = *stacks;
	*stacks = (struct stacks){0};
	stacks = &p->stacks;
	if (!parts)
		parts = &none;
	p->slowdown = all_us(untraced) > 0 ? all_us(traced) / all_us(untraced) - 1 : NAN;
	p->components = calloc(stacks->n_components + 1, sizeof(*p->components));
	of_frame = parts_of_frames(stacks, parts);
	if (!p->components || !of_frame)
		rc = -ENOMEM;
	for (unsigned i = 0; i < stacks->n_components && !rc; i++) {
		struct component_functions *c = &p->components[p->n_components++];

		snprintf(c->component, sizeof(c->component), "%s", stacks->components[i]);
		c->cost_us = component_us(untraced, c->component);
		rc = profile_component(c, stacks, i, parts, of_frame);
	}
	free(of_frame);
	if (rc) {
		function_profile_free(p);
		return rc;
	}
	qsort(p->components, p->n_components, sizeof(*p->components), by_cost);
	*profile = p;
	return 0;
}

void function_profile_free(struct function_profile *profile)
{
	if (!profile)
		return;
	for (size_t i = 0; i < profile->n_components; i++) {
		free(profile->components[i].functions);
		free(profile->components[i].parts);
	}
	free(profile->components);
	stacks_release(&profile->stacks);
	free(profile);
}
