// SPDX-License-Identifier: GPL-3.0-or-later
#include <inttypes.h>
#include <math.h>

#include "analysis/limit.h"
#include "report/escape.h"
#include "report/markdown.h"

static void put_number(double value, FILE *out)
{
	if (isfinite(value))
		fprintf(out, ",%.10g", value);
	else
		fputc(',', out);
}

static void put_interval(struct interval i, FILE *out)
{
	put_number(i.lo, out);
	put_number(i.hi, out);
}

static void put_text(const char *text, FILE *out)
{
	fputc(',', out);
	escape_csv(text ? text : "", out);
}

static void print_step(const struct report *report, const struct result *r, size_t i, FILE *out)
{
	const struct step *s = &r->steps[i];
	struct cost_us cost = server_cost(s);

	escape_csv(report->started_at, out);
	put_text(report->command, out);
	put_text(r->name, out);
	put_text(r->stack, out);
	put_text(r->workload, out);
	fprintf(
	    out, ",%zu,%d,%u,%" PRIu64, i, r->has_maximum && r->maximum.step == i, s->clients, s->open.rate);
	put_number(s->duration_s, out);
	put_number(s->throughput_rps, out);
	put_interval(s->throughput_ci95_rps, out);
	fprintf(out, ",%" PRIu64 ",%" PRIu64, s->counts.completed, counts_errors(&s->counts));
	put_number(s->latency.mean, out);
	put_number(s->latency.p50, out);
	put_number(s->latency.p90, out);
	put_number(s->latency.p99, out);
	put_number(s->latency.p999, out);
	put_number(s->latency.max, out);
	put_number(s->n_processes ? cost.user : NAN, out);
	put_number(s->n_processes ? cost.system : NAN, out);
	put_interval(s->cost_ci95_us, out);
	put_text(resource_name(r->limit.resource), out);
	put_text(r->limit.component, out);
	fprintf(out, ",%d\n", r->valid);
}

void csv_print(const struct report *report, FILE *out)
{
	fputs(
	    "started_at,command,name,stack,workload,step,is_maximum,clients,rate_rps,duration_s,throughput_rps,"
	    "throughput_lo_rps,throughput_hi_rps,completed,errors,latency_mean_us,latency_p50_us,latency_p90_us,"
	    "latency_p99_us,latency_p999_us,latency_max_us,cost_user_us,cost_system_us,cost_lo_us,cost_hi_us,limit,"
	    "limit_component,valid\n",
	    out);
	for (size_t i = 0; i < report->n_results; i++)
		for (size_t s = 0; s < report->results[i].n_steps; s++)
			print_step(report, &report->results[i], s, out);
}
