// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/layers.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/summary.h"

/* The entry of that component; a new one cost nothing in the rounds before. NULL without memory. */
static struct component_rounds *entry_of(struct result *result, const char *component)
{
	struct component_rounds *entries;

	for (size_t i = 0; i < result->n_components; i++)
		if (!strcmp(result->components[i].component, component))
			return &result->components[i];
	entries = realloc(result->components, (result->n_components + 1) * sizeof(*entries));
	if (!entries)
		return NULL;
	result->components = entries;
	entries += result->n_components++;
	*entries = (struct component_rounds){0};
	snprintf(entries->component, sizeof(entries->component), "%s", component);
	return entries;
}

/* Makes all entries as long as there are rounds; what was not seen in a round cost nothing. */
static int lengthen(struct component_rounds *entry, size_t n_rounds)
{
	struct cost_us *rounds = realloc(entry->rounds, n_rounds * sizeof(*rounds));

	if (!rounds)
		return -ENOMEM;
	entry->rounds = rounds;
	for (; entry->n < n_rounds; entry->n++)
		rounds[entry->n] = (struct cost_us){0, 0};
	return 0;
}

int layers_note_round(struct result *result, const struct step_sample *sample, unsigned round)
{
	uint64_t *completed =
	    realloc(result->rounds_completed, result->n_rounds * sizeof(*result->rounds_completed));
	unsigned *numbers;

	if (!completed)
		return -ENOMEM;
	result->rounds_completed = completed;
	completed[result->n_rounds - 1] = sample_completed(sample);
	numbers = realloc(result->rounds_number, result->n_rounds * sizeof(*numbers));
	if (!numbers)
		return -ENOMEM;
	result->rounds_number = numbers;
	numbers[result->n_rounds - 1] = round;
	for (size_t i = 0; i < sample->n_processes; i++)
		if (!entry_of(result, sample->processes[i].component))
			return -ENOMEM;
	for (size_t i = 0; i < result->n_components; i++) {
		struct component_rounds *entry = &result->components[i];

		if (lengthen(entry, result->n_rounds))
			return -ENOMEM;
		entry->rounds[result->n_rounds - 1] = component_cost(sample, entry->component);
	}
	return 0;
}

enum part { USER, SYSTEM, TOTAL };

static double part_of(struct cost_us cost, enum part part)
{
	if (part == USER)
		return cost.user;
	return part == SYSTEM ? cost.system : cost.user + cost.system;
}

/* What the component, or all, cost in one round. */
static double cost_in_round(const struct result *result, size_t round, const char *component, enum part part)
{
	double sum = 0;

	if (!result->n_components)
		return NAN;
	for (size_t i = 0; i < result->n_components; i++) {
		const struct component_rounds *entry = &result->components[i];

		if (!component || !strcmp(entry->component, component))
			sum += part_of(entry->rounds[round], part);
	}
	return sum;
}

/* The next round from *i and *j on that both have, by its number. False: there is none. */
static bool find_both(const struct result *a, const struct result *b, size_t *i, size_t *j)
{
	while (*i < a->n_rounds && *j < b->n_rounds && a->rounds_number[*i] != b->rounds_number[*j]) {
		if (a->rounds_number[*i] < b->rounds_number[*j])
			++*i;
		else
			++*j;
	}
	return *i < a->n_rounds && *j < b->n_rounds;
}

/* Over the rounds that `with` has, too: the cost of all responses together, and how many there were in a round, on average. */
struct ratio {
	double cost, responses;
	size_t n; /* of these rounds */
};

static struct ratio ratio_of(
    const struct result *result, const struct result *with, const char *component, enum part part)
{
	double used_us = 0, responses = 0;
	size_t n = 0;

	for (size_t i = 0, j = 0; find_both(result, with, &i, &j); i++, j++) {
		used_us += cost_in_round(result, i, component, part) * (double)result->rounds_completed[i];
		responses += (double)result->rounds_completed[i];
		n++;
	}
	return (struct ratio){used_us / responses, responses / (double)n, n};
}

