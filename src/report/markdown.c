// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/markdown.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "analysis/limit.h"
#include "base/units.h"
#include "report/compare.h"
#include "report/escape.h"

static const char columns[] = "clients | q/s | +- | cost a request | p50 | p99 | errors";
static const char rule[] = "--:|--:|--:|--:|--:|--:|--:";

static void print_step(const struct step *step, FILE *out)
{
	double half =
	    (step->throughput_ci95_rps.hi - step->throughput_ci95_rps.lo) / 2 / step->throughput_rps;
	struct cost_us cost = server_cost(step);
	char rate[32], p50[32], p99[32];

	format_count(rate, sizeof(rate), step->throughput_rps);
	format_duration(p50, sizeof(p50), step->latency.p50 * 1e3);
	format_duration(p99, sizeof(p99), step->latency.p99 * 1e3);
	fprintf(out, "%u | %s | ", step->clients, rate);
	if (isfinite(half))
		fprintf(out, "%.1f %% | ", 100 * half);
	else
		fputs("- | ", out);
	if (step->n_processes && isfinite(cost.user + cost.system))
		fprintf(out, "%.2f us | ", cost.user + cost.system);
	else
		fputs("- | ", out);
	fprintf(out, "%s | %s | %" PRIu64 " |", p50, p99, counts_errors(&step->counts));
}

/* What stands under a table: what limits it, and why it is not to be trusted. */
static void print_verdict(const struct result *r, FILE *out)
{
	if (*r->limit.evidence) {
		fprintf(out, "\nlimit: **%s**", resource_name(r->limit.resource));
		if (*r->limit.component) {
			fputs(" of ", out);
			escape_markdown(r->limit.component, out);
		}
		fputs(" (", out);
		escape_markdown(r->limit.evidence, out);
		fputs(")\n", out);
	}
	for (unsigned i = 0; i < r->n_why; i++) {
		fputs("\n**not valid**: ", out);
		escape_markdown(r->why_not_valid[i], out);
		fputc('\n', out);
	}
	if (r->failed) {
		fputs("\n**failed**: ", out);
		escape_markdown(r->failed, out);
		fputc('\n', out);
	}
}

static void print_result(const struct result *r, FILE *out)
{
	fputs("\n**", out);
	escape_markdown(r->name ? r->name : "", out);
	fprintf(out, "**\n\n| | %s |\n|---|%s|\n", columns, rule);
	for (size_t i = 0; i < r->n_steps; i++) {
		fprintf(out, "| %s | ", r->has_maximum && r->maximum.step == i ? "**maximum**" : "");
		print_step(&r->steps[i], out);
		fputc('\n', out);
	}
	print_verdict(r, out);
}

/* Of a bench: a line each. Those that are ranked come first. */
static void print_ranking(const struct report *report, FILE *out)
{
	fprintf(out, "\n| rank | stack | %s | limit |\n|--:|---|%s|---|\n", columns, rule);
	for (size_t i = 0; i < report->n_ranking; i++) {
		const struct result *r = &report->results[report->ranking[i].result];

		fprintf(out, "| %u | ", report->ranking[i].rank);
		escape_markdown(r->name, out);
		fputs(r->valid ? " | " : " (not valid) | ", out);
		print_step(&r->steps[r->maximum.step], out);
		fprintf(out, " %s |\n", resource_name(r->limit.resource));
	}
	for (size_t i = 0; i < report->n_results; i++) {
		if (!report->results[i].failed)
			continue;
		fputs("\n**", out);
		escape_markdown(report->results[i].name ? report->results[i].name : "", out);
		fputs("**: failed: ", out);
		escape_markdown(report->results[i].failed, out);
		fputc('\n', out);
	}
}

void markdown_print(const struct report *report, FILE *out)
{
	fputs("**maxq ", out);
	escape_markdown(report->command, out);
	fputs("**, ", out);
	escape_markdown(report->started_at, out);
	fprintf(out, ", %u CPUs (", report->host.cpus);
	escape_markdown(report->host.cpu_model, out);
	fputs(report->complete ? ")\n" : "), **partial**\n", out);
	if (!strcmp(report->command, "compare")) {
		compare_markdown_report(report, out);
		return;
	}
	if (report->n_ranking) {
		print_ranking(report, out);
		return;
	}
	for (size_t i = 0; i < report->n_results; i++)
		print_result(&report->results[i], out);
}
