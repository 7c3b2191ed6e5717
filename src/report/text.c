// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/text.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include "analysis/intervals.h"
#include "analysis/ranks.h"
#include "base/cpus.h"
#include "base/units.h"
#include "report/compare.h"
#include "report/confidence.h"
#include "report/curve.h"
#include "report/findings.h"
#include "report/functions.h"
#include "report/layers.h"
#include "report/open_loop.h"
#include "report/phases.h"
#include "report/ranking.h"
#include "report/ranks.h"
#include "report/wrap.h"

enum { CELL = 32 };

static struct text_sink *text_of(struct sink *sink)
{
	return (struct text_sink *)sink; /* its first member */
}

/* Half of the interval as a share of the throughput: "0.6%", or "-" where it is not known. */
static void format_half_width(char *cell, double throughput, struct interval ci)
{
	double half = relative_half_width(throughput, ci);

	if (isfinite(half))
		snprintf(cell, CELL, "%.1f%%", 100 * half);
	else
		snprintf(cell, CELL, "-");
}

static void format_us(char *cell, double us)
{
	format_duration(cell, CELL, us * 1e3);
}

/* How a share of half an interval is told: " +- 0.4 %", or nothing where it is not known. */
static void format_uncertainty(char *cell, double value, struct interval ci)
{
	double share = relative_half_width(value, ci);

	cell[0] = '\0';
	if (isfinite(share))
		snprintf(cell, CELL, " +- %.1f%%", 100 * share);
}

static void format_busy(char *cell, double busy)
{
	if (isfinite(busy))
		snprintf(cell, CELL, "%.2f", busy);
	else
		snprintf(cell, CELL, "-");
}

/* Cores used by all processes of the server; NAN when none is known. */
static double server_busy(const struct step *step)
{
	double busy = step->n_processes ? 0 : NAN;

	for (size_t i = 0; i < step->n_processes; i++)
		busy += step->processes[i].busy;
	return busy;
}

static void text_begin(struct sink *sink, const struct report *report)
{
	struct text_sink *text = text_of(sink);
	char generator[CPUS_TEXT_MAX], server[CPUS_TEXT_MAX];

	text->is_bench = report_has_rounds(report);
	if (!text->out)
		return;
	cpus_format(&report->generator_cpus, generator, sizeof(generator));
	cpus_format(&report->server_cpus, server, sizeof(server));
	fprintf(text->out, "maxq %s: %u CPUs (%s), generator on CPU %s%s%s\n", report->command,
	    report->host.cpus, report->host.cpu_model, *generator ? generator : "any",
	    *server ? ", servers on CPU " : "", server);
}

static void text_warn(struct sink *sink, const struct finding *f)
{
	FILE *to = text_of(sink)->warnings;

	if (!to)
		return;
	fprintf(to, "warning: %s: %s: %s", f->name, f->found, f->effect);
	if (*f->mend)
		fprintf(to, "; run: %s", f->mend);
	if (*f->advice)
		fprintf(to, "; %s", f->advice);
	fputc('\n', to);
}

static void text_findings(struct sink *sink, const struct findings *findings)
{
	if (text_of(sink)->out)
		findings_print(findings, text_of(sink)->out);
}

static void text_examined(struct sink *sink, const struct examined *examined)
{
	FILE *out = text_of(sink)->out;

	if (!out)
		return;
	fprintf(out, "%s, %s\n\n", examined->host, rank_role_name(examined->role));
	findings_print(&examined->findings, out);
	fputc('\n', out);
}

static void text_row(struct sink *sink, const struct progress *p, const char *doing)
{
	(void)p;
	(void)doing;
	text_of(sink)->steps_begun = false;
}

static void print_steps_header(struct text_sink *text, const struct progress *p, const struct step *step)
{
	if (!text->steps_begun)
		fprintf(text->out, "\n%s\n", p->name);
	text->steps_begun = true;
	text->steps_open = step->open.rate;
	if (text->steps_open) {
		open_loop_print_header(text->out);
		return;
	}
	fprintf(text->out, "%8s %9s %6s %9s %9s %8s %7s %10s\n", "clients", "q/s", "+-", "p50", "p99",
	    "errors", "server", "generator");
}

static void text_step(struct sink *sink, const struct progress *p, const struct step *step)
{
	struct text_sink *text = text_of(sink);
	char rate[CELL], half[CELL], p50[CELL], p99[CELL], server[CELL], generator[CELL];

	if (!text->out || text->is_bench) /* which shows one line a row, and its ranking */
		return;
	if (!text->steps_begun || text->steps_open != (step->open.rate > 0))
		print_steps_header(text, p, step);
	if (step->open.rate) {
		open_loop_print_row(step, text->out);
		fflush(text->out);
		return;
	}
	format_count(rate, sizeof(rate), step->throughput_rps);
	format_half_width(half, step->throughput_rps, step->throughput_ci95_rps);
	format_us(p50, step->latency.p50);
	format_us(p99, step->latency.p99);
	format_busy(server, server_busy(step));
	format_busy(generator, step->generator_busy);
	fprintf(text->out, "%8u %9s %6s %9s %9s %8" PRIu64 " %7s %10s\n", step->clients, rate, half, p50, p99,
	    counts_errors(&step->counts), server, generator);
	fflush(text->out);
}

