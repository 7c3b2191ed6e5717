// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a request costs in each function, from sampled stacks and from what a request costs in each component: a function's cost is
 * its share of the component's samples times the component's cost. Pure functions.
 *
 * `self`: the function itself ran, `total`: it or anything that it called, as far as the stacks show callers.
 */
#ifndef MAXQ_ANALYSIS_FUNCTIONS_H
#define MAXQ_ANALYSIS_FUNCTIONS_H

#include "analysis/result.h"
#include "sample/parts.h"

/* A share of samples, and what it comes to. */
struct sampled_cost {
	uint64_t samples;
	double share; /* of the component's samples */
	double us;    /* a request; NAN: the component's cost is unknown */
	double
	    half_width; /* of the 95 % interval of the share, in us: how exact sampling is. NAN where us is */
};

struct function_cost {
	uint32_t frame; /* of the stacks */
	struct sampled_cost self, total;
};

struct part_cost {
	char name[32];
	struct sampled_cost cost;
};

struct component_functions {
	char component[COMPONENT_NAME_MAX];
	uint64_t samples;
	double cost_us,
	    kernel_share; /* cost: user and system; kernel: of the samples, those that ended there */
	size_t n_functions;
	struct function_cost *functions; /* by self, the most first */
	unsigned n_parts;                /* 0: no frame of it belongs to any part */
	struct part_cost *parts;         /* in the order of the rules; what belongs to none is "other" */
};

/* Owns all that it points to. */
struct function_profile {
	struct stacks stacks;
	double
	    slowdown; /* cost of a request while it was sampled, over that while it was not, less 1; NAN: unknown */
	size_t n_components;
	struct component_functions *components; /* by cost, the most first */
};

/*
 * `untraced` says what each component costs, `traced` what it cost while it was sampled. The stacks become the profile's, also
 * when it fails: -ENOMEM. `parts` may be NULL.
 */
int function_profile_new(struct function_profile **profile, struct stacks *stacks, const struct parts *parts,
    const struct step *untraced, const struct step *traced);
void function_profile_free(struct function_profile *profile);

#endif
