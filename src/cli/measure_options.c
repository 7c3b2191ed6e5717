// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/cpus.h"
#include "base/file.h"
#include "base/units.h"
#include "cli/label.h"
#include "cli/machines.h"
#include "cli/measure.h"
#include "cli/options.h"
#include "cluster/mpirun.h"
#include "cluster/subnet.h"
#include "engine/load.h"
#include "observe/functions.h"

enum { BODY_MAX = 64 * 1024 * 1024, THREADS_MAX = 1024, ROUNDS_MAX = 10000 };

static struct measure *measure_of(void *into)
{
	return into;
}

static int set_clients(void *into, const char *value, struct err *err)
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

static int set_requests(void *into, const char *value, struct err *err)
{
	uint64_t *requests = &measure_of(into)->plan.requests;

	if (parse_count(value, requests) || !*requests)
		return err_set(
		    err, -EINVAL, "bad number of requests '%s': write it as 200000 or 200k", value);
	return 0;
}

static int parse_time(const char *what, const char *value, int64_t least_ns, int64_t *ns, struct err *err)
{
	int64_t parsed;

	if (parse_duration(value, &parsed) || parsed < least_ns)
		return err_set(err, -EINVAL, "bad %s '%s': write it as 10s, 500ms or 2m, at least %lldms",
		    what, value, (long long)(least_ns / NS_PER_MS));
	*ns = parsed;
	return 0;
}

static int set_duration(void *into, const char *value, struct err *err)
{
	return parse_time("duration", value, 100 * NS_PER_MS, &measure_of(into)->plan.duration_ns, err);
}

static int set_timeout(void *into, const char *value, struct err *err)
{
	return parse_time("timeout", value, NS_PER_MS, &measure_of(into)->plan.timeout_ns, err);
}

static int set_ready(void *into, const char *value, struct err *err)
{
	return parse_time("time", value, NS_PER_MS, &measure_of(into)->plan.ready_ns, err);
}

static int set_threads(void *into, const char *value, struct err *err)
{
	uint64_t n;

	if (parse_count(value, &n) || n < 1 || n > THREADS_MAX)
		return err_set(
		    err, -EINVAL, "bad number of threads '%s': it must be 1 to %d", value, THREADS_MAX);
	measure_of(into)->plan.threads = (unsigned)n;
	return 0;
}

static int set_pipeline(void *into, const char *value, struct err *err)
{
	uint64_t n;

	if (parse_count(value, &n) || n < 1 || n > LOAD_PIPELINE_MAX)
		return err_set(err, -EINVAL, "bad number of requests '%s': it must be 1 to %d", value,
		    LOAD_PIPELINE_MAX);
	measure_of(into)->plan.pipeline = (unsigned)n;
	return 0;
}

static int set_planned_rate(void *into, const char *value, struct err *err)
{
	uint64_t rate;

	if (parse_count(value, &rate) || !rate)
		return err_set(err, -EINVAL, "bad rate '%s': write it as 20000 or 20k", value);
	measure_of(into)->plan.connections_per_s = (double)rate;
	return 0;
}

static int set_rate(void *into, const char *value, struct err *err)
{
	uint64_t rate;

	if (parse_count(value, &rate) || rate < 1 || rate > PACE_RATE_MAX)
		return err_set(err, -EINVAL, "bad rate '%s': write it as 20000 or 20k, at most %dM", value,
		    PACE_RATE_MAX / 1000000);
	measure_of(into)->plan.rate = rate;
	return 0;
}

static int set_arrival(void *into, const char *value, struct err *err)
{
	int arrival = arrival_parse(value);

	if (arrival < 0)
		return err_set(err, -EINVAL, "unknown arrival '%s': use constant or poisson", value);
	measure_of(into)->plan.arrival = (enum arrival)arrival;
	return 0;
}