static void text_searched(struct sink *sink, const struct progress *p, const struct step *step)
{
	struct text_sink *text = text_of(sink);
	char rate[CELL];

	if (!text->out)
		return;
	format_count(rate, sizeof(rate), step->throughput_rps);
	fprintf(text->out, "  %2zu/%zu  %-31s about %9s q/s with %u clients\n", p->row + 1, p->n_rows,
	    p->name, rate, step->clients);
	fflush(text->out);
}

static void print_errors(FILE *out, const struct step *step)
{
	for (int i = 0; i < FAILURE_COUNT; i++) {
		const char *why = step->first_why[i];

		if (!step->counts.errors[i])
			continue;
		if (!why && step->first_error[i])
			why = strerror(step->first_error[i]);
		fprintf(out, "  %-11s %" PRIu64 " by %s%s%s%s\n", "errors", step->counts.errors[i],
		    failure_name((enum failure)i), why ? " (" : "", why ? why : "", why ? ")" : "");
	}
	for (int status = 400; status < STATUS_CODES; status++)
		if (step->status[status])
			fprintf(out, "  %-11s %" PRIu64 " x %d\n", "status", step->status[status], status);
}

/* Where nothing was completed there is no cost of a request. */
static void print_cost(FILE *out, const char *of, struct cost_us cost, const char *half, double busy)
{
	fprintf(out, "  %-11s ", of);
	if (isfinite(cost.user + cost.system))
		fprintf(out, "%.2f us user + %.2f us system a request%s", cost.user, cost.system, half);
	else
		fputs("- a request", out);
	fprintf(out, ", %.2f of a core", busy);
}

static void print_costs(FILE *out, const struct step *step)
{
	char half[CELL];

	for (size_t i = 0; i < step->n_processes; i++) {
		const struct process_cost *p = &step->processes[i];

		/* a master that only waits costs nothing, and says nothing */
		if (!(p->busy >= 0.0005))
			continue;
		format_uncertainty(half, p->cost.user + p->cost.system, p->cost_ci95_us);
		print_cost(out, "cost", p->cost, half, p->busy);
		fprintf(out, ": %s, pid %d\n", p->facts.component, (int)p->facts.pid);
	}
	if (!step->n_processes)
		fprintf(out, "  %-11s unknown: the server's processes are not visible from here\n", "cost");
	print_cost(out, "generator", step->generator, "", step->generator_busy);
	if (step->generator_ceiling_rps > 0)
		fprintf(out, ": it could do %.0f q/s of these", step->generator_ceiling_rps);
	if (!isnan(step->generator_null_rps))
		fprintf(out, ", and %.0f without the kernel", step->generator_null_rps);
	fputc('\n', out);
	ranks_print(step, out);
}

static void print_verdict(FILE *out, const struct result *r)
{
	char text[COMPONENT_NAME_MAX + EVIDENCE_MAX + 64];

	snprintf(text, sizeof(text), "%s%s%s (%s)", resource_name(r->limit.resource),
	    *r->limit.component ? " of " : "", r->limit.component, r->limit.evidence);
	/* a result that was interrupted has none */
	if (*r->limit.evidence) {
		fprintf(out, "  %-11s ", "limit");
		wrap_print(out, 14, text, false);
	}
	for (unsigned i = 0; i < r->n_why; i++) {
		fprintf(out, "  %-11s ", i ? "" : "NOT VALID");
		wrap_print(out, 14, r->why_not_valid[i], false);
	}
}

