// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/slo.h"
#include "report/json_read.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/functions.h"
#include "analysis/layers.h"
#include "analysis/phases.h"
#include "base/unittest.h"
#include "report/json.h"
#include "report/replay.h"
#include "report/text.h"

static struct layer_cost some_cost(double x)
{
	return (struct layer_cost){{x / 3, {x / 4, x / 2}}, {x, {NAN, NAN}}, {x + x / 3, {x, 2 * x}}};
}

static const struct rank_share some_ranks[] = {
    {1, ROLE_GENERATOR, "gen1", 3, false, 70, 7.5, 1.5, 2.5, 0.25, 0.5, 0.125, 0.03125, 0.0625, -12.5, 3.5,
	4.5},
    {2, ROLE_OBSERVER, "web1", 0, false, 0, NAN, NAN, NAN, NAN, 0, NAN, 0.5, 0.25, 1, 2, 3},
};

/* A step in which no member is as it would be without being read. */
static struct step some_step(unsigned clients)
{
	struct step step = {
	    .clients = clients,
	    .io = "epoll",
	    .n_ranks = 2,
	    .ranks = some_ranks,
	    .duration_s = 1.0 / 3,
	    .warmup_s = 0.3,
	    .windows = 10,
	    .rounds = 6,
	    .counts = {.started = 1000,
		.completed = 900,
		.late_responses = 4,
		.connections = 7,
		.bytes_in = 11,
		.bytes_out = 13},
	    .in_flight = 93,
	    .throughput_rps = 2700.123456789 * clients,
	    .throughput_ci95_rps = {2600, 2800},
	    .independent_windows = 7.5,
	    .precision = 0.01,
	    .limit_s = 30,
	    .open = {3000, "poisson", 2990.5, 5, 6, 7.25},
	    .objective = OBJECTIVE_BROKEN,
	    .latency_limit_us = 10000,
	    .latency = {1, 2, 3, 4, 5, 1e6 / 7},
	    .latency_ci95 = {{1, 3}, {2, 4}, {3, NAN}, {NAN, NAN}},
	    .cost_ci95_us = {30, 32},
	    .memory_stalled = 0.125,
	    .memory_killed = 1,
	    .major_faults = 8,
	    .files = {.component = "flask", .open = 9, .limit = 10},
	    .files_full = 0.75,
	    .link_name = "eth0",
	    .link_bytes_s = 1e6,
	    .link_full = 0.5,
	    .generator = {1.5, 2.5},
	    .generator_busy = 0.25,
	    .generator_ceiling_rps = 10800,
	    .generator_null_rps = 1e6,
	    .generator_wait = NAN,
	    .host_busy = 1.25,
	    .host_steal = 0.125,
	    .host_softirq = 0.1,
	    .others_busy = 0.01,
	    .queue_waiting = 4.5,
	    .queue_full = 0.5,
	    .queue_backlog = 128,
	    .overflows = 3,
	    .unread = 1.5,
	    .queue_component = "nginx",
	    .n_checks = 2,
	    .checks = {{"errors", false, 0.007, 1e-5}, {"steal", true, 0, 0.005}},
	};

	step.counts.errors[FAILURE_TIMEOUT] = 5;
	step.counts.errors[FAILURE_STATUS] = 2;
	step.first_why[FAILURE_STATUS] = "a status that is no success";
	step.first_error[FAILURE_TIMEOUT] = ETIMEDOUT;
	step.status[200] = 900;
	step.status[500] = 2;
	step.processes = calloc(2, sizeof(*step.processes));
	assert_non_null(step.processes);
	step.processes[step.n_processes++] = (struct process_cost){{.component = "nginx",
								       .comm = "nginx",
								       .pid = 42,
								       .threads = 2,
								       .busiest_thread = 0.9,
								       .waited = 0.1},
	    {10.25, 20.5}, {30.5, 31}, 0.75, true};
	step.processes[step.n_processes++] = (struct process_cost){
	    {.component = "flask", .comm = "uwsgi", .pid = 43, .busiest_thread = NAN, .waited = NAN},
	    {NAN, NAN}, {NAN, NAN}, 0.5};
	return step;
}