static int set_latency_limit(void *into, const char *value, struct err *err)
{
	int64_t *limit_ns = &measure_of(into)->plan.latency_limit_ns;

	if (parse_duration(value, limit_ns) || *limit_ns <= 0)
		return err_set(err, -EINVAL, "bad latency limit '%s': write it as 10ms or 500us", value);
	return 0;
}

static int set_slo(void *into, const char *value, struct err *err)
{
	return slo_parse(value, &measure_of(into)->plan.slo, err);
}

static int set_quick(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.quick = true;
	return 0;
}

static int set_header(void *into, const char *value, struct err *err)
{
	struct plan *plan = &measure_of(into)->plan;

	if (plan->n_headers == PLAN_HEADERS_MAX)
		return err_set(err, -EINVAL, "too many headers: at most %d", PLAN_HEADERS_MAX);
	plan->headers[plan->n_headers++] = value;
	return 0;
}

static int add_param(void *into, const char *value, struct err *err)
{
	struct plan *plan = &measure_of(into)->plan;

	if (strcspn(value, "=") == 0 || !strchr(value, '='))
		return err_set(err, -EINVAL, "bad parameter '%s': write it as NAME=VALUE", value);
	if (plan->n_params == PLAN_PARAMS_MAX)
		return err_set(err, -EINVAL, "too many parameters: at most %d", PLAN_PARAMS_MAX);
	plan->params[plan->n_params++] = value;
	return 0;
}

static int set_uwsgi_modifier(void *into, const char *value, struct err *err)
{
	uint64_t n;

	if (parse_count(value, &n) || n > UINT8_MAX)
		return err_set(err, -EINVAL, "bad modifier '%s': it must be 0 to 255", value);
	measure_of(into)->plan.modifier1 = (uint8_t)n;
	return 0;
}

static int set_method(void *into, const char *value, struct err *err)
{
	(void)err;
	measure_of(into)->plan.method = value;
	return 0;
}

/* TEXT, or @FILE for its content. *data is from malloc; an empty content is no error. */
static int read_content(const char *value, void **data, size_t *len, struct err *err)
{
	struct buf content;
	int rc;

	if (value[0] == '@' && machines_is_follower())
		value = "";
	buf_init(&content, BODY_MAX);
	rc = value[0] == '@' ? file_read(value + 1, &content, err) : buf_text(&content, value);
	free(*data);
	*data = rc ? NULL : malloc(content.len + 1);
	if (*data)
		memcpy(*data, content.data, content.len + 1);
	else if (!rc)
		rc = err_set(err, -ENOMEM, "out of memory");
	*len = content.len;
	buf_release(&content);
	return rc;
}

static int set_body(void *into, const char *value, struct err *err)
{
	struct measure *m = measure_of(into);
	int rc = read_content(value, &m->body, &m->plan.body_len, err);

	m->plan.body = m->body;
	return rc;
}

static int set_expect_body(void *into, const char *value, struct err *err)
{
	struct measure *m = measure_of(into);
	int rc = read_content(value, &m->expect_body, &m->plan.expect_body_len, err);

	m->plan.expect_body = m->expect_body;
	return rc;
}

static int set_expect_status(void *into, const char *value, struct err *err)
{
	uint64_t status;

	if (parse_count(value, &status) || status < 100 || status > 599)
		return err_set(err, -EINVAL, "bad status '%s': it must be 100 to 599", value);
	measure_of(into)->plan.expect_status = (uint16_t)status;
	return 0;
}

static int set_keepalive(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.keepalive = KEEPALIVE_YES;
	return 0;
}

static int set_no_keepalive(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.keepalive = KEEPALIVE_NO;
	return 0;
}

static int set_close(void *into, const char *value, struct err *err)
{
	if (strcmp(value, "fin") != 0 && strcmp(value, "rst") != 0)
		return err_set(err, -EINVAL, "bad way to close '%s': use fin or rst", value);
	measure_of(into)->plan.reset = !strcmp(value, "rst");
	return 0;
}

static int set_source(void *into, const char *value, struct err *err)
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

static int set_calibrate(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.calibrate = true;
	return 0;
}

