// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which load to try next. The clients are doubled until throughput gains nothing twice in a row, or falls; or they follow
 * the user's list. Where the intervals are wide, one low step says little: then it takes three in a row.
 */
#ifndef MAXQ_ANALYSIS_SEARCH_H
#define MAXQ_ANALYSIS_SEARCH_H

#include "analysis/result.h"

struct search {
	const unsigned *list; /* of clients to try, all of them; NULL: double */
	size_t n_list;
	unsigned clients_max;
};

/* The clients of the step that is to follow these (in the order in which they were measured), or 0 when all is known. */
unsigned search_next(const struct search *search, const struct step *steps, size_t n);

/* True when the last steps show that more clients give no more throughput. */
bool search_plateau(const struct step *steps, size_t n);

/*
 * The step to measure again as the maximum: of those within 1 % of the best throughput the one with the fewest clients,
 * as more of them only wait longer. -1 when no step had any throughput.
 */
int search_best(const struct step *steps, size_t n);

#endif
