// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "observe/functions.h"

void plan_init(struct plan *plan)
{
	*plan = (struct plan){
	    .threads = 1,
	    .pipeline = 1,
	    .timeout_ns = 5 * NS_PER_S,
	    .connections_per_s = 20000,
	    .method = "GET",
	    .workload = "/hello",
	    .ready_ns = 10 * NS_PER_S,
	    .warmup_ns = PLAN_WARMUP_AUTO,
	    .frequency_hz = FUNCTIONS_FREQUENCY_DEFAULT,
	    .io = IO_KIND_AUTO,
	};
}

bool plan_keepalive(const struct plan *plan, enum protocol protocol)
{
	switch (protocol) {
	case PROTOCOL_FASTCGI:
		return plan->keepalive == KEEPALIVE_YES;
	case PROTOCOL_UWSGI:
	case PROTOCOL_SCGI:
		return false;
	default:
		return plan->keepalive != KEEPALIVE_NO;
	}
}

static void add_text(struct report *report, const char *key, const char *text)
{
	report_add_setting(report, key, SETTING_TEXT)->text = strdup(text);
}

static void add_integer(struct report *report, const char *key, uint64_t value)
{
	report_add_setting(report, key, SETTING_INTEGER)->integer = (int64_t)value;
}

static void add_flag(struct report *report, const char *key, bool value)
{
	report_add_setting(report, key, SETTING_BOOL)->flag = value;
}

static void add_seconds(struct report *report, const char *key, int64_t ns)
{
	report_add_setting(report, key, SETTING_NUMBER)->number = (double)ns / (double)NS_PER_S;
}

static void add_clients(struct report *report, const struct plan *plan)
{
	struct setting *setting = report_add_setting(report, "clients", SETTING_INTEGERS);

	setting->integers = calloc(plan->n_clients + 1, sizeof(*setting->integers));
	if (!setting->integers)
		return;
	memcpy(setting->integers, plan->clients, plan->n_clients * sizeof(*setting->integers));
	setting->n_integers = plan->n_clients;
}

/* What stands before `end` in each, a line each. */
static void add_names(
    struct report *report, const char *key, const char *const *texts, size_t n, const char *end)
{
	struct buf names;

	buf_init(&names, 64 * 1024);
	for (size_t i = 0; i < n; i++)
		buf_printf(&names, "%s%.*s", i ? "\n" : "", (int)strcspn(texts[i], end), texts[i]);
	report_add_setting(report, key, SETTING_TEXTS)->text = strdup(names.data);
	buf_release(&names);
}

void plan_describe_rounds(const struct plan *plan, struct report *report)
{
	if (plan->is_ab)
		add_integer(report, "seed", plan->seed);
	else if (!plan->profile_only)
		report_add_setting(report, "precision", SETTING_NUMBER)->number = plan->precision;
	if (!plan->profile_only)
		add_seconds(report, "budget_s", plan->budget_ns);
	if (plan->rounds)
		add_integer(report, "rounds", plan->rounds);
}

void plan_describe_bench(const struct plan *plan, struct report *report)
{
	struct buf stacks;

	buf_init(&stacks, 64 * 1024);
	for (size_t i = 0; i < plan->n_stacks; i++)
		buf_printf(&stacks, "%s%s", i ? "\n" : "", plan->stacks[i]);
	report_add_setting(report, "stacks", SETTING_TEXTS)->text = strdup(stacks.data);
	buf_release(&stacks);
	if (plan->suite)
		add_text(report, "suite", plan->suite);
	add_text(report, "workload", plan->workload);
	add_seconds(report, "ready_s", plan->ready_ns);
	plan_describe_rounds(plan, report);
}

/* Of those commands for which it is no matter of rounds. */
static void describe_stopping(const struct plan *plan, struct report *report)
{
	if (plan->warmup_ns == PLAN_WARMUP_AUTO)
		add_text(report, "warmup_s", "auto");
	else
		add_seconds(report, "warmup_s", plan->warmup_ns);
	if (!strcmp(report->command, "load") || !strcmp(report->command, "sweep")) {
		if (plan->precision > 0)
			report_add_setting(report, "precision", SETTING_NUMBER)->number = plan->precision;
		if (plan->budget_ns)
			add_seconds(report, "budget_s", plan->budget_ns);
	}
}

void plan_describe(const struct plan *plan, struct report *report)
{
	add_clients(report, plan);
	if (plan->requests)
		add_integer(report, "requests", plan->requests);
	if (plan->duration_ns)
		add_seconds(report, "duration_s", plan->duration_ns);
	describe_stopping(plan, report);
	if (plan->rate)
		add_integer(report, "rate", plan->rate);
	if (plan->rate || plan->slo.n)
		add_text(report, "arrival", arrival_name(plan->arrival));
	if (plan->latency_limit_ns)
		add_seconds(report, "latency_limit_s", plan->latency_limit_ns);
	add_integer(report, "threads", plan->threads);
	if (plan->n_sources)
		add_integer(report, "sources", plan->n_sources);
	if (plan->pipeline > 1)
		add_integer(report, "pipeline", plan->pipeline);
	add_seconds(report, "timeout_s", plan->timeout_ns);
	add_flag(report, "keepalive", plan_keepalive(plan, plan->url.protocol));
	add_text(report, "close", plan->reset ? "rst" : "fin");
	add_text(report, "method", plan->method);
	add_names(report, "header_names", plan->headers, plan->n_headers, ":");
	if (plan->n_params)
		add_names(report, "param_names", plan->params, plan->n_params, "=");
	if (plan->modifier1)
		add_integer(report, "uwsgi_modifier", plan->modifier1);
	add_integer(report, "body_bytes", plan->body_len);
	if (plan->expect_status)
		add_integer(report, "expect_status", plan->expect_status);
	add_flag(report, "expect_body", plan->expect_body != NULL);
	if (plan->phases)
		add_text(report, "phases", plan->phases);
	if (plan->profile & PROFILE_FUNCTIONS) {
		add_integer(report, "frequency_hz", plan->frequency_hz);
		if (plan->parts)
			add_text(report, "parts", plan->parts);
	}
	if (plan->layers)
		add_flag(report, "layers", true);
	if (plan->generators)
		add_text(report, "generators", plan->generators);
	if (plan->server)
		add_text(report, "server", plan->server);
	add_text(report, "io", io_kind_name(plan->io));
	if (plan->catalog)
		add_text(report, "catalog", plan->catalog);
	if (plan->catalog_b)
		add_text(report, "catalog_b", plan->catalog_b);
}