static int set_io(void *into, const char *value, struct err *err)
{
	int kind = io_kind_parse(value);

	if (kind < 0)
		return err_set(
		    err, -EINVAL, "unknown io '%s': use auto, epoll, poll, io_uring or null", value);
	measure_of(into)->plan.io = (enum io_kind)kind;
	return 0;
}

static int set_generator_cpus(void *into, const char *value, struct err *err)
{
	return cpus_parse(value, &measure_of(into)->plan.generator_cpus, err);
}

static int set_server_cpus(void *into, const char *value, struct err *err)
{
	return cpus_parse(value, &measure_of(into)->plan.server_cpus, err);
}

static int set_remote_ok(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.remote_ok = true;
	return 0;
}

static int set_catalog(void *into, const char *value, struct err *err)
{
	(void)err;
	measure_of(into)->plan.catalog = value;
	return 0;
}

static int set_suite(void *into, const char *value, struct err *err)
{
	(void)err;
	measure_of(into)->plan.suite = value;
	return 0;
}

static int set_layers(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.layers = true;
	return 0;
}

static int set_profile(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.profile |= PROFILE_PHASES;
	return 0;
}

static int set_phases(void *into, const char *value, struct err *err)
{
	(void)err;
	measure_of(into)->plan.phases = value;
	return 0;
}

static int set_functions(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.profile |= PROFILE_FUNCTIONS;
	return 0;
}

static int set_frequency(void *into, const char *value, struct err *err)
{
	uint64_t n;

	if (parse_count(value, &n) || n < FUNCTIONS_FREQUENCY_MIN || n > FUNCTIONS_FREQUENCY_MAX)
		return err_set(err, -EINVAL, "bad frequency '%s': from %d to %d samples a second", value,
		    FUNCTIONS_FREQUENCY_MIN, FUNCTIONS_FREQUENCY_MAX);
	measure_of(into)->plan.frequency_hz = (unsigned)n;
	return set_functions(into, NULL, err);
}

static int set_parts(void *into, const char *value, struct err *err)
{
	measure_of(into)->plan.parts = value;
	return set_functions(into, NULL, err);
}

static int set_folded(void *into, const char *value, struct err *err)
{
	measure_of(into)->outputs.folded = value;
	return set_functions(into, NULL, err);
}

static int set_flame(void *into, const char *value, struct err *err)
{
	measure_of(into)->outputs.flame = value;
	return set_functions(into, NULL, err);
}

static int add_below(void *into, const char *value, struct err *err)
{
	struct plan *plan = &measure_of(into)->plan;

	if (plan->n_below == PLAN_BELOW_MAX)
		return err_set(err, -EINVAL, "too many servers below: at most %d", PLAN_BELOW_MAX);
	if (url_parse(value, &plan->below_urls[plan->n_below], err))
		return -EINVAL;
	plan->n_below++;
	return 0;
}

static int set_rounds(void *into, const char *value, struct err *err)
{
	uint64_t n;

	if (parse_count(value, &n) || n < 1 || n > ROUNDS_MAX)
		return err_set(
		    err, -EINVAL, "bad number of rounds '%s': it must be 1 to %d", value, ROUNDS_MAX);
	measure_of(into)->plan.rounds = (unsigned)n;
	return 0;
}

static int set_precision(void *into, const char *value, struct err *err)
{
	char *end;
	double percent = strtod(value, &end);

	if (end == value || strcmp(end, "%") != 0 || !(percent > 0 && percent < 100))
		return err_set(err, -EINVAL, "bad precision '%s': write it as 2%% or 0.5%%", value);
	measure_of(into)->plan.precision = percent / 100;
	return 0;
}

static int set_budget(void *into, const char *value, struct err *err)
{
	return parse_time("budget", value, NS_PER_S, &measure_of(into)->plan.budget_ns, err);
}

static int set_warmup(void *into, const char *value, struct err *err)
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

