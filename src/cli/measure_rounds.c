// SPDX-License-Identifier: GPL-3.0-or-later
/* For how long and how often it is measured, and to which end: warm-up, precision, budget, rounds and objectives. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/units.h"
#include "cli/measure_set.h"

enum { ROUNDS_MAX = 10000 };

int measure_parse_time(const char *what, const char *value, int64_t least_ns, int64_t *ns, struct err *err)
{
	int64_t parsed;

	if (parse_duration(value, &parsed) || parsed < least_ns)
		return err_set(err, -EINVAL, "bad %s '%s': write it as 10s, 500ms or 2m, at least %lldms",
		    what, value, (long long)(least_ns / NS_PER_MS));
	*ns = parsed;
	return 0;
}

int set_requests(void *into, const char *value, struct err *err)
{
	uint64_t *requests = &measure_of(into)->plan.requests;

	if (parse_count(value, requests) || !*requests)
		return err_set(
		    err, -EINVAL, "bad number of requests '%s': write it as 200000 or 200k", value);
	return 0;
}

int set_duration(void *into, const char *value, struct err *err)
{
	return measure_parse_time(
	    "duration", value, 100 * NS_PER_MS, &measure_of(into)->plan.duration_ns, err);
}

int set_warmup(void *into, const char *value, struct err *err)
{
	int64_t *warmup_ns = &measure_of(into)->plan.warmup_ns;

	if (!strcmp(value, "auto")) {
		*warmup_ns = PLAN_WARMUP_AUTO;
		return 0;
	}
	if (parse_duration(value, warmup_ns) || *warmup_ns < 0)
		return err_set(err, -EINVAL, "bad warm-up '%s': write it as auto, 0, 500ms or 2s", value);
	return 0;
}

int set_precision(void *into, const char *value, struct err *err)
{
	char *end;
	double percent = strtod(value, &end);

	if (end == value || strcmp(end, "%") != 0 || !(percent > 0 && percent < 100))
		return err_set(err, -EINVAL, "bad precision '%s': write it as 2%% or 0.5%%", value);
	measure_of(into)->plan.precision = percent / 100;
	return 0;
}

int set_budget(void *into, const char *value, struct err *err)
{
	return measure_parse_time("budget", value, NS_PER_S, &measure_of(into)->plan.budget_ns, err);
}

int set_rounds(void *into, const char *value, struct err *err)
{
	uint64_t n;

	if (parse_count(value, &n) || n < 1 || n > ROUNDS_MAX)
		return err_set(
		    err, -EINVAL, "bad number of rounds '%s': it must be 1 to %d", value, ROUNDS_MAX);
	measure_of(into)->plan.rounds = (unsigned)n;
	return 0;
}

int set_slo(void *into, const char *value, struct err *err)
{
	return slo_parse(value, &measure_of(into)->plan.slo, err);
}

int set_latency_limit(void *into, const char *value, struct err *err)
{
	int64_t *limit_ns = &measure_of(into)->plan.latency_limit_ns;

	if (parse_duration(value, limit_ns) || *limit_ns <= 0)
		return err_set(err, -EINVAL, "bad latency limit '%s': write it as 10ms or 500us", value);
	return 0;
}

int set_ab(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.is_ab = true;
	return 0;
}

int set_seed(void *into, const char *value, struct err *err)
{
	uint64_t *seed = &measure_of(into)->plan.seed;

	if (parse_count(value, seed) || *seed > UINT32_MAX)
		return err_set(err, -EINVAL, "bad seed '%s': it must be 0 to %u", value, UINT32_MAX);
	measure_of(into)->has_seed = true;
	return 0;
}

int set_quick(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.quick = true;
	return 0;
}