/* What a search says of all steps. */
static void add_shape(struct result *r)
{
	r->has_curve = r->has_usl = true;
	r->curve = (struct curve){16, true, 64, true, {256, 1000.5, 0.625}};
	r->usl = (struct usl){
	    300.5, 0.125, 0.001, {290, 310}, {0.1, 0.15}, {0, 0.002}, 0.99, {1, 64}, 28.5, 2700, true};
	r->slo = calloc(1, sizeof(*r->slo));
	assert_non_null(r->slo);
	*r->slo = (struct slo_result){
	    .slo = {2, {{SLO_P99, 10000}, {SLO_ERRORS, 0.001}}},
	    .lo = 2000,
	    .hi = 2100,
	    .disturbed = true,
	    .n_trials = 12,
	    .has_step = true,
	    .step = r->n_steps - 1,
	    .values = {9000.5, 0.0005},
	    .ci95 = {{8000, 10000}, {NAN, NAN}},
	    .kept = true,
	};
}

static void add_result(struct report *report, const char *name, unsigned n_steps)
{
	struct result *r = report_add_result(report);
	bool is_bench = strcmp(report->command, "sweep") != 0 && strcmp(report->command, "load") != 0;

	assert_non_null(r);
	r->name = strdup(name);
	r->stack = is_bench ? strdup("nginx,flask") : NULL;
	r->workload = strdup("/hello");
	r->url = strdup("http://127.0.0.1:80/hello");
	r->keepalive = true;
	for (unsigned i = 0; i < n_steps; i++) {
		struct step step = some_step(1 + i);

		assert_non_null(result_add_step(r, &step));
	}
	if (strcmp(report->command, "load") != 0) {
		r->has_maximum = true;
		r->maximum = (struct maximum){
		    2700.123, {2600, 2800}, 2, n_steps - 1, 33333.3, {10.25, 20.5}, {30, 32}};
		add_shape(r);
	}
	r->limit = (struct limit){RESOURCE_WORKERS, "flask", "all of them were busy"};
	result_not_valid(r, "interrupted");
	result_check_failed(r, "errors", "%s", "0.7 % of the requests failed");
	if (!is_bench)
		return;
	r->idle_busy = 0.001;
	r->reference_rps = 3000;
	r->n_rounds = 2;
	r->rounds_rps = calloc(2, sizeof(double));
	r->rounds_completed = calloc(2, sizeof(uint64_t));
	r->rounds_number = calloc(2, sizeof(unsigned));
	r->components = calloc(1, sizeof(*r->components));
	assert_true(r->rounds_rps && r->rounds_completed && r->rounds_number && r->components);
	r->rounds_number[0] = 1;
	r->rounds_number[1] = 3;
	r->rounds_rps[0] = 2700;
	r->rounds_rps[1] = NAN;
	r->rounds_completed[0] = 270;
	r->n_components = 1;
	strcpy(r->components[0].component, "nginx");
	r->components[0].n = 2;
	r->components[0].rounds = calloc(2, sizeof(struct cost_us));
	assert_non_null(r->components[0].rounds);
	r->components[0].rounds[1] = (struct cost_us){3.25, 4.5};
}

/* Of two processes, whose nanoseconds are no round figures of microseconds a request. */
static void add_phases(struct result *r)
{
	struct phases *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	r->phases = p;
	*p = (struct phases){
	    .n_phases = 2,
	    .names = {"read", "wait"},
	    .requests = 2999,
	    .elapsed_s = 1234567891 / 1e9,
	    .untraced_rps = 2700.125,
	    .traced_rps = 2600.5,
	    .components = calloc(2, sizeof(*p->components)),
	    .processes = calloc(2, sizeof(*p->processes)),
	};
	assert_true(p->components && p->processes);
	p->n_components = p->n_processes = 2;
	p->components[0] =
	    (struct component_phases){"nginx", {{1, 2, 3, 0.5, 4.5}, {0.25, 1.0 / 3, 2, 1, NAN}},
		{1.25, 2 + 1.0 / 3, 5, 1.5, 6}, 0.125, -0.5, 7, 6, 1.25, 0.75, 0.0625};
	p->components[1] = (struct component_phases){
	    "flask", {{0.5, 9, 8, 7, 6}, {5, 4, 3, 2, 1}}, {5.5, 13, 11, 9, 7}, 0, 1, 25, NAN, NAN, 0, 0};
	for (size_t i = 0; i < 2; i++) {
		struct process_phases *of = &p->processes[i];

		strcpy(of->facts.component, i ? "flask" : "nginx");
		strcpy(of->facts.comm, "uwsgi");
		of->facts.pid = 42 + (pid_t)i;
		of->calls = calloc(2, sizeof(*of->calls));
		assert_non_null(of->calls);
		of->n_calls = 2;
		of->calls[0] = (struct phase_call){
		    {"recvfrom", true, 3001, 98765432101, 12345678903, 7777777777, -33, 5, 3, 0, 17, 19}, 0};
		of->calls[1] = (struct phase_call){
		    {"epoll_wait", false, 2003, 11, 13, 17, 19, 987654321 + (int64_t)i, 123456789, 0, 23, 29},
		    1};
	}
}