/* What one load did, in full. */
static void print_load(FILE *out, const struct result *r)
{
	const struct step *step = &r->steps[0];
	char rate[CELL], half[CELL], mean[CELL], p50[CELL], p90[CELL], p99[CELL], p999[CELL], max[CELL];

	format_count(rate, sizeof(rate), step->throughput_rps);
	format_half_width(half, step->throughput_rps, step->throughput_ci95_rps);
	format_us(mean, step->latency.mean);
	format_us(p50, step->latency.p50);
	format_us(p90, step->latency.p90);
	format_us(p99, step->latency.p99);
	format_us(p999, step->latency.p999);
	format_us(max, step->latency.max);
	fprintf(out, "\n%s: %u clients, %s, %.1f s%s%s\n", r->name, step->clients,
	    r->keepalive ? "keep-alive" : "a connection a request", step->duration_s, step->io ? ", by " : "",
	    step->io ? step->io : "");
	fprintf(out, "  %-11s %s q/s +- %s", "throughput", rate, half);
	confidence_print(step, out);
	fprintf(out, "  %-11s mean %s, p50 %s, p90 %s, p99 %s, p99.9 %s, max %s\n", "latency", mean, p50, p90,
	    p99, p999, max);
	confidence_print_latency(step, out);
	fprintf(out,
	    "  %-11s %" PRIu64 " started = %" PRIu64 " completed + %" PRIu64 " errors + %" PRIu64
	    " in flight\n",
	    "requests", step->counts.started, step->counts.completed, counts_errors(&step->counts),
	    step->in_flight);
	open_loop_print(step, out);
	print_errors(out, step);
	print_costs(out, step);
	print_verdict(out, r);
}

static void print_maximum(FILE *out, const struct result *r)
{
	const struct maximum *m = &r->maximum;
	bool floor_only = r->limit.resource == RESOURCE_GENERATOR_CPU;
	char rate[CELL], lo[CELL], hi[CELL], implied[CELL];

	format_count(rate, sizeof(rate), m->throughput_rps);
	format_count(lo, sizeof(lo), m->ci95_rps.lo);
	format_count(hi, sizeof(hi), m->ci95_rps.hi);
	format_count(implied, sizeof(implied), m->implied_rps);
	fprintf(out, "\n  %-11s %s%s q/s (95 %% interval %s to %s) with %u clients", "maximum",
	    floor_only ? "at least " : "", rate, lo, hi, m->clients);
	confidence_print(&r->steps[m->step], out);
	confidence_print_latency(&r->steps[m->step], out);
	if (isfinite(m->implied_rps))
		fprintf(
		    out, "  %-11s %s q/s, by the server's cores / cost per request\n", "implied", implied);
	curve_print(r, out);
}

/* All of one result, in full. */
static void print_result(struct text_sink *text, const struct result *r)
{
	if (r->failed) {
		fprintf(text->out, "\n%s\n  %-11s %s\n", r->name, "FAILED", r->failed);
	} else if (r->has_maximum) {
		if (r->slo)
			slo_print(r, text->out);
		else
			print_maximum(text->out, r);
		print_costs(text->out, &r->steps[r->maximum.step]);
		print_errors(text->out, &r->steps[r->maximum.step]);
		print_verdict(text->out, r);
	} else if (r->n_steps == 1 && !r->slo) {
		print_load(text->out, r);
	} else if (r->n_steps) {
		if (r->slo)
			slo_print(r, text->out);
		print_errors(text->out, &r->steps[r->n_steps - 1]);
		print_verdict(text->out, r);
	}
	fflush(text->out);
}

static void text_result(struct sink *sink, const struct result *r)
{
	struct text_sink *text = text_of(sink);

	if (text->out && !text->is_bench)
		print_result(text, r);
}

static void text_end(struct sink *sink, const struct report *report)
{
	struct text_sink *text = text_of(sink);

	if (!text->out)
		return;
	if (text->is_bench && report->n_results == 1 && report->results[0].has_maximum)
		print_result(text, &report->results[0]);
	/* several have no table in which they would be told */
	for (size_t i = 0; i < report->n_results &&
	     (!strcmp(report->command, "profile") || !strcmp(report->command, "compare"));
	     i++)
		if (report->results[i].failed)
			print_result(text, &report->results[i]);
	if (report->ranking)
		ranking_print(report, text->out);
	layers_print(report, text->utf8, text->out);
	for (size_t i = 0; i < report->n_results; i++)
		phases_print(&report->results[i], text->out);
	functions_print(report, text->utf8, text->out);
	if (!strcmp(report->command, "compare"))
		compare_print_report(report, text->out);
	if (!report->complete)
		fprintf(text->out, "\nPARTIAL: the run ended before it was complete\n");
	fflush(text->out);
}

/* The program's own locale stays the plain one: numbers are to look alike everywhere. */
bool text_is_utf8(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool utf8;

	if (!locale)
		return false;
	utf8 = !strcmp(nl_langinfo_l(CODESET, locale), "UTF-8");
	freelocale(locale);
	return utf8;
}

void text_sink_init(struct text_sink *text, FILE *out, FILE *warnings)
{
	*text = (struct text_sink){
	    .sink = {.begin = text_begin,
		.warn = text_warn,
		.findings = text_findings,
		.examined = text_examined,
		.row = text_row,
		.step = text_step,
		.searched = text_searched,
		.result = text_result,
		.end = text_end},
	    .out = out,
	    .utf8 = text_is_utf8(),
	    .warnings = warnings,
	};
}
