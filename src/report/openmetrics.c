// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/openmetrics.h"

#include <math.h>
#include <time.h>

#include "analysis/checks.h"
#include "analysis/limit.h"
#include "report/escape.h"

/* Of a result: what its maximum was, or its only load; NULL: neither. */
static const struct step *step_of(const struct result *r)
{
	if (r->has_maximum && r->maximum.step < r->n_steps)
		return &r->steps[r->maximum.step];
	return r->n_steps == 1 ? &r->steps[0] : NULL;
}

static void put_sample(const struct result *r, size_t i, const char *name, const char *label,
    const char *value, double sample, FILE *out)
{
	if (!isfinite(sample))
		return;
	fprintf(out, "%s{row=\"%zu\",name=\"", name, i);
	escape_label(r->name ? r->name : "", out);
	if (label) {
		fprintf(out, "\",%s=\"", label);
		escape_label(value, out);
	}
	fprintf(out, "\"} %.10g\n", sample);
}

static void put_family(const char *name, const char *type, const char *help, FILE *out)
{
	fprintf(out, "# TYPE %s %s\n# HELP %s %s\n", name, type, name, help);
}

typedef void sampler(const struct result *r, const struct step *step, size_t i, FILE *out);

static void throughput(const struct result *r, const struct step *step, size_t i, FILE *out)
{
	put_sample(r, i, "maxq_throughput_requests_per_second", NULL, NULL, step->throughput_rps, out);
}

static void throughput_bounds(const struct result *r, const struct step *step, size_t i, FILE *out)
{
	const char *name = "maxq_throughput_ci95_requests_per_second";

	put_sample(r, i, name, "bound", "lower", step->throughput_ci95_rps.lo, out);
	put_sample(r, i, name, "bound", "upper", step->throughput_ci95_rps.hi, out);
}

static void cost(const struct result *r, const struct step *step, size_t i, FILE *out)
{
	struct cost_us us = server_cost(step);

	if (!step->n_processes)
		return;
	put_sample(r, i, "maxq_cost_cpu_seconds", "mode", "user", us.user / 1e6, out);
	put_sample(r, i, "maxq_cost_cpu_seconds", "mode", "system", us.system / 1e6, out);
}

static void cost_bounds(const struct result *r, const struct step *step, size_t i, FILE *out)
{
	put_sample(r, i, "maxq_cost_ci95_cpu_seconds", "bound", "lower", step->cost_ci95_us.lo / 1e6, out);
	put_sample(r, i, "maxq_cost_ci95_cpu_seconds", "bound", "upper", step->cost_ci95_us.hi / 1e6, out);
}

static void latency(const struct result *r, const struct step *step, size_t i, FILE *out)
{
	const struct latency_us *l = &step->latency;
	const char *name = "maxq_latency_seconds";

	put_sample(r, i, name, "quantile", "0.5", l->p50 / 1e6, out);
	put_sample(r, i, name, "quantile", "0.9", l->p90 / 1e6, out);
	put_sample(r, i, name, "quantile", "0.99", l->p99 / 1e6, out);
	put_sample(r, i, name, "quantile", "0.999", l->p999 / 1e6, out);
}

static void clients(const struct result *r, const struct step *step, size_t i, FILE *out)
{
	put_sample(r, i, "maxq_clients", NULL, NULL, step->clients, out);
}

static void errors(const struct result *r, const struct step *step, size_t i, FILE *out)
{
	put_sample(r, i, "maxq_errors_ratio", NULL, NULL, error_share(step), out);
}

static void limit(const struct result *r, const struct step *step, size_t i, FILE *out)
{
	(void)step;
	put_sample(r, i, "maxq_limit", "resource", resource_name(r->limit.resource), 1, out);
}

static void valid(const struct result *r, const struct step *step, size_t i, FILE *out)
{
	(void)step;
	put_sample(r, i, "maxq_valid", NULL, NULL, r->valid, out);
}

static void print_run(const struct report *report, FILE *out)
{
	struct tm tm = {0};

	put_family("maxq_run", "info", "What was run.", out);
	fputs("maxq_run_info{command=\"", out);
	escape_label(report->command, out);
	fputs("\",cpu_model=\"", out);
	escape_label(report->host.cpu_model, out);
	fputs("\",kernel=\"", out);
	escape_label(report->host.kernel, out);
	fputs("\"} 1\n", out);
	put_family("maxq_complete", "gauge", "Whether the run was complete.", out);
	fprintf(out, "maxq_complete %d\n", report->complete);
	if (!strptime(report->started_at, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return;
	put_family("maxq_started_timestamp_seconds", "gauge", "When it began.", out);
	fprintf(out, "maxq_started_timestamp_seconds %lld\n", (long long)timegm(&tm));
}

void openmetrics_print(const struct report *report, FILE *out)
{
	static const struct {
		const char *name, *type, *help;
		sampler *print;
	} families[] = {
	    {"maxq_throughput_requests_per_second", "gauge", "Correct responses a second.", throughput},
	    {"maxq_throughput_ci95_requests_per_second", "gauge", "Its 95 % interval.", throughput_bounds},
	    {"maxq_cost_cpu_seconds", "gauge", "CPU time of the server for a request.", cost},
	    {"maxq_cost_ci95_cpu_seconds", "gauge", "The 95 % interval of user and system together.",
		cost_bounds},
	    {"maxq_latency_seconds", "summary", "Latency of correct responses.", latency},
	    {"maxq_clients", "gauge", "Clients at a time.", clients},
	    {"maxq_errors_ratio", "gauge", "Share of the requests that failed.", errors},
	    {"maxq_limit", "gauge", "1 for what ran out.", limit},
	    {"maxq_valid", "gauge", "Whether the result is valid.", valid},
	};

	print_run(report, out);
	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
		put_family(families[f].name, families[f].type, families[f].help, out);
		for (size_t i = 0; i < report->n_results; i++)
			if (step_of(&report->results[i]))
				families[f].print(&report->results[i], step_of(&report->results[i]), i, out);
	}
	fputs("# EOF\n", out);
}