static void add_function(struct function_profile *p, enum frame_kind kind, const char *function,
    const char *module, struct sampled_cost self)
{
	struct component_functions *c = &p->components[0];
	struct frame frame = {kind, false, function, module};

	c->functions[c->n_functions++] =
	    (struct function_cost){(uint32_t)stacks_frame(&p->stacks, &frame), self, {50, 0.5, 50.5, 10}};
}

/* Functions of every kind in one component, and nothing known of the other. */
static void add_functions(struct result *r)
{
	struct function_profile *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	r->functions = p;
	assert_int_equal(stacks_init(&p->stacks), 0);
	p->stacks.frequency_hz = 997;
	p->stacks.kernel = true;
	strcpy(p->stacks.why_no_python, "of its versions 3.11 to 3.13 are known");
	p->stacks.samples = 103;
	p->stacks.lost = 4;
	p->slowdown = 1.0 / 3;
	p->components = calloc(2, sizeof(*p->components));
	assert_non_null(p->components);
	p->n_components = 2;
	p->components[0] = (struct component_functions){.component = "flask",
	    .samples = 100,
	    .cost_us = 110,
	    .kernel_share = 0.1,
	    .functions = calloc(4, sizeof(struct function_cost)),
	    .n_parts = 1,
	    .parts = calloc(1, sizeof(struct part_cost))};
	assert_true(p->components[0].functions && p->components[0].parts);
	add_function(p, FRAME_PYTHON, "app.index", "/srv/app.py", (struct sampled_cost){60, 0.6, 60.6, 9.5});
	add_function(p, FRAME_NATIVE, "malloc", "libc.so.6", (struct sampled_cost){20, 0.2, 20.2, NAN});
	add_function(p, FRAME_JIT, "lazy", "", (struct sampled_cost){5, 0.05, 5.05, 1});
	add_function(p, FRAME_KERNEL, "tcp_sendmsg", "kernel", (struct sampled_cost){0, 0, 0, 1});
	p->components[0].parts[0] = (struct part_cost){"framework", {70, 0.7, 70.7, 9}};
	p->components[1] = (struct component_functions){
	    .component = "nginx", .samples = 3, .cost_us = NAN, .kernel_share = NAN};
}

static void add_layers(struct report *report)
{
	struct layers *l = layers_add(report);
	size_t from = 0;

	assert_non_null(l);
	l->whole = 1;
	l->cost = some_cost(30);
	l->n_within = 1;
	strcpy(l->within[0].component, "nginx");
	l->within[0].cost = some_cost(10);
	l->within[0].share = 1.0 / 3;
	assert_int_equal(layers_add_step(l, "behind", "nginx", NULL, 0), 0);
	assert_int_equal(layers_add_step(l, "behind", "flask@http+tcp", &from, 1), 0);
	l->steps[0].cost = some_cost(10);
	l->steps[1].cost = some_cost(20);
	layers_add_interaction(l, "nginx", 0);
	l->interactions[0].within_whole = some_cost(3);
	l->interactions[0].within_other = some_cost(2);
	l->interactions[0].difference = some_cost(1);
}

