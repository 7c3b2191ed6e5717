// SPDX-License-Identifier: GPL-3.0-or-later
/* The servers that are launched, and what is to be found out about them; and the machines of it all. */
#include <errno.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/units.h"
#include "cli/measure_set.h"
#include "cluster/mpirun.h"
#include "cluster/subnet.h"
#include "observe/functions.h"

int set_catalog(void *into, const char *value, struct err *err)
{
	(void)err;
	measure_of(into)->plan.catalog = value;
	return 0;
}

int set_catalog_b(void *into, const char *value, struct err *err)
{
	(void)err;
	measure_of(into)->plan.catalog_b = value;
	return 0;
}

int set_suite(void *into, const char *value, struct err *err)
{
	(void)err;
	measure_of(into)->plan.suite = value;
	return 0;
}

int set_workload(void *into, const char *value, struct err *err)
{
	if (value[0] != '/')
		return err_set(err, -EINVAL, "bad workload '%s': it is a path, such as /hello", value);
	measure_of(into)->plan.workload = value;
	return 0;
}

int set_ready(void *into, const char *value, struct err *err)
{
	return measure_parse_time("time", value, NS_PER_MS, &measure_of(into)->plan.ready_ns, err);
}

int set_server_cpus(void *into, const char *value, struct err *err)
{
	return cpus_parse(value, &measure_of(into)->plan.server_cpus, err);
}

int set_layers(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.layers = true;
	return 0;
}

int add_below(void *into, const char *value, struct err *err)
{
	struct plan *plan = &measure_of(into)->plan;

	if (plan->n_below == PLAN_BELOW_MAX)
		return err_set(err, -EINVAL, "too many servers below: at most %d", PLAN_BELOW_MAX);
	if (url_parse(value, &plan->below_urls[plan->n_below], err))
		return -EINVAL;
	plan->n_below++;
	return 0;
}

int set_profile(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.profile |= PROFILE_PHASES;
	return 0;
}

int set_phases(void *into, const char *value, struct err *err)
{
	(void)err;
	measure_of(into)->plan.phases = value;
	return 0;
}

int set_functions(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.profile |= PROFILE_FUNCTIONS;
	return 0;
}

int set_frequency(void *into, const char *value, struct err *err)
{
	uint64_t n;

	if (parse_count(value, &n) || n < FUNCTIONS_FREQUENCY_MIN || n > FUNCTIONS_FREQUENCY_MAX)
		return err_set(err, -EINVAL, "bad frequency '%s': from %d to %d samples a second", value,
		    FUNCTIONS_FREQUENCY_MIN, FUNCTIONS_FREQUENCY_MAX);
	measure_of(into)->plan.frequency_hz = (unsigned)n;
	return set_functions(into, NULL, err);
}

int set_parts(void *into, const char *value, struct err *err)
{
	measure_of(into)->plan.parts = value;
	return set_functions(into, NULL, err);
}

int set_generators(void *into, const char *value, struct err *err)
{
	measure_of(into)->plan.generators = value;
	return mpirun_count(value, err) < 0 ? -EINVAL : 0;
}

int set_server(void *into, const char *value, struct err *err)
{
	int n = mpirun_count(value, err);

	measure_of(into)->plan.server = value;
	return n > 1 ? err_set(err, -EINVAL, "bad server '%s': it is one machine", value) : n < 0 ? n : 0;
}

int set_subnet(void *into, const char *value, struct err *err)
{
	measure_of(into)->plan.subnet = value;
	return subnet_parse(value, err);
}

int set_ranks(void *into, const char *value, struct err *err)
{
	uint64_t n;

	if (parse_count(value, &n) || n < 2 || n > UINT16_MAX)
		return err_set(err, -EINVAL, "bad number of ranks '%s': it must be 2 or more", value);
	measure_of(into)->plan.ranks = (unsigned)n;
	return 0;
}
