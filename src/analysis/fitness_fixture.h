// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the tests of fitness_*.c share: a machine and a server with nothing to be said against them, all judged together,
 * and what is expected of a finding. Each test spoils one thing of them.
 */
#ifndef MAXQ_ANALYSIS_FITNESS_FIXTURE_H
#define MAXQ_ANALYSIS_FITNESS_FIXTURE_H

#include "base/unittest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/fitness.h"
#include "base/cpus.h"

struct fixture {
	struct machine_facts facts;
	struct fitness_needs needs;
	struct server_facts server;
	struct machine_sample sample;
	struct host_cpu since_boot;
	struct findings findings;
};

static inline cpu_set_t cpus(const char *list)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	assert_int_equal(cpus_parse(list, &set, NULL), 0);
	return set;
}

static inline struct server_process good_process(pid_t pid)
{
	return (struct server_process){
	    .pid = pid, .comm = "nginx", .files = {65536, 65536}, .cpus = cpus("0"), .quota.cores = INFINITY};
}

static inline int set_up(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	if (!x)
		return -1;
	x->facts = (struct machine_facts){
	    .files = {65536, 131072},
	    .nr_open = 1048576,
	    .file_max = INT64_MAX,
	    .files_allocated = 1000,
	    .somaxconn = 8191,
	    .syn_backlog = 8191,
	    .syncookies = 1,
	    .port_first = 32768,
	    .port_last = 60999,
	    .tw_reuse = 2,
	    .timestamps = 1,
	    .memory_bytes = INT64_C(8) << 30,
	    .available_bytes = INT64_C(6) << 30,
	    .memory_limit.bytes = INT64_MAX,
	    .online = cpus("0-3"),
	    .allowed = cpus("0-3"),
	    .governed = cpus("0-3"),
	    .governor = "performance",
	    .turbo = TURBO_OFF,
	    .clocksource = "tsc",
	    .clocksources = "tsc hpet acpi_pm ",
	    .quota.cores = INFINITY,
	};
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		x->facts.core_of[cpu] = (int16_t)cpu;
	x->needs = (struct fitness_needs){
	    .clients = 1024,
	    .threads = 1,
	    .keepalive = true,
	    .connections_per_s = 20000,
	    .generator = cpus("1-3"),
	    .server = cpus("0"),
	};
	x->server = (struct server_facts){
	    .address = "127.0.0.1:80",
	    .is_local = true,
	    .queue = {1, 4096, 0},
	    .n_processes = 1,
	};
	x->server.processes[0] = good_process(100);
	x->sample = (struct machine_sample){.elapsed_s = 1, .host = {.busy_ns = 100, .idle_ns = 999900}};
	x->since_boot = (struct host_cpu){.busy_ns = 1000000, .steal_ns = 100};
	*state = x;
	return 0;
}

static inline int tear_down(void **state)
{
	free(*state);
	return 0;
}

/* The finding of that name after all has been judged anew, or NULL. */
static inline const struct finding *judge(struct fixture *x, const char *name)
{
	x->findings.n = 0;
	judge_limits(&x->facts, &x->needs, &x->findings);
	judge_cpus(&x->facts, &x->needs, &x->findings);
	judge_steal(&x->since_boot, &x->sample, &x->findings);
	judge_busy(&x->sample, 4, &x->findings);
	judge_server(&x->server, &x->facts, &x->needs, &x->findings);
	mend_from_outside(&x->facts, &x->findings);
	for (size_t i = 0; i < x->findings.n; i++)
		if (!strcmp(x->findings.list[i].name, name))
			return &x->findings.list[i];
	return NULL;
}

/* That it is of this level and says why, and that command and advice are these to the letter. */
static inline void expect(
    struct fixture *x, const char *name, enum finding_level level, const char *mend, const char *advice)
{
	const struct finding *f = judge(x, name);

	assert_non_null(f);
	assert_string_equal(level_name(f->level), level_name(level));
	assert_string_equal(f->mend, mend);
	assert_string_equal(f->advice, advice);
	assert_true(strlen(f->found) > 0);
	assert_true(level == LEVEL_OK || (*f->effect && (*f->wanted || *f->advice)));
}

static inline void expect_ok(struct fixture *x, const char *name)
{
	expect(x, name, LEVEL_OK, "", "");
}

static inline void expect_mend(
    struct fixture *x, const char *name, enum finding_level level, const char *mend)
{
	expect(x, name, level, mend, "");
}

/* No command, but advice with that word in it. */
static inline void expect_advice(
    struct fixture *x, const char *name, enum finding_level level, const char *word)
{
	const struct finding *f = judge(x, name);

	assert_non_null(f);
	assert_string_equal(level_name(f->level), level_name(level));
	assert_non_null(strstr(f->advice, word));
	assert_string_equal(f->mend, "");
	assert_true(strlen(f->effect) > 0);
}

#define ON_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
