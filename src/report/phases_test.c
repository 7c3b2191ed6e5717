// SPDX-License-Identifier: GPL-3.0-or-later
/* The table of phases, as it is printed. */
#include "report/phases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/unittest.h"

/* Two workers of one component, which make the same calls, and a master that does nothing. */
static struct phase_call worker[2][2] = {
    {{.use = {.name = "read", .calls = 60}, .phase = 0},
	{.use = {.name = "epoll_wait", .calls = 30, .off_ns = 300 * NS_PER_MS}, .phase = 1}},
    {{.use = {.name = "read", .calls = 40}, .phase = 0},
	{.use = {.name = "epoll_wait", .calls = 20, .off_ns = 200 * NS_PER_MS, .delay_ns = 100 * NS_PER_MS},
	    .phase = 1}},
};

static struct component_phases components[2] = {
    {.component = "server",
	.phases = {{1, 1.5, 2.25, 0.5, 3}, {0.5, 0, 1, 0, 0.8}},
	.sum = {1.5, 1.5, 3.25, 0.5, 3.8},
	.residue_us = 0.25,
	.traced_us = 5,
	.untraced_us = 3.8,
	.slowdown = 1.3},
    {.component = "master"},
};

static struct process_phases processes[2] = {
    {.facts = {.component = "server"}, .n_calls = 2, .calls = worker[0]},
    {.facts = {.component = "server"}, .n_calls = 2, .calls = worker[1]},
};

static struct phases phases = {
    .n_phases = 2,
    .names = {"read", "wait"},
    .requests = 100,
    .elapsed_s = 1,
    .untraced_rps = 100,
    .traced_rps = 90,
    .n_components = 2,
    .components = components,
    .n_processes = 2,
    .processes = processes,
};

static void assert_prints(const char *expected)
{
	struct step step = {.clients = 4};
	struct result result = {
	    .name = (char[]){"stack"}, .n_steps = 1, .steps = &step, .phases = &phases, .keepalive = true};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	phases_print(&result, out);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void table_of_a_component(void **state)
{
	(void)state;
	assert_prints("\nPhases of stack: CPU us a request, 4 clients, keep-alive\n"
		      "100 requests traced, at 0.90 of the throughput without tracing\n"
		      "\n"
		      "  server             calls      user    system   softirq     total    scaled\n"
		      "  read                1.00      1.50      2.25      0.50      3.75      3.00\n"
		      "  wait                0.50      0.00      1.00      0.00      1.00      0.80\n"
		      "  = all phases        1.50      1.50      3.25      0.50      4.75      3.80\n"
		      "  + residue                                                   0.25\n"
		      "  = by the clock                                              5.00\n"
		      "  tracing   makes it cost 1.30 times the 3.80 us without\n"
		      "  calls     read 1.00, epoll_wait 0.50\n"
		      "  waits in  epoll_wait 40 %\n");
}

static void unknown_is_not_zero(void **state)
{
	(void)state;
	components[0].phases[0].scaled = components[0].phases[1].scaled = components[0].sum.scaled = NAN;
	components[0].slowdown = phases.untraced_rps = NAN;
	phases.n_processes = 0;
	assert_prints("\nPhases of stack: CPU us a request, 4 clients, keep-alive\n"
		      "100 requests traced\n"
		      "\n"
		      "  server             calls      user    system   softirq     total    scaled\n"
		      "  read                1.00      1.50      2.25      0.50      3.75         -\n"
		      "  wait                0.50      0.00      1.00      0.00      1.00         -\n"
		      "  = all phases        1.50      1.50      3.25      0.50      4.75         -\n"
		      "  + residue                                                   0.25\n"
		      "  = by the clock                                              5.00\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(table_of_a_component),
	    cmocka_unit_test(unknown_is_not_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
