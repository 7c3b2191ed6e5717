// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/confidence.h"

#include <math.h>
#include <stdbool.h>

#include "analysis/intervals.h"
#include "base/units.h"

enum { CELL = 32 };

/* What was reached, in what time, and what was asked for. */
static void print_precision(const struct step *step, FILE *out)
{
	double reached = relative_half_width(step->throughput_rps, step->throughput_ci95_rps);

	fprintf(out, "  %-11s ", "precision");
	if (isfinite(reached))
		fprintf(out, "+- %.2g%%", 100 * reached);
	else
		fprintf(out, "unknown");
	fprintf(out, " after %.1f s of at most %.1f s; asked for +- %g%%%s\n", step->duration_s,
	    step->limit_s, 100 * step->precision, is_precise(step) ? "" : ": not reached");
}

void confidence_print(const struct step *step, FILE *out)
{
	if (is_guess(step))
		fprintf(out, " (too short to tell)");
	fputc('\n', out);
	if (step->precision > 0)
		print_precision(step, out);
	if (step->warmup_s > 0)
		fprintf(out, "  %-11s %.1f s, not measured\n", "warm-up", step->warmup_s);
}

static void print_interval(const char *name, struct interval ci95_us, bool *any, FILE *out)
{
	char lo[CELL], hi[CELL];

	if (isnan(ci95_us.lo) && isnan(ci95_us.hi))
		return;
	format_duration(lo, sizeof(lo), ci95_us.lo * 1e3);
	format_duration(hi, sizeof(hi), ci95_us.hi * 1e3);
	if (!*any)
		fprintf(out, "  %-11s ", "within");
	fprintf(out, "%s%s %s to %s", *any ? ", " : "", name, isnan(ci95_us.lo) ? "?" : lo,
	    isnan(ci95_us.hi) ? "?" : hi);
	*any = true;
}

void confidence_print_latency(const struct step *step, FILE *out)
{
	bool any = false;

	print_interval("p50", step->latency_ci95.p50, &any, out);
	print_interval("p99", step->latency_ci95.p99, &any, out);
	print_interval("p99.9", step->latency_ci95.p999, &any, out);
	if (any)
		fprintf(out, " (95 %%)\n");
}