static int set_workload(void *into, const char *value, struct err *err)
{
	if (value[0] != '/')
		return err_set(err, -EINVAL, "bad workload '%s': it is a path, such as /hello", value);
	measure_of(into)->plan.workload = value;
	return 0;
}

static int set_generators(void *into, const char *value, struct err *err)
{
	measure_of(into)->plan.generators = value;
	return mpirun_count(value, err) < 0 ? -EINVAL : 0;
}

static int set_server(void *into, const char *value, struct err *err)
{
	int n = mpirun_count(value, err);

	measure_of(into)->plan.server = value;
	return n > 1 ? err_set(err, -EINVAL, "bad server '%s': it is one machine", value) : n < 0 ? n : 0;
}

static int set_subnet(void *into, const char *value, struct err *err)
{
	measure_of(into)->plan.subnet = value;
	return subnet_parse(value, err);
}

static int set_ranks(void *into, const char *value, struct err *err)
{
	uint64_t n;

	if (parse_count(value, &n) || n < 2 || n > UINT16_MAX)
		return err_set(err, -EINVAL, "bad number of ranks '%s': it must be 2 or more", value);
	measure_of(into)->plan.ranks = (unsigned)n;
	return 0;
}

static int set_store(void *into, const char *value, struct err *err)
{
	(void)err;
	measure_of(into)->store = value;
	return 0;
}

static int set_no_store(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->no_store = true;
	return 0;
}

static int set_store_query(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.show_query = true;
	return 0;
}

static int add_label(void *into, const char *value, struct err *err)
{
	struct measure *m = measure_of(into);
	int rc = label_check(value, err);

	if (rc)
		return rc;
	if (m->n_labels == STORE_LABELS_MAX)
		return err_set(err, -EINVAL, "too many labels: at most %d", STORE_LABELS_MAX);
	m->labels[m->n_labels++] = value;
	return 0;
}

static int set_ab(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.is_ab = true;
	return 0;
}

static int set_catalog_b(void *into, const char *value, struct err *err)
{
	(void)err;
	measure_of(into)->plan.catalog_b = value;
	return 0;
}

static int set_seed(void *into, const char *value, struct err *err)
{
	uint64_t *seed = &measure_of(into)->plan.seed;

	if (parse_count(value, seed) || *seed > UINT32_MAX)
		return err_set(err, -EINVAL, "bad seed '%s': it must be 0 to %u", value, UINT32_MAX);
	measure_of(into)->has_seed = true;
	return 0;
}

static int set_anyway(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->anyway = true;
	return 0;
}

static int set_markdown(void *into, const char *value, struct err *err)
{
	(void)err;
	measure_of(into)->markdown = value;
	return 0;
}

static int set_csv(void *into, const char *value, struct err *err)
{
	(void)err;
	measure_of(into)->csv = value;
	return 0;
}

static int set_json(void *into, const char *value, struct err *err)
{
	(void)err;
	measure_of(into)->json = value;
	return 0;
}

static int set_quiet(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->quiet = true;
	return 0;
}

static int set_plain(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plain = true;
	return 0;
}

static int set_help(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->help = true;
	return 0;
}

enum {
	ALL =
	    MEASURE_LOAD | MEASURE_SWEEP | MEASURE_BENCH | MEASURE_LAYERS | MEASURE_PROFILE | MEASURE_COMPARE,
	ANY = ALL | MEASURE_DOCTOR,
	TARGETS = MEASURE_LOAD | MEASURE_SWEEP | MEASURE_LAYERS | MEASURE_PROFILE | MEASURE_COMPARE,
	ROUNDS = MEASURE_BENCH | MEASURE_LAYERS,
	SWEEPS = MEASURE_SWEEP | MEASURE_BENCH,
	ONCE = MEASURE_LOAD | MEASURE_SWEEP,
	MACHINES = MEASURE_LOAD | MEASURE_SWEEP | MEASURE_BENCH | MEASURE_DOCTOR,
	STACKS = MEASURE_BENCH | MEASURE_PROFILE,
	LAUNCH = STACKS | MEASURE_COMPARE,
};

