// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the layers of a stack cost: from the cost of every round of every rung of its ladder. There are two views, which are
 * not the same: what a component costs within the whole stack, and what it adds, as the difference of two stacks. All figures
 * are CPU time in us per completed response of all rounds together (a ratio, so that they add up, and are those of the
 * maximum), with Student's t over the rounds for their intervals. The interval of a difference is that of both stacks' residuals
 * subtracted round by round, in which they were measured a few seconds apart: a machine which becomes slower and faster again
 * moves both. All differences of a flight add up to the whole.
 */
#ifndef MAXQ_ANALYSIS_LAYERS_H
#define MAXQ_ANALYSIS_LAYERS_H

#include "analysis/result.h"

/* NAN: unknown. Bounds are, with fewer than two rounds. */
struct estimate {
	double mean;
	struct interval ci95;
};

struct layer_cost {
	struct estimate user, system, total;
};

/* What one component uses while the whole stack is loaded. */
struct layer_within {
	char component[COMPONENT_NAME_MAX];
	struct layer_cost cost;
	double share; /* of the whole */
};

/* From one stack to another that has one thing more. */
struct layer_step {
	const char *flight; /* static text, a key of the schema: behind, direct or front */
	char *adds;
	bool is_first;   /* there is no `from`: all of `to` is added */
	size_t from, to; /* results of the report */
	struct layer_cost cost;
};

/* What a component costs more within the whole than within another stack: it would be 0 if layers had prices. */
struct interaction {
	char component[COMPONENT_NAME_MAX];
	size_t other; /* a result of the report */
	struct layer_cost within_whole, within_other, difference;
};

enum { LAYERS_WITHIN_MAX = 16, LAYERS_STEPS_MAX = 32, LAYERS_INTERACTIONS_MAX = 16 };

struct layers {
	size_t whole; /* a result of the report */
	struct layer_cost cost;
	unsigned n_within;
	struct layer_within within[LAYERS_WITHIN_MAX];
	unsigned n_steps;
	struct layer_step steps[LAYERS_STEPS_MAX];
	unsigned n_interactions;
	struct interaction interactions[LAYERS_INTERACTIONS_MAX];
};

/* Notes what each component cost in the round of that sample and number, as the last of the result's rounds. -ENOMEM. */
int layers_note_round(struct result *result, const struct step_sample *sample, unsigned round);

/*
 * What the component (NULL: all) cost in the rounds of `result`; with `minus`, how much more than in that, over the rounds that
 * both have. NAN without a round, or when no process is known.
 */
struct layer_cost layers_cost(const struct result *result, const struct result *minus, const char *component);

/* The next layers of the report, zero; in place until the next call. NULL without memory. */
struct layers *layers_add(struct report *report);

/* Add what is to be compared; beyond their maximum nothing is added. -ENOMEM. */
int layers_add_step(
    struct layers *layers, const char *flight, const char *adds, const size_t *from, size_t to);
void layers_add_interaction(struct layers *layers, const char *component, size_t other);

/* Computes all costs, once all rounds are over. */
void layers_compute(struct report *report);

void layers_release(struct layers *layers);

#endif
