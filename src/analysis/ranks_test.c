// SPDX-License-Identifier: GPL-3.0-or-later
/* Of several machines, the worst counts. */
#include "analysis/ranks.h"

#include <math.h>
#include <string.h>

#include "analysis/checks.h"
#include "analysis/limit.h"
#include "analysis/step_testing.h"

/* Two generators and an observer, none of them near an end, and a step that they measured well. */
static void make(struct step *step, struct rank_share *ranks)
{
	ranks[0] = (struct rank_share){.rank = 1,
	    .role = ROLE_GENERATOR,
	    .host = "gen1",
	    .busy = 0.3,
	    .wait = 0.001,
	    .others_busy = 0.01};
	ranks[1] = ranks[0];
	ranks[1].rank = 2;
	memcpy(ranks[1].host, "gen2", sizeof("gen2"));
	ranks[2] = (struct rank_share){
	    .rank = 3, .role = ROLE_OBSERVER, .host = "web1", .busy = NAN, .wait = NAN, .others_busy = 0.01};
	*step = (struct step){.clients = 8,
	    .rounds = 1,
	    .duration_s = 1,
	    .counts = {.completed = 8000},
	    .throughput_rps = 8000,
	    .latency = {.mean = 1000},
	    .generator_busy = 0.3,
	    .generator_wait = 0.001,
	    .n_ranks = 3,
	    .ranks = ranks};
}

static const struct check_context context = {.closed_loop = true, .keepalive = true, .clients_connected = 8};

static void all_are_well(void **state)
{
	struct rank_share ranks[3];
	struct step step;

	(void)state;
	make(&step, ranks);
	check_step(&step, &context);
	assert_true(step.valid);
	assert_non_null(find_check(&step, "start_skew"));
}

/* Each is spoilt on one machine only, and the mean of all would be well. */
static void one_spoils_all(void **state)
{
	static const char *const names[] = {
	    "generator_busy", "generator_busy", "generator_wait", "steal", "other_processes", "start_skew"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct rank_share ranks[3];
		struct step step;

		make(&step, ranks);
		switch (i) {
		case 0:
			ranks[1].busy = 0.95;
			break;
		case 1: /* all of what was left to it */
			ranks[1].busy = 0.6;
			ranks[1].stolen = 0.4;
			break;
		case 2:
			ranks[1].wait = 0.05;
			break;
		case 3:
			ranks[2].stolen = 0.02;
			break;
		case 4:
			ranks[2].others_busy = 0.3;
			break;
		default: /* 8 ms, and 3 that nobody knows of, of a second */
			ranks[1].start_late_us = 8000;
			ranks[1].clock_error_us = 3000;
		}
		check_step(&step, &context);
		assert_false(step.valid);
		assert_false(check_of(&step, names[i])->ok);
	}
}

static void the_verdict_names_it(void **state)
{
	struct limit_context limits = {.server_cores = 1};
	struct rank_share ranks[3];
	struct limit limit;
	struct step step;

	(void)state;
	make(&step, ranks);
	find_limit(&step, &limits, &limit);
	assert_int_equal(limit.resource, RESOURCE_NOT_REACHED);
	ranks[1].busy = step.generator_busy = 0.97;
	find_limit(&step, &limits, &limit);
	assert_int_equal(limit.resource, RESOURCE_GENERATOR_CPU);
	assert_non_null(strstr(limit.evidence, "gen2"));
	assert_string_equal(ranks_busiest(&step)->host, "gen2");
}

static void alone_it_is_its_own(void **state)
{
	struct step step = {.generator_busy = 0.45, .stolen = 0.5, .generator_wait = NAN, .others_busy = NAN};

	(void)state;
	assert_true(fabs(ranks_busy(&step) - 0.9) < 1e-9);
	assert_true(isnan(ranks_wait(&step)) && isnan(ranks_others_busy(&step)));
	assert_null(ranks_busiest(&step));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_are_well),
	    cmocka_unit_test(one_spoils_all),
	    cmocka_unit_test(the_verdict_names_it),
	    cmocka_unit_test(alone_it_is_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
