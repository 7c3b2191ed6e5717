// SPDX-License-Identifier: GPL-3.0-or-later
/* From what was traced to phases, against figures worked out by hand. */
#include "analysis/phases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/unittest.h"

enum { READ, COMPUTE, WRITE, WAIT, N_PHASES };

static const struct phase_rule rules[] = {
    {"recvfrom", false, READ}, {"read", true, READ}, {"write", true, WRITE}, {"epoll_wait", false, WAIT}};

static const struct phase_map map = {
    .n_phases = N_PHASES,
    .phases = {[READ] = {"read", COMPUTE},
	[COMPUTE] = {"compute", COMPUTE},
	[WRITE] = {"write", WRITE},
	[WAIT] = {"wait", WAIT}},
    .rest = COMPUTE,
    .n_rules = sizeof(rules) / sizeof(rules[0]),
    .rules = rules,
};

/* Ten requests, each: read a socket, read a file, write to the socket; and five times something to wait for. */
static struct syscall_use usual[] = {
    {.name = "read", .on_socket = true, .calls = 10, .system_ns = 20000, .user_ns = 50000},
    {.name = "read", .calls = 10, .system_ns = 5000, .user_ns = 30000},
    {.name = "write",
	.on_socket = true,
	.calls = 10,
	.system_ns = 60000,
	.softirq_ns = 40000,
	.user_ns = 10000,
	.interrupt_ns = 5000},
    {.name = "epoll_wait",
	.calls = 5,
	.system_ns = 15000,
	.user_ns = 5000,
	.off_ns = 700 * NS_PER_MS,
	.delay_ns = 200 * NS_PER_MS,
	.voluntary = 4,
	.involuntary = 1},
};

static struct process_syscalls process(const char *component, pid_t pid)
{
	struct process_syscalls did = {.facts = {.pid = pid, .start_ticks = 7}, .n_uses = 4, .uses = usual};

	strcpy(did.facts.component, component);
	return did;
}

static struct phases *make(const struct traced *traced, double untraced_us, double watched_us)
{
	struct process_cost untraced = {.cost = {untraced_us / 4, 3 * untraced_us / 4}};
	struct process_cost watched = {.cost = {watched_us, 0}};
	struct step steps[2] = {{.throughput_rps = 100, .n_processes = 1, .processes = &untraced},
	    {.throughput_rps = 80, .n_processes = 1, .processes = &watched}};
	struct phases *phases;

	strcpy(untraced.facts.component, "server");
	strcpy(watched.facts.component, "server");
	phases = phases_make(traced, &map, &steps[0], &steps[1]);
	assert_non_null(phases);
	return phases;
}

static void assert_near(double value, double expected)
{
	assert_true(fabs(value - expected) < 1e-9);
}

static void rules_ask_for_sockets(void **state)
{
	(void)state;
	assert_int_equal(phase_of(&map, "read", true), READ);
	assert_int_equal(phase_of(&map, "read", false), COMPUTE);
	assert_int_equal(phase_of(&map, "recvfrom", false), READ);
	assert_int_equal(phase_of(&map, "recvfrom", true), READ);
	assert_int_equal(phase_of(&map, "openat", false), COMPUTE);
}

static void adds_up_to_the_clock(void **state)
{
	struct traced traced = {.requests = 10, .elapsed_ns = NS_PER_S};
	struct process_syscalls did = process("server", 1);
	const struct component_phases *c;
	struct phases *phases;

	(void)state;
	assert_int_equal(traced_add(&traced, &did, 250000), 0);
	phases = make(&traced, 16, 20);
	assert_int_equal(phases->n_components, 1);
	c = &phases->components[0];
	/* system time is that of the calls, user time that which follows them: after a read it is computing */
	assert_near(c->phases[READ].system, 2);
	assert_near(c->phases[READ].user, 0);
	assert_near(c->phases[READ].calls, 1);
	assert_near(c->phases[COMPUTE].user, 8);
	assert_near(c->phases[COMPUTE].system, 0.5);
	/* softirqs while the program ran are the kernel's */
	assert_near(c->phases[WRITE].system, 6.5);
	assert_near(c->phases[WRITE].softirq, 4.5);
	assert_near(c->phases[WRITE].user, 1);
	assert_near(c->phases[WAIT].calls, 0.5);
	assert_near(c->phases[WAIT].system + c->phases[WAIT].user, 2);
	assert_near(c->sum.user, 9.5);
	assert_near(c->sum.system, 10.5);
	assert_near(c->traced_us, 25);
	assert_near(c->residue_us, 5);
	/* scaled, they add up to what it costs when nobody watches */
	assert_near(c->untraced_us, 16);
	assert_near(c->slowdown, 1.25);
	assert_near(c->phases[COMPUTE].scaled, 8.5 * 16 / 20);
	assert_near(c->sum.scaled, 16);
	assert_near(c->voluntary, 0.4);
	assert_near(c->involuntary, 0.1);
	assert_near(phases->traced_rps / phases->untraced_rps, 0.8);
	phases_free(phases);
	traced_release(&traced);
}

