// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/measure_fit.h"

#include <errno.h>
#include <string.h>

/* An option that has nothing to say to these commands with these operands. */
struct rule {
	unsigned commands, operands;
	const char *name;
	const char *unless, *with; /* only without this other option, or with that one; NULL: in any case */
	const char *why;
};

enum {
	ANY_OPERANDS = OF_TARGETS | OF_STACKS,
	EITHER = MEASURE_PROFILE | MEASURE_COMPARE,
};

static const struct rule rules[] = {
    {EITHER, OF_TARGETS, "workload", NULL, NULL,
	"--workload is for stacks: the path of a target is in its URL"},
    {EITHER, OF_TARGETS, "ready", NULL, NULL,
	"--ready is for stacks, which are launched: a target runs already"},
    {EITHER, OF_TARGETS, "server-cpus", NULL, NULL,
	"--server-cpus is for stacks, which are launched: a target stays on the CPUs that it has"},
    {MEASURE_COMPARE, OF_TARGETS, "catalog", NULL, NULL, "--catalog is for stacks, not for targets"},
    {MEASURE_COMPARE, OF_TARGETS, "catalog-b", NULL, NULL, "--catalog-b is for stacks, not for targets"},
    {EITHER, OF_STACKS, "expect-status", NULL, NULL,
	"--expect-status is for targets: what a stack must answer is in the catalog"},
    {EITHER, OF_STACKS, "expect-body", NULL, NULL,
	"--expect-body is for targets: what a stack must answer is in the catalog"},
    {EITHER, OF_STACKS, "store-query", NULL, NULL,
	"--store-query is for targets: a stack is asked without a query"},
    {MEASURE_COMPARE, ANY_OPERANDS, "anyway", NULL, NULL,
	"--anyway is for runs of the history: leave it out with --ab"},
    {MEASURE_BENCH, ANY_OPERANDS, "phases", "profile", NULL, "--phases needs --profile"},
    {MEASURE_BENCH, ANY_OPERANDS, "frequency", "functions", NULL, "--frequency needs --functions"},
    {MEASURE_BENCH, ANY_OPERANDS, "parts", "functions", NULL, "--parts needs --functions"},
    {MEASURE_BENCH, ANY_OPERANDS, "folded", "functions", NULL, "--folded needs --functions"},
    {MEASURE_BENCH, ANY_OPERANDS, "flame", "functions", NULL, "--flame needs --functions"},
    {MEASURE_PROFILE, ANY_OPERANDS, "duration", NULL, "requests",
	"-n says when each load ends: leave out -d"},
    {MEASURE_PROFILE, ANY_OPERANDS, "warmup", NULL, "requests",
	"with -n each load is watched from its beginning: leave out --warmup"},
};

/* All that can be said of runs that were measured already. */
static const char *const of_runs[] = {"anyway", "json", "markdown", "store", "quiet"};

static bool is_given(const struct measure *m, const char *name)
{
	for (size_t i = 0; m->given[i]; i++)
		if (!strcmp(m->given[i], name))
			return true;
	return false;
}

static int fit_runs(const struct measure *m, struct err *err)
{
	for (size_t i = 0; m->given[i]; i++) {
		bool known = false;

		for (size_t j = 0; j < sizeof(of_runs) / sizeof(of_runs[0]); j++)
			known |= !strcmp(m->given[i], of_runs[j]);
		if (!known)
			return err_set(err, -EINVAL,
			    "--%s is for what is measured now: add --ab, or leave it out", m->given[i]);
	}
	return 0;
}

/* Variables are for some protocols only; where servers have several of these, it is enough that one can take them. */
static int fit_protocols(const struct measure *m, struct err *err)
{
	bool takes_params = m->plan.url.protocol != PROTOCOL_HTTP;
	bool takes_modifier = m->plan.url.protocol == PROTOCOL_UWSGI;

	for (size_t i = 0; i < m->plan.n_below; i++) {
		takes_params |= m->plan.below_urls[i].protocol != PROTOCOL_HTTP;
		takes_modifier |= m->plan.below_urls[i].protocol == PROTOCOL_UWSGI;
	}
	if (m->plan.n_params && !takes_params)
		return err_set(
		    err, -EINVAL, "--param is for fastcgi, uwsgi and scgi: none of the targets speaks these");
	if (is_given(m, "uwsgi-modifier") && !takes_modifier)
		return err_set(
		    err, -EINVAL, "--uwsgi-modifier is for uwsgi: none of the targets speaks that");
	return 0;
}

int measure_fit(const struct measure *m, enum operands operands, struct err *err)
{
	if (operands == OF_RUNS)
		return fit_runs(m, err);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *rule = &rules[i];

		if ((m->command & rule->commands) && (operands & rule->operands) && is_given(m, rule->name) &&
		    !(rule->unless && is_given(m, rule->unless)) && (!rule->with || is_given(m, rule->with)))
			return err_set(err, -EINVAL, "%s", rule->why);
	}
	/* a profile is by the one or the other; bench can do both */
	if (m->command == MEASURE_PROFILE && m->plan.phases && (m->plan.profile & PROFILE_FUNCTIONS))
		return err_set(err, -EINVAL,
		    "a profile is by phases or by functions: leave out --phases, or --functions and what goes with it");
	return m->command == MEASURE_LAYERS ? fit_protocols(m, err) : 0;
}
