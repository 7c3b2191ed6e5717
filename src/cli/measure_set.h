// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the options of measuring commands do: each stores its argument in a struct measure, or says what is wrong with it, as
 * struct option_def of cli/options.h has it. By what they are about they are in measure_load.c, measure_request.c,
 * measure_rounds.c, measure_server.c and measure_output.c; measure_options.c is the table of all of them.
 */
#ifndef MAXQ_CLI_MEASURE_SET_H
#define MAXQ_CLI_MEASURE_SET_H

#include "cli/measure.h"
#include "cli/options.h"

/* What the generator does: how many clients or how fast, by which connections, and on which CPUs. */
option_setter set_clients, set_planned_rate, set_rate, set_arrival, set_threads, set_pipeline, set_timeout,
    set_keepalive, set_no_keepalive, set_close, set_source, set_calibrate, set_io, set_generator_cpus;

/* What is asked for, of whom, and which answers are correct. */
option_setter set_header, add_param, set_uwsgi_modifier, set_method, set_body, set_expect_body,
    set_expect_status, set_remote_ok;

/* For how long and how often it is measured, and to which end: warm-up, precision, budget, rounds and objectives. */
option_setter set_requests, set_duration, set_warmup, set_precision, set_budget, set_rounds, set_slo,
    set_latency_limit, set_ab, set_seed, set_quick;

/* The servers that are launched, and what is to be found out about them; and the machines of it all. */
option_setter set_catalog, set_catalog_b, set_suite, set_workload, set_ready, set_server_cpus, set_layers,
    add_below, set_profile, set_phases, set_functions, set_frequency, set_parts, set_generators, set_server,
    set_subnet, set_ranks;

/* What becomes of the result: where it is shown, written and kept. */
option_setter set_store, set_no_store, set_store_query, add_label, set_anyway, set_markdown, set_csv,
    set_json, set_folded, set_flame, set_quiet, set_plain, set_help;

/* A time of at least `least_ns`, of which `what` tells the user: 0, or -EINVAL with a message. */
int measure_parse_time(const char *what, const char *value, int64_t least_ns, int64_t *ns, struct err *err);

static inline struct measure *measure_of(void *into)
{
	return into;
}

#endif
