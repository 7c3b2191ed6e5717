// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/rank.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double throughput_of(const struct report *report, const char *name)
{
	for (size_t i = 0; name && i < report->n_results; i++)
		if (report->results[i].has_maximum && !strcmp(report->results[i].name, name))
			return report->results[i].maximum.throughput_rps;
	return NAN;
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

int rank_results(struct report *report, const char *nginx, const char *skeleton)
{
	double to_nginx = throughput_of(report, nginx), to_skeleton = throughput_of(report, skeleton);
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
		ranking[i].ratio_to_nginx = m->throughput_rps / to_nginx;
		ranking[i].ratio_to_skeleton = m->throughput_rps / to_skeleton;
	}
	free(report->ranking);
	report->ranking = ranking;
	report->n_ranking = n;
	return 0;
}
