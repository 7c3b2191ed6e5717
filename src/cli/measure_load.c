// SPDX-License-Identifier: GPL-3.0-or-later
/* What the generator does: how many clients or how fast, by which connections, and on which CPUs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"
#include "base/units.h"
#include "cli/measure_set.h"
#include "engine/load.h"

enum { THREADS_MAX = 1024 };

int set_clients(void *into, const char *value, struct err *err)
{
	struct plan *plan = &measure_of(into)->plan;
	char *list = strdup(value), *rest = list;
	int rc = list ? 0 : -ENOMEM;

	plan->n_clients = 0;
	for (char *item = strsep(&rest, ","); item && !rc; item = strsep(&rest, ",")) {
		uint64_t n;

		if (parse_count(item, &n) || n < 1 || n > LOAD_CLIENTS_MAX)
			rc = err_set(err, -EINVAL,
			    "bad number of clients '%s': it must be 1 to %d, or a list such as 1,2,4", item,
			    LOAD_CLIENTS_MAX);
		else if (plan->n_clients == PLAN_CLIENTS_MAX)
			rc = err_set(
			    err, -EINVAL, "too many numbers of clients: at most %d", PLAN_CLIENTS_MAX);
		else
			plan->clients[plan->n_clients++] = (unsigned)n;
	}
	free(list);
	return rc;
}

int set_planned_rate(void *into, const char *value, struct err *err)
{
	uint64_t rate;

	if (parse_count(value, &rate) || !rate)
		return err_set(err, -EINVAL, "bad rate '%s': write it as 20000 or 20k", value);
	measure_of(into)->plan.connections_per_s = (double)rate;
	return 0;
}

int set_rate(void *into, const char *value, struct err *err)
{
	uint64_t rate;

	if (parse_count(value, &rate) || rate < 1 || rate > PACE_RATE_MAX)
		return err_set(err, -EINVAL, "bad rate '%s': write it as 20000 or 20k, at most %dM", value,
		    PACE_RATE_MAX / 1000000);
	measure_of(into)->plan.rate = rate;
	return 0;
}

int set_arrival(void *into, const char *value, struct err *err)
{
	int arrival = arrival_parse(value);

	if (arrival < 0)
		return err_set(err, -EINVAL, "unknown arrival '%s': use constant or poisson", value);
	measure_of(into)->plan.arrival = (enum arrival)arrival;
	return 0;
}

int set_threads(void *into, const char *value, struct err *err)
{
	uint64_t n;

	if (parse_count(value, &n) || n < 1 || n > THREADS_MAX)
		return err_set(
		    err, -EINVAL, "bad number of threads '%s': it must be 1 to %d", value, THREADS_MAX);
	measure_of(into)->plan.threads = (unsigned)n;
	return 0;
}

int set_pipeline(void *into, const char *value, struct err *err)
{
	uint64_t n;

	if (parse_count(value, &n) || n < 1 || n > LOAD_PIPELINE_MAX)
		return err_set(err, -EINVAL, "bad number of requests '%s': it must be 1 to %d", value,
		    LOAD_PIPELINE_MAX);
	measure_of(into)->plan.pipeline = (unsigned)n;
	return 0;
}

int set_timeout(void *into, const char *value, struct err *err)
{
	return measure_parse_time("timeout", value, NS_PER_MS, &measure_of(into)->plan.timeout_ns, err);
}

int set_keepalive(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.keepalive = KEEPALIVE_YES;
	return 0;
}

int set_no_keepalive(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.keepalive = KEEPALIVE_NO;
	return 0;
}

int set_close(void *into, const char *value, struct err *err)
{
	if (strcmp(value, "fin") != 0 && strcmp(value, "rst") != 0)
		return err_set(err, -EINVAL, "bad way to close '%s': use fin or rst", value);
	measure_of(into)->plan.reset = !strcmp(value, "rst");
	return 0;
}

int set_source(void *into, const char *value, struct err *err)
{
	struct plan *plan = &measure_of(into)->plan;
	char *list = strdup(value), *rest = list;
	int rc = list ? 0 : -ENOMEM;

	for (char *item = strsep(&rest, ","); item && !rc; item = strsep(&rest, ",")) {
		if (plan->n_sources == PLAN_SOURCES_MAX)
			rc = err_set(err, -EINVAL, "too many source addresses: at most %d", PLAN_SOURCES_MAX);
		else if (addr_parse_ip(item, &plan->sources[plan->n_sources++]))
			rc = err_set(err, -EINVAL,
			    "bad source address '%s': write it as 127.0.0.2, or a list of such", item);
	}
	free(list);
	return rc;
}

int set_calibrate(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.calibrate = true;
	return 0;
}

int set_io(void *into, const char *value, struct err *err)
{
	int kind = io_kind_parse(value);

	if (kind < 0)
		return err_set(
		    err, -EINVAL, "unknown io '%s': use auto, epoll, poll, io_uring or null", value);
	measure_of(into)->plan.io = (enum io_kind)kind;
	return 0;
}

int set_generator_cpus(void *into, const char *value, struct err *err)
{
	return cpus_parse(value, &measure_of(into)->plan.generator_cpus, err);
}
