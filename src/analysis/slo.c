// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/slo.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/checks.h"
#include "base/units.h"

/* How many trials more one way than the other decide; and how many that did not are enough to refute. */
enum { DECISIVE = 2, TRIALS_MAX = 7 };

/* So many disturbed trials of a rate prove nothing. */
enum { DISTURBED_MAX = 3 };

/* Errors that are allowed where the user does not say it. */
#define ERRORS_USUAL 0.001

/* Of the arrivals of a trial, so many are to lie beyond the percentile. */
#define BEYOND 5

static const struct {
	const char *name;
	double quantile; /* 0: it is none */
} metrics[SLO_METRICS] = {
    [SLO_MEAN] = {"mean", 0},
    [SLO_P50] = {"p50", 0.5},
    [SLO_P90] = {"p90", 0.9},
    [SLO_P99] = {"p99", 0.99},
    [SLO_P999] = {"p999", 0.999},
    [SLO_MAX] = {"max", 0},
    [SLO_ERRORS] = {"errors", 0},
};

const char *slo_metric_name(enum slo_metric metric)
{
	return metrics[metric].name;
}

static bool parse_share(const char *text, double *share)
{
	char *end;
	double percent = strtod(text, &end);

	if (end == text || strcmp(end, "%") != 0 || !(percent >= 0 && percent < 100))
		return false;
	*share = percent / 100;
	return true;
}

static bool parse_bound(enum slo_metric metric, const char *text, double *bound)
{
	int64_t ns;

	if (metric == SLO_ERRORS)
		return parse_share(text, bound);
	if (parse_duration(text, &ns) || ns <= 0)
		return false;
	*bound = (double)ns / 1e3;
	return true;
}

static bool has(const struct slo *slo, enum slo_metric metric)
{
	for (unsigned i = 0; i < slo->n; i++)
		if (slo->list[i].metric == metric)
			return true;
	return false;
}

/* One of the list: "p99=10ms". */
static int parse_one(const char *item, struct slo *slo, struct err *err)
{
	size_t len = strcspn(item, "=");
	struct objective *o = &slo->list[slo->n];

	for (int m = 0; m < SLO_METRICS; m++) {
		if (strlen(metrics[m].name) != len || strncmp(item, metrics[m].name, len) != 0)
			continue;
		if (has(slo, (enum slo_metric)m))
			return err_set(err, -EINVAL, "two objectives for '%s'", metrics[m].name);
		o->metric = (enum slo_metric)m;
		if (!item[len] || !parse_bound(o->metric, item + len + 1, &o->bound))
			return err_set(err, -EINVAL, "bad objective '%s': write it as %s", item,
			    m == SLO_ERRORS ? "errors=0.1%" : "p99=10ms");
		slo->n++;
		return 0;
	}
	return err_set(err, -EINVAL,
	    "unknown objective '%s': use mean, p50, p90, p99, p999 or max, such as p99=10ms, or errors=0.1%%",
	    item);
}

int slo_parse(const char *text, struct slo *slo, struct err *err)
{
	char *list = strdup(text), *rest = list;
	struct slo parsed = {0};
	int rc = list ? 0 : err_set(err, -ENOMEM, "out of memory");

	for (char *item = strsep(&rest, ","); item && !rc; item = strsep(&rest, ","))
		rc = parse_one(item, &parsed, err);
	free(list);
	if (rc)
		return rc;
	if (parsed.n == 1 && has(&parsed, SLO_ERRORS))
		return err_set(
		    err, -EINVAL, "no latency in the objective '%s': add one, such as p99=10ms", text);
	if (!has(&parsed, SLO_ERRORS))
		parsed.list[parsed.n++] = (struct objective){.metric = SLO_ERRORS, .bound = ERRORS_USUAL};
	*slo = parsed;
	return 0;
}

void slo_format(const struct objective *o, const char *relation, char *text, size_t size)
{
	char bound[32];

	if (o->metric == SLO_ERRORS)
		snprintf(bound, sizeof(bound), "%.3g %%", 100 * o->bound);
	else
		format_duration(bound, sizeof(bound), o->bound * 1e3);
	snprintf(text, size, "%s %s %s", metrics[o->metric].name, relation, bound);
}

double slo_value(const struct step *step, enum slo_metric metric)
{
	const double values[SLO_METRICS] = {
	    [SLO_MEAN] = step->latency.mean,
	    [SLO_P50] = step->latency.p50,
	    [SLO_P90] = step->latency.p90,
	    [SLO_P99] = step->latency.p99,
	    [SLO_P999] = step->latency.p999,
	    [SLO_MAX] = step->latency.max,
	    [SLO_ERRORS] = step->counts.completed ? error_share(step) : 1,
	};

	return values[metric];
}

static bool check_ok(const struct step *step, const char *name)
{
	for (unsigned i = 0; i < step->n_checks; i++)
		if (!strcmp(step->checks[i].name, name))
			return step->checks[i].ok;
	return true;
}

