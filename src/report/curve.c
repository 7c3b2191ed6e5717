// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/curve.h"

#include <math.h>

#include "base/units.h"
#include "report/wrap.h"

enum { CELL = 32, LINE = 256, INDENT = 14 };

static void print_shape(const struct curve *c, FILE *out)
{
	char knee[CELL], rest[LINE] = "";

	snprintf(knee, sizeof(knee), "knee %.0f client%s", c->knee, c->knee == 1 ? "" : "s");
	if (c->collapses)
		snprintf(rest, sizeof(rest), "; throughput falls by %.0f %% at %.0f", 100 * c->collapse.share,
		    c->collapse.load);
	if (!c->is_capped)
		fprintf(out, "  %-11s none up to %.0f clients: throughput still grew\n", "plateau",
		    c->plateau_hi);
	else if (c->plateau_hi > c->knee)
		fprintf(out, "  %-11s %s, plateau to %.0f%s\n", "curve", knee, c->plateau_hi, rest);
	else
		fprintf(out, "  %-11s %s%s\n", "curve", knee, rest);
}

/* "0.021 +- 0.004"; what is held at 0 has no interval. */
static void format_coefficient(char *cell, double value, struct interval ci)
{
	if (isfinite(ci.hi))
		snprintf(cell, CELL, "%.2g +- %.1g", value, ci.hi - value);
	else
		snprintf(cell, CELL, "%.2g", value);
}

static void print_usl(const struct usl *u, FILE *out)
{
	char lambda[CELL], sigma[CELL], kappa[CELL], peak[CELL], text[LINE], at[LINE] = "no peak";

	format_count(lambda, sizeof(lambda), u->lambda_rps);
	format_coefficient(sigma, u->sigma, u->sigma_ci95);
	format_coefficient(kappa, u->kappa, u->kappa_ci95);
	if (isfinite(u->peak_load)) {
		format_count(peak, sizeof(peak), u->peak_rps);
		snprintf(at, sizeof(at), "peak %s q/s with %.0f%s", peak, u->peak_load,
		    u->is_extrapolated ? " (extrapolated)" : "");
	}
	snprintf(text, sizeof(text),
	    "%s q/s for one client, contention %s, coherency %s; %s; it explains %.0f %% of the variance",
	    lambda, sigma, kappa, at, 100 * u->r_squared);
	fprintf(out, "  %-11s ", "USL");
	wrap_print(out, INDENT, text, false);
}

void curve_print(const struct result *result, FILE *out)
{
	if (result->has_curve)
		print_shape(&result->curve, out);
	if (result->has_usl)
		print_usl(&result->usl, out);
}
