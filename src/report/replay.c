// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/replay.h"

#include <string.h>

#include "analysis/search.h"

/* A load is told by its result alone, a sweep by its steps before that. */
static void replay_target(const struct report *report, struct sink *sink)
{
	struct progress progress = {.n_rows = 1};
	bool has_steps = !strcmp(report->command, "sweep");

	for (size_t i = 0; i < report->n_results; i++) {
		const struct result *r = &report->results[i];

		progress.name = r->name;
		if (has_steps && sink->row)
			sink->row(sink, &progress, NULL);
		for (size_t s = 0; s < r->n_steps && has_steps && sink->step; s++)
			sink->step(sink, &progress, &r->steps[s]);
		if (sink->result && (report->complete || r->n_steps))
			sink->result(sink, r);
	}
}

/* The step that a search of the first `n` steps has found; NULL: none. */
static const struct step *best_step(const struct result *r, size_t n)
{
	const struct search search = {.axis = curve_clients, .whole = true};
	double clients = search_best(&search, r->steps, n);

	while (n && r->steps[n - 1].clients != (unsigned)clients)
		n--;
	return n ? &r->steps[n - 1] : NULL;
}

/* Steps of a row's search: all but that of its rounds, which comes last. */
static void replay_row(const struct report *report, size_t i, struct sink *sink)
{
	const struct result *r = &report->results[i];
	struct progress progress = {.name = r->name, .row = i, .n_rows = report->n_results};
	size_t n_search = r->n_steps - (r->n_rounds && r->n_steps ? 1 : 0);
	const struct step *best = best_step(r, n_search);

	/* a row that failed before its first round failed in its search, as far as can be told */
	if (best && sink->searched && (r->n_rounds || !r->failed))
		sink->searched(sink, &progress, best);
}

void replay(const struct report *report, struct sink *sink)
{
	bool is_bench = report_has_rounds(report);

	if (sink->begin)
		sink->begin(sink, report);
	for (size_t i = 0; i < report->n_results && is_bench; i++)
		replay_row(report, i, sink);
	for (size_t i = 0; i < report->n_results && is_bench && sink->result; i++)
		sink->result(sink, &report->results[i]);
	if (!is_bench)
		replay_target(report, sink);
	if (sink->end)
		sink->end(sink, report);
}