/* By how much the round is off the ratio, weighted by its responses. */
static double residual(const struct result *result, const struct ratio *ratio, size_t round,
    const char *component, enum part part)
{
	return (cost_in_round(result, round, component, part) - ratio->cost) *
	    (double)result->rounds_completed[round] / ratio->responses;
}

static struct estimate estimate(
    const struct result *result, const struct result *minus, const char *component, enum part part)
{
	const struct result *with = minus ? minus : result;
	struct ratio of = ratio_of(result, with, component, part), less = {0, 1, 0};
	double k = (double)of.n, squares = 0, mean, half;

	if (minus)
		less = ratio_of(minus, result, component, part);
	mean = of.cost - less.cost;
	for (size_t i = 0, j = 0; find_both(result, with, &i, &j); i++, j++) {
		double off = residual(result, &of, i, component, part);

		if (minus)
			off -= residual(minus, &less, j, component, part);
		squares += off * off;
	}
	half = of.n < 2 ? NAN : gsl_cdf_tdist_Pinv(0.975, k - 1) * sqrt(squares / (k - 1) / k);
	return (struct estimate){mean, {mean - half, mean + half}};
}

struct layer_cost layers_cost(const struct result *result, const struct result *minus, const char *component)
{
	return (struct layer_cost){
	    .user = estimate(result, minus, component, USER),
	    .system = estimate(result, minus, component, SYSTEM),
	    .total = estimate(result, minus, component, TOTAL),
	};
}

struct layers *layers_add(struct report *report)
{
	struct layers *layers = realloc(report->layers, (report->n_layers + 1) * sizeof(*layers));

	if (!layers)
		return NULL;
	report->layers = layers;
	layers[report->n_layers] = (struct layers){0};
	return &layers[report->n_layers++];
}

int layers_add_step(
    struct layers *layers, const char *flight, const char *adds, const size_t *from, size_t to)
{
	struct layer_step *step = &layers->steps[layers->n_steps];

	if (layers->n_steps == LAYERS_STEPS_MAX)
		return 0;
	*step = (struct layer_step){
	    .flight = flight, .adds = strdup(adds), .is_first = !from, .from = from ? *from : 0, .to = to};
	if (!step->adds)
		return -ENOMEM;
	layers->n_steps++;
	return 0;
}

void layers_add_interaction(struct layers *layers, const char *component, size_t other)
{
	struct interaction *in = &layers->interactions[layers->n_interactions];

	if (layers->n_interactions == LAYERS_INTERACTIONS_MAX)
		return;
	*in = (struct interaction){.other = other};
	snprintf(in->component, sizeof(in->component), "%s", component);
	layers->n_interactions++;
}

static void compute(struct layers *layers, const struct result *results)
{
	const struct result *whole = &results[layers->whole];

	layers->cost = layers_cost(whole, NULL, NULL);
	layers->n_within = 0;
	for (size_t i = 0; i < whole->n_components && i < LAYERS_WITHIN_MAX; i++) {
		struct layer_within *w = &layers->within[layers->n_within++];

		memcpy(w->component, whole->components[i].component, sizeof(w->component));
		w->cost = layers_cost(whole, NULL, w->component);
		w->share = w->cost.total.mean / layers->cost.total.mean;
	}
	for (unsigned i = 0; i < layers->n_steps; i++) {
		struct layer_step *s = &layers->steps[i];

		s->cost = layers_cost(&results[s->to], s->is_first ? NULL : &results[s->from], NULL);
	}
	for (unsigned i = 0; i < layers->n_interactions; i++) {
		struct interaction *in = &layers->interactions[i];
		const struct result *other = &results[in->other];

		in->within_whole = layers_cost(whole, NULL, in->component);
		in->within_other = layers_cost(other, NULL, in->component);
		in->difference = layers_cost(whole, other, in->component);
	}
}

void layers_compute(struct report *report)
{
	for (size_t i = 0; i < report->n_layers; i++)
		compute(&report->layers[i], report->results);
}

void layers_release(struct layers *layers)
{
	for (unsigned i = 0; i < layers->n_steps; i++)
		free(layers->steps[i].adds);
	*layers = (struct layers){0};
}