static void fill(struct report *report, const char *command)
{
	*report = (struct report){.command = command,
	    .started_at = "2026-01-31T12:00:00Z",
	    .complete = !strcmp(command, "sweep"),
	    .host = {4, "a CPU", "Linux 6.1", UINT64_C(1) << 33, "QEMU"}};
	CPU_SET(2, &report->generator_cpus);
	CPU_SET(0, &report->server_cpus);
	report_add_setting(report, "keepalive", SETTING_BOOL)->flag = true;
	report_add_setting(report, "threads", SETTING_INTEGER)->integer = -3;
	report_add_setting(report, "timeout_s", SETTING_NUMBER)->number = 5;
	report_add_setting(report, "method", SETTING_TEXT)->text = strdup("GET");
	report_add_setting(report, "header_names", SETTING_TEXTS)->text = strdup("Accept\nHost");
	report_add_setting(report, "none", SETTING_TEXTS)->text = strdup("");
	report_add_setting(report, "clients", SETTING_INTEGERS)->integers = calloc(2, sizeof(unsigned));
	report->settings[6].integers[1] = 8;
	report->settings[6].n_integers = 2;
	report_add_setting(report, "budget_s", SETTING_NUMBER)->number = NAN;
	report->findings = calloc(1, sizeof(*report->findings));
	assert_non_null(report->findings);
	finding_found(findings_add(report->findings, "smt"), "off");
	finding_judge(findings_add(report->findings, "ports"), LEVEL_PROBLEM, "none is left");
	finding_mend(&report->findings->list[1], "sysctl -w x=1");
	if (strcmp(command, "bench") != 0 && strcmp(command, "profile") != 0) {
		add_result(report, "http://127.0.0.1:80/hello", !strcmp(command, "load") ? 1 : 3);
		return;
	}
	assert_int_equal(report_add_version(report, "nginx", "nginx/1.22"), 0);
	add_result(report, "nginx", 3);
	add_result(report, "nginx,flask", 3);
	add_result(report, "nginx,broken", 1);
	add_phases(&report->results[0]);
	add_functions(&report->results[0]);
	add_functions(&report->results[1]);
	report->results[2].failed = strdup("it did not start\nits log");
	report->results[2].has_maximum = false;
	assert_int_equal(report_add_compare(report, "/nginx", "nginx"), 0);
	report->reference = strdup("the talk");
	report->ranking = calloc(2, sizeof(*report->ranking));
	assert_non_null(report->ranking);
	report->ranking[0] = (struct rank){0, 1, {1, 0}, {1, 0}};
	report->ranking[1] = (struct rank){1, 2, {0.5, 0}, {NAN, 0}};
	report->n_ranking = 2;
	add_layers(report);
}

/* Its JSON, or what is printed of it; from malloc. */
static char *written(const struct report *report, bool json)
{
	struct text_sink text;
	char *out = NULL;
	size_t len;
	FILE *memory = open_memstream(&out, &len);

	assert_non_null(memory);
	if (json) {
		assert_int_equal(json_write(report, memory, NULL), 0);
	} else {
		text_sink_init(&text, memory, NULL);
		replay(report, &text.sink);
	}
	fclose(memory);
	return out;
}

static void expect_same(const char *command)
{
	struct document document;
	struct report report;
	char *file;

	fill(&report, command);
	/* with the digits that a file has */
	file = written(&report, true);
	assert_int_equal(json_read(json_loads(file, 0, NULL), &document, NULL), 0);
	free(file);
	for (int json = 0; json < 2; json++) {
		char *before = written(&report, json), *after = written(&document.report, json);

		assert_true(strlen(before) > 200);
		assert_string_equal(before, after);
		free(before);
		free(after);
	}
	document_release(&document);
	report_release(&report);
}

static void comes_back_the_same(void **state)
{
	(void)state;
	expect_same("load");
	expect_same("sweep");
	expect_same("bench");
	expect_same("profile");
}

/* What is printed of a profile is there, when it has been read from its JSON. */
static void prints_what_was_traced(void **state)
{
	static const char *const lines[] = {"\nPhases of nginx: CPU us a request, 3 clients, keep-alive\n",
	    "2999 requests traced, at 0.96 of the throughput without tracing\n", "\n  = by the clock ",
	    "\n  waits in  epoll_wait 70 %\n", "\nFunctions of nginx,flask:", "\n  app.index ", "\n  lazy ",
	    "functions of Python are not shown: of its versions",
	    "\n  all others                                        16.5         15.0%\n", "\n  framework "};
	struct document document;
	struct report report;
	char *text;

	(void)state;
	fill(&report, "profile");
	assert_int_equal(json_read(json_of_report(&report), &document, NULL), 0);
	text = written(&document.report, false);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (!strstr(text, lines[i]))
			fail_msg("no '%s' in\n%s", lines[i], text);
	free(text);
	document_release(&document);
	report_release(&report);
}

/* Neither true nor false: another value, also where two runs are compared. */
static void keeps_what_is_unknown(void **state)
{
	struct document document;
	struct report report;
	json_t *json;

	(void)state;
	fill(&report, "load");
	json = json_of_report(&report);
	assert_true(json_is_null(json_object_get(json_object_get(json, "settings"), "budget_s")));
	assert_int_equal(json_read(json, &document, NULL), 0);
	assert_string_equal(document.report.settings[7].key, "budget_s");
	assert_int_equal(document.report.settings[7].kind, SETTING_UNKNOWN);
	document_release(&document);
	report_release(&report);
}

