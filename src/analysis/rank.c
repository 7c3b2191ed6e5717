// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/rank.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct result *result_of(const struct report *report, const char *name)
{
	for (size_t i = 0; i < report->n_results; i++)
		if (report->results[i].has_maximum && !strcmp(report->results[i].name, name))
			return &report->results[i];
	return NULL;
}

static void set_ratios(const struct report *report, struct rank *rank)
{
	const struct result *r = &report->results[rank->result];

	for (unsigned c = 0; c < report->n_compare; c++) {
		const struct result *to = result_of(report, report->compare[c].row);

		rank->ratios[c] = to ? r->maximum.throughput_rps / to->maximum.throughput_rps : NAN;
		rank->reference_ratios[c] = to ? r->reference_rps / to->reference_rps : NAN;
	}
}

static int by_throughput(const void *a, const void *b, void *report)
{
	const struct result *results = ((const struct report *)report)->results;
	double x = results[((const struct rank *)a)->result].maximum.throughput_rps;
	double y = results[((const struct rank *)b)->result].maximum.throughput_rps;

	return (x < y) - (x > y);
}

static bool overlap(const struct maximum *above, const struct maximum *below)
{
	/* unknown intervals: nothing was shown to differ */
	return !(above->ci95_rps.lo > below->ci95_rps.hi);
}

int rank_results(struct report *report)
{
	struct rank *ranking = calloc(report->n_results + 1, sizeof(*ranking));
	size_t n = 0;

	if (!ranking)
		return -ENOMEM;
	for (size_t i = 0; i < report->n_results; i++)
		if (report->results[i].has_maximum)
			ranking[n++].result = i;
	qsort_r(ranking, n, sizeof(*ranking), by_throughput, report);
	for (size_t i = 0; i < n; i++) {
		const struct maximum *m = &report->results[ranking[i].result].maximum;

		ranking[i].rank = (unsigned)i + 1;
		/* with the first of the rank: else a chain of small steps would make all one */
		if (i && overlap(&report->results[ranking[ranking[i - 1].rank - 1].result].maximum, m))
			ranking[i].rank = ranking[i - 1].rank;
		set_ratios(report, &ranking[i]);
	}
	free(report->ranking);
	report->ranking = ranking;
	report->n_ranking = n;
	return 0;
}