static void loads_are_one_process(void **state)
{
	struct traced traced = {.requests = 20, .elapsed_ns = 2 * NS_PER_S};
	struct process_syscalls did = process("server", 1), later = process("server", 1),
				other = process("server", 2);
	struct phases *phases;

	(void)state;
	later.n_uses = 2;
	assert_int_equal(traced_add(&traced, &did, 250000), 0);
	assert_int_equal(traced_add(&traced, &later, 100000), 0);
	/* the same number, but another process */
	later.facts.start_ticks = 8;
	assert_int_equal(traced_add(&traced, &later, 0), 0);
	assert_int_equal(traced_add(&traced, &other, 50000), 0);
	phases = make(&traced, 16, 20);
	assert_int_equal(phases->n_processes, 3);
	assert_int_equal(phases->n_components, 1);
	assert_near(phases->components[0].traced_us, 20);
	assert_near(phases->components[0].phases[READ].calls, 2);
	assert_int_equal(phases->processes[0].n_calls, 4);
	/* what took the longest comes first */
	assert_string_equal(phases->processes[0].calls[0].use.name, "read");
	assert_int_equal(phases->processes[0].calls[0].use.calls, 20);
	assert_true(phases->processes[0].calls[0].use.on_socket);
	phases_free(phases);
	traced_release(&traced);
}

static void the_hypervisor_takes_from_all(void **state)
{
	struct traced traced = {.requests = 10, .elapsed_ns = NS_PER_S};
	struct process_syscalls did = process("server", 1);
	struct phases *phases;

	(void)state;
	usual[3].stolen_ns = 40000; /* of 200000 */
	assert_int_equal(traced_add(&traced, &did, 165000), 0);
	phases = make(&traced, 16, 16.5);
	usual[3].stolen_ns = 0;
	assert_near(phases->components[0].stolen_us, 4);
	assert_near(phases->components[0].phases[READ].system, 1.6);
	assert_near(phases->components[0].phases[WRITE].softirq, 3.6);
	assert_near(phases->components[0].sum.user + phases->components[0].sum.system, 16);
	assert_near(phases->components[0].residue_us, 0.5);
	phases_free(phases);
	traced_release(&traced);
}

static void what_is_not_known_is_said(void **state)
{
	struct traced traced = {.requests = 10, .elapsed_ns = NS_PER_S}, idle = {.elapsed_ns = NS_PER_S};
	struct process_syscalls did = process("another", 1);
	struct phases *phases;

	(void)state;
	assert_int_equal(traced_add(&traced, &did, 250000), 0);
	phases = make(&traced, 16, 20);
	assert_true(isnan(phases->components[0].untraced_us));
	assert_true(isnan(phases->components[0].phases[READ].scaled));
	phases_free(phases);
	/* without a request there is nothing to tell */
	assert_int_equal(traced_add(&idle, &did, 250000), 0);
	phases = make(&idle, 16, 20);
	assert_int_equal(phases->n_components, 0);
	phases_free(phases);
	traced_release(&traced);
	traced_release(&idle);
}

static void workers_wait_for_something(void **state)
{
	struct traced traced = {.requests = 10, .elapsed_ns = NS_PER_S};
	struct process_syscalls did = process("server", 1);
	struct limit limit = {.resource = RESOURCE_WORKERS, .component = "server", .evidence = "they do"};
	struct phases *phases;

	(void)state;
	assert_int_equal(traced_add(&traced, &did, 250000), 0);
	phases = make(&traced, 16, 20);
	/* ready to run is not waiting */
	assert_near(call_waiting(phases, &phases->processes[0].calls[3]), 0.5);
	phases_explain(phases, &limit);
	assert_string_equal(limit.evidence, "they do; a worker waited 50 % of the time in epoll_wait");
	strcpy(limit.evidence, "it is");
	limit.resource = RESOURCE_SERVER_CPU;
	phases_explain(phases, &limit);
	assert_string_equal(limit.evidence, "it is");
	phases_free(phases);
	traced_release(&traced);
}

static void replaces_the_split_of_the_ticks(void **state)
{
	struct traced traced = {.requests = 10, .elapsed_ns = NS_PER_S};
	struct process_syscalls did = process("server", 1);
	struct process_cost costs[2] = {{.facts = did.facts, .cost = {1, 15}}, {.cost = {1, 15}}};
	struct step step = {.n_processes = 2, .processes = costs};
	struct phases *phases;

	(void)state;
	assert_int_equal(traced_add(&traced, &did, 250000), 0);
	phases = make(&traced, 16, 20);
	phases_split(phases, &step);
	assert_true(costs[0].is_split_traced);
	assert_near(costs[0].cost.user, 16 * 9.5 / 20);
	assert_near(costs[0].cost.user + costs[0].cost.system, 16);
	assert_false(costs[1].is_split_traced);
	assert_near(costs[1].cost.user, 1);
	phases_free(phases);
	traced_release(&traced);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rules_ask_for_sockets),
	    cmocka_unit_test(adds_up_to_the_clock),
	    cmocka_unit_test(loads_are_one_process),
	    cmocka_unit_test(the_hypervisor_takes_from_all),
	    cmocka_unit_test(what_is_not_known_is_said),
	    cmocka_unit_test(workers_wait_for_something),
	    cmocka_unit_test(replaces_the_split_of_the_ticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