/* Something else than the server may have made latencies longer. */
static bool is_disturbed(const struct step *step)
{
	static const char *const checks[] = {
	    "late_sends", "generator_busy", "generator_wait", "steal", "other_processes"};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (!check_ok(step, checks[i]))
			return true;
	return false;
}

struct slo_trial slo_judge(const struct slo *slo, const struct step *step)
{
	struct slo_trial trial = {.rate = step->open.rate, .kept = true};

	for (unsigned i = 0; i < slo->n; i++)
		trial.kept &= slo_value(step, slo->list[i].metric) <= slo->list[i].bound;
	/* what disturbs makes latencies longer: an objective that is kept all the same is kept */
	trial.disturbed = !trial.kept && is_disturbed(step);
	if (!check_ok(step, "rate_achieved"))
		return (struct slo_trial){
		    .rate = step->open.rate, .disturbed = !check_ok(step, "generator_busy")};
	return trial;
}

double slo_arrivals_wanted(const struct slo *slo)
{
	double farthest = 0;

	for (unsigned i = 0; i < slo->n; i++)
		farthest = fmax(farthest, metrics[slo->list[i].metric].quantile);
	return round(BEYOND / (1 - farthest));
}

enum slo_status slo_status(const struct slo_trial *trials, size_t n, uint64_t rate)
{
	int kept = 0, broken = 0, disturbed = 0;

	for (size_t i = 0; i < n; i++) {
		if (trials[i].rate != rate)
			continue;
		kept += trials[i].kept;
		disturbed += trials[i].disturbed;
		broken += !trials[i].kept && (!trials[i].disturbed || disturbed > DISTURBED_MAX);
	}
	if (kept - broken >= DECISIVE)
		return SLO_CONFIRMED;
	if (broken - kept >= DECISIVE || kept + broken >= TRIALS_MAX)
		return SLO_REFUTED;
	return kept > broken ? SLO_LEANS_KEPT : SLO_LEANS_BROKEN;
}

/* The highest rate of that status in (above, below), or 0. */
static uint64_t highest(
    const struct slo_trial *trials, size_t n, enum slo_status status, uint64_t above, uint64_t below)
{
	uint64_t found = 0;

	for (size_t i = 0; i < n; i++)
		if (trials[i].rate > above && trials[i].rate < below && trials[i].rate > found &&
		    slo_status(trials, n, trials[i].rate) == status)
			found = trials[i].rate;
	return found;
}

/* The lowest one, or `below`. */
static uint64_t lowest(
    const struct slo_trial *trials, size_t n, enum slo_status status, uint64_t above, uint64_t below)
{
	uint64_t found = below;

	for (size_t i = 0; i < n; i++)
		if (trials[i].rate > above && trials[i].rate < found &&
		    slo_status(trials, n, trials[i].rate) == status)
			found = trials[i].rate;
	return found;
}

void slo_bounds(const struct slo_trial *trials, size_t n, uint64_t *lo, uint64_t *hi)
{
	uint64_t refuted = lowest(trials, n, SLO_REFUTED, 0, UINT64_MAX);

	*lo = highest(trials, n, SLO_CONFIRMED, 0, refuted);
	*hi = refuted == UINT64_MAX ? 0 : refuted;
}

/* To three digits: nobody asks for 1414.2 requests a second. */
static uint64_t rounded(double rate)
{
	double unit = pow(10, floor(log10(rate)) - 2);

	return unit > 1 ? (uint64_t)(round(rate / unit) * unit) : (uint64_t)round(rate);
}

/* A rate between the two, or 0 when they are near enough. */
static uint64_t between(const struct slo_search *search, uint64_t lo, uint64_t hi)
{
	uint64_t middle = lo ? rounded(sqrt((double)lo * (double)hi)) : rounded((double)hi / 2);

	if (middle < search->rate_min)
		middle = search->rate_min;
	if ((double)hi <= (double)lo * (1 + search->width) || middle <= lo || middle >= hi)
		return 0;
	return middle;
}

uint64_t slo_next(const struct slo_search *search, const struct slo_trial *trials, size_t n)
{
	uint64_t confirmed, refuted, kept, broken, middle;

	if (!n)
		return search->first;
	slo_bounds(trials, n, &confirmed, &refuted);
	if (!refuted)
		refuted = UINT64_MAX;
	/* the bracket: what was not kept ends it, decided or not, and what was kept below that begins it */
	broken = lowest(trials, n, SLO_LEANS_BROKEN, confirmed, refuted);
	kept = highest(trials, n, SLO_LEANS_KEPT, confirmed, broken);
	if (!kept)
		kept = confirmed;
	if (broken == UINT64_MAX) {
		if (kept < search->rate_max)
			return 2 * kept < search->rate_max ? 2 * kept : search->rate_max;
		return kept == confirmed ? 0 : kept;
	}
	middle = between(search, kept, broken);
	if (middle)
		return middle;
	if (kept != confirmed)
		return kept;
	return broken != refuted ? broken : 0;
}