static void refuses_what_is_no_result(void **state)
{
	struct document document;
	struct err err;

	(void)state;
	assert_int_equal(json_read(json_array(), &document, &err), -EPROTO);
	assert_int_equal(json_read(json_object(), &document, &err), -EPROTO);
	assert_int_equal(json_read(json_pack("{s: i, s: s, s: s, s: []}", "schema", 2, "maxq", "9", "command",
				       "sweep", "results"),
			     &document, &err),
	    -EPROTO);
	assert_non_null(strstr(err.msg, "another schema"));
	assert_int_equal(json_read(json_pack("{s: i, s: s, s: s, s: [], s: {s: i}}", "schema", 1, "maxq", "9",
				       "command", "sweep", "results", "what_comes_later", "key", 1),
			     &document, &err),
	    0);
	document_release(&document);
}

/* Reads the document as it is now; if that can be read, it can be shown, too. */
static void try_it(json_t *whole)
{
	struct document document;
	struct err err;
	char *text;

	if (json_read(json_incref(whole), &document, &err))
		return;
	text = written(&document.report, false);
	free(text);
	text = written(&document.report, true);
	free(text);
	document_release(&document);
}

/* Each value of it, at any depth, is left out and made another one: nothing is read beyond an end, whatever it is. */
static void break_everywhere(json_t *whole, json_t *at)
{
	json_t *const wrong[] = {json_integer(1000000), json_string("\033[31mx"), json_object(),
	    json_pack("[n, {}, [], s]", "x"), json_null()};
	const char *key;
	json_t *value;
	size_t index;
	json_t *keys = json_copy(at); /* members that are put back come last */

	json_object_foreach(keys, key, value)
	{
		char *name = strdup(key);

		json_incref(value);
		for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
			json_object_set(at, name, wrong[i]);
			try_it(whole);
		}
		json_object_del(at, name);
		try_it(whole);
		json_object_set_new(at, name, value);
		break_everywhere(whole, value);
		free(name);
	}
	json_array_foreach(at, index, value)
	{
		json_incref(value);
		for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
			json_array_set(at, index, wrong[i]);
			try_it(whole);
		}
		json_array_set_new(at, index, value);
		if (!index)
			break_everywhere(whole, value);
	}
	json_decref(keys);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		json_decref(wrong[i]);
}

static void takes_any_nonsense(void **state)
{
	struct report report;
	json_t *json;

	(void)state;
	fill(&report, "bench");
	json = json_of_report(&report);
	break_everywhere(json, json);
	json_decref(json);
	report_release(&report);
}

/* Lists that are longer than a report has room for. */
static void keeps_its_bounds(void **state)
{
	static const char *const lists[] = {"settings", "findings", "checks", "why_not_valid", "within",
	    "steps", "interactions", "ratios", "components", "phases", "calls", "functions", "parts"};
	struct report report;
	json_t *json, *result, *layers, *ranks, *phases, *functions;

	(void)state;
	fill(&report, "bench");
	json = json_of_report(&report);
	result = json_array_get(json_object_get(json, "results"), 0);
	layers = json_array_get(json_object_get(json, "layers"), 0);
	ranks = json_array_get(json_object_get(json, "ranking"), 0);
	phases = json_object_get(result, "phases");
	functions = json_object_get(result, "functions");
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		json_t *const objects[] = {json, result, layers, ranks,
		    json_array_get(json_object_get(result, "steps"), 0), phases, functions,
		    json_array_get(json_object_get(phases, "components"), 0),
		    json_array_get(json_object_get(phases, "processes"), 0),
		    json_array_get(json_object_get(functions, "components"), 0)};

		for (size_t o = 0; o < ARRAY_SIZE(objects); o++) {
			json_t *list = json_object_get(objects[o], lists[i]);

			for (int n = 0; json_is_array(list) && n < 100; n++)
				json_array_append_new(list, json_deep_copy(json_array_get(list, 0)));
			for (int n = 0; json_is_object(list) && n < 100; n++) {
				char key[16];

				snprintf(key, sizeof(key), "%d", n);
				json_object_set_new(list, key, json_integer(1));
			}
		}
	}
	try_it(json);
	json_decref(json);
	report_release(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(comes_back_the_same),
	    cmocka_unit_test(prints_what_was_traced),
	    cmocka_unit_test(keeps_what_is_unknown),
	    cmocka_unit_test(refuses_what_is_no_result),
	    cmocka_unit_test(takes_any_nonsense),
	    cmocka_unit_test(keeps_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