static const struct option_def options[] = {
    {0, "ab", NULL, MEASURE_COMPARE, "measure two targets or two stacks now, in turn", set_ab},
    {0, "anyway", NULL, MEASURE_COMPARE, "even if machine or load of two runs are not alike", set_anyway},
    {'c', "clients", "N", MEASURE_COMPARE,
	"so many clients for both (as many as the one needs that\nplateaus later)", set_clients},
    {'d', "duration", "TIME", MEASURE_COMPARE, "measure each for so long in each round (1s)", set_duration},
    {0, "rounds", "N", MEASURE_COMPARE, "so many rounds, of which two are a block (until --budget)",
	set_rounds},
    {0, "budget", "TIME", MEASURE_COMPARE, "but no more rounds after so long (34s)", set_budget},
    {0, "seed", "N", MEASURE_COMPARE, "of who comes first in each block (by chance)", set_seed},
    {0, "catalog-b", "DIR", MEASURE_COMPARE, "the second stack is described in this folder", set_catalog_b},
    {'c', "clients", "N", MEASURE_LOAD, "so many clients at a time (64)", set_clients},
    {'c', "clients", "N[,N...]", SWEEPS,
	"these numbers of clients, one step each\n(doubling from 1 until throughput plateaus)", set_clients},
    {'c', "clients", "N[,N...]", MEASURE_LAYERS,
	"so many clients for all (64); with a list each as\nmany of these as its throughput plateaus at",
	set_clients},
    {'c', "clients", "N[,N...]", MEASURE_PROFILE,
	"so many clients; with a list or without it, so many of\nthem as throughput plateaus at",
	set_clients},
    {'c', "clients", "N", MEASURE_DOCTOR, "the largest number of clients that is planned (1024)",
	set_clients},
    {'R', "rate", "N", MEASURE_DOCTOR,
	"requests a second that are planned, each with a\nconnection of its own (20k)", set_planned_rate},
    {'R', "rate", "N", MEASURE_LOAD,
	"an open loop: N requests a second, however long their\nanswers take, by the clients that are free",
	set_rate},
    {0, "arrival", "constant|poisson", MEASURE_LOAD | MEASURE_SWEEP,
	"how the requests of an open loop come (constant)", set_arrival},
    {0, "slo", "METRIC=MAX[,METRIC=MAX...]", MEASURE_SWEEP,
	"find the highest rate of an open loop that keeps this:\np99=10ms; also mean, p50, p90, p999, max, errors=0.1%",
	set_slo},
    {0, "latency-limit", "TIME", MEASURE_LOAD | MEASURE_SWEEP,
	"count responses that take longer as late, too", set_latency_limit},
    {0, "quick", NULL, MEASURE_DOCTOR, "only what takes no time: not steal, nor who is busy", set_quick},
    {'n', "requests", "N", MEASURE_LOAD, "send exactly so many requests, then stop", set_requests},
    {'n', "requests", "N", MEASURE_PROFILE, "watch exactly so many requests in each load; with -c N",
	set_requests},
    {'d', "duration", "TIME", MEASURE_LOAD, "stop after so long (10s; with -n: no limit)", set_duration},
    {'d', "duration", "TIME", MEASURE_SWEEP,
	"measure each step near the maximum for so long, and\nthe maximum for four times as long (1s)",
	set_duration},
    {'d', "duration", "TIME", ROUNDS,
	"measure each row for so long in each round (1s), and\neach step of its search for a quarter or half of that",
	set_duration},
    {0, "precision", "PERCENT", ONCE,
	"measure until the 95 % interval of throughput is as\nnarrow as this, either way", set_precision},
    {0, "budget", "TIME", MEASURE_LOAD, "but for so long at most, warm-up included (30s)", set_budget},
    {0, "budget", "TIME", MEASURE_SWEEP,
	"end the whole sweep by then: its last step takes what\nthe search has left", set_budget},
    {0, "warmup", "auto|TIME", ALL,
	"what is not measured at the beginning of each step\n(auto: until throughput is steady)", set_warmup},
    {'d', "duration", "TIME", MEASURE_PROFILE, "each load, watched and not, lasts so long (1s)",
	set_duration},
    {0, "rounds", "N", MEASURE_PROFILE, "so many loads that are watched, and so many that are not\n(3)",
	set_rounds},
    {0, "phases", "FILE", STACKS, "what belongs to which phase (phases.yaml of the catalog)", set_phases},
    {0, "functions", NULL, STACKS, "by function, sampled, instead of by phase", set_functions},
    {0, "frequency", "N", STACKS, "samples a second of CPU time (997)", set_frequency},
    {0, "parts", "FILE", STACKS,
	"which functions belong to which part of the work\n(parts.yaml of the catalog)", set_parts},
    {0, "folded", "FILE", STACKS, "write the sampled stacks, one a line", set_folded},
    {0, "flame", "FILE", STACKS, "write a flame graph (SVG)", set_flame},
    {0, "profile", NULL, MEASURE_BENCH, "also say where the CPU time goes, phase by phase", set_profile},
    {0, "precision", "PERCENT", ROUNDS, "rounds until all intervals are as narrow as this,\neither way (2%)",
	set_precision},
    {0, "budget", "TIME", ROUNDS, "but no more rounds after so long (17s a row); two are\nalways measured",
	set_budget},
    {0, "budget", "TIME", MEASURE_SWEEP, "with --slo: search no longer than this (60s)", set_budget},
    {0, "rounds", "N", ROUNDS, "and at most so many", set_rounds},
    {'t', "threads", "N", ANY, "threads of the generator (1)", set_threads},
    {0, "timeout", "TIME", ALL, "a request without a whole response by then has failed (5s)", set_timeout},
    {0, "keepalive", NULL, ANY,
	"keep connections open between requests\n(usual for http; possible for fastcgi)", set_keepalive},
    {0, "no-keepalive", NULL, ANY, "a new connection for each request", set_no_keepalive},
    {0, "close", "fin|rst", ANY, "how connections are closed (fin); rst leaves no TIME_WAIT", set_close},
    {'m', "method", "METHOD", TARGETS, "request method (GET)", set_method},
    {'H', "header", "'NAME: VALUE'", TARGETS, "add or replace a request header; may be repeated", set_header},
    {0, "param", "NAME=VALUE", TARGETS,
	"add or replace a variable of fastcgi, uwsgi or scgi;\nmay be repeated", add_param},
    {0, "uwsgi-modifier", "N", TARGETS, "modifier1 of uwsgi: the plugin that is meant (0: Python)",
	set_uwsgi_modifier},
    {'b', "body", "TEXT|@FILE", TARGETS, "request body", set_body},
    {0, "expect-status", "STATUS", TARGETS, "only this status is correct (any below 400)", set_expect_status},
    {0, "expect-body", "TEXT|@FILE", TARGETS, "only exactly this body is correct (any)", set_expect_body},
    {0, "layers", NULL, MEASURE_BENCH,
	"measure the whole ladder of each stack, from the least\nserver to all of it, and say what each layer costs\n"
	"(64 clients, a connection a request)",
	set_layers},
    {0, "below", "TARGET", MEASURE_LAYERS,
	"a server that the one before passes requests on to;\nmay be repeated, from top to bottom",
	add_below},
    {0, "suite", "NAME", MEASURE_BENCH, "measure the stacks of this suite of the catalog (default)",
	set_suite},
    {0, "workload", "PATH", LAUNCH, "what to ask the stacks for (/hello)", set_workload},
    {0, "catalog", "DIR", LAUNCH, "components are described in this folder", set_catalog},
    {0, "ready", "TIME", LAUNCH, "a stack must answer within this after its launch (10s)", set_ready},
    {0, "generator-cpus", "LIST", ANY,
	"CPUs of the generator, such as 1 or 2-3\n(those that the server does not use)", set_generator_cpus},
    {0, "server-cpus", "LIST", LAUNCH | MEASURE_DOCTOR, "CPUs of the servers (the first one)",
	set_server_cpus},
    {0, "pipeline", "N", MEASURE_LOAD | MEASURE_SWEEP,
	"send N requests at once on each connection, by http (1)", set_pipeline},
    {0, "source", "ADDRESS[,ADDRESS...]", MEASURE_LOAD | MEASURE_SWEEP,
	"connect from these addresses in turn (any): each has all\nlocal ports, such as 127.0.0.2,127.0.0.3",
	set_source},
    {0, "io", "auto|epoll|poll|io_uring|null", ALL,
	"how to do input and output (auto: what is best for\nthis target); null does none, and measures the generator",
	set_io},
    {0, "calibrate", NULL, MEASURE_LOAD,
	"first measure for 1 s what the generator reaches in\nthis mode without input and output, by http",
	set_calibrate},
    {0, "remote-ok", NULL, MEASURE_LOAD | MEASURE_SWEEP, "allow a target that is not this machine",
	set_remote_ok},
    {0, "generators", "HOST[,HOST...]", MACHINES,
	"divide the load over these machines, by mpirun;\nneeds maxq and Open MPI on all, and ssh",
	set_generators},
    {0, "server", "HOST", MACHINES,
	"with these: the server's machine, whose CPUs and queues\nare watched, and where a bench launches its stacks, which\nlisten on that address for all who reach it",
	set_server},
    {0, "mpi-subnet", "ADDRESS/BITS", MACHINES,
	"the network that these talk over (any), such as\n10.0.0.0/24", set_subnet},
    {0, "expect-ranks", "N", MACHINES, "of maxq-mpi: fail unless there are so many ranks", set_ranks},
    {0, "label", "KEY=VALUE", ALL, "a label of this run in the history; may be repeated", add_label},
    {0, "store", "FILE", ALL,
	"keep this run in that history\n($MAXQ_STORE, or ~/.local/state/maxq/history.db)", set_store},
    {0, "no-store", NULL, ALL, "do not keep this run", set_no_store},
    {0, "store-query", NULL, TARGETS, "show and keep also the query of the target, which may\nbe a secret",
	set_store_query},
    {0, "json", "FILE|-", ANY, "write the result as JSON", set_json},
    {0, "markdown", "FILE|-", ALL, "write the result as a table of Markdown", set_markdown},
    {0, "csv", "FILE|-", ALL & ~MEASURE_COMPARE, "write each step as a line of CSV", set_csv},
    {0, "plain", NULL, ALL, "no live view, only lines; as where standard error is\nno terminal", set_plain},
    {'q', "quiet", NULL, ANY, "print nothing but errors", set_quiet},
    {'h', "help", NULL, ANY, "show this", set_help},
    {0},
};
_Static_assert(sizeof(options) / sizeof(options[0]) <= OPTIONS_MAX, "options.h has room for all");

int measure_parse(struct measure *m, enum measure_command command, int argc, char **argv, struct err *err)
{
	*m = (struct measure){.command = command};
	plan_init(&m->plan);
	if (argc > MEASURE_ARGS_MAX)
		return err_set(err, -E2BIG, "too many arguments: at most %d", MEASURE_ARGS_MAX);
	for (int i = 1; i < argc; i++) /* before the parser moves them */
		m->args[i - 1] = argv[i];
	return options_parse(options, command, m, argc, argv, err);
}

int measure_help(enum measure_command command, const char *usage)
{
	printf("%s\nOptions (and their defaults):\n", usage);
	options_help(options, command, stdout);
	fputs(
	    "\nNumbers take k, M; times take us, ms, s, m. Exit status: 0 measured, 1 could not run, 2 usage,\n"
	    "4 measured but not valid (it says why), 129, 130, 143 interrupted.\n",
	    stdout);
	return EXIT_MEASURED;
}
