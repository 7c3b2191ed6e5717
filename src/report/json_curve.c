// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json_curve.h"

#include <math.h>

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *interval(struct interval i)
{
	return json_pack("[o, o]", number(i.lo), number(i.hi));
}

static json_t *whole(double load)
{
	return json_integer((json_int_t)load);
}

json_t *json_curve(const struct curve *c)
{
	json_t *plateau =
	    c->is_capped ? json_pack("[o, o]", whole(c->knee), whole(c->plateau_hi)) : json_null();
	json_t *collapse = json_null();

	if (c->collapses)
		collapse = json_pack("{s: o, s: o, s: o}", "clients", whole(c->collapse.load),
		    "throughput_rps", number(c->collapse.throughput_rps), "share", number(c->collapse.share));
	return json_pack(
	    "{s: o, s: o, s: o}", "knee_clients", whole(c->knee), "plateau", plateau, "collapse", collapse);
}

json_t *json_usl(const struct usl *u)
{
	json_t *peak = json_null();

	if (isfinite(u->peak_load))
		peak = json_pack("{s: o, s: o, s: b}", "clients", number(u->peak_load), "throughput_rps",
		    number(u->peak_rps), "extrapolated", (int)u->is_extrapolated);
	return json_pack("{s: o, s: o, s: o, s: o, s: o, s: o, s: o, s: o, s: o}", "lambda_rps",
	    number(u->lambda_rps), "lambda_ci95_rps", interval(u->lambda_ci95_rps), "sigma", number(u->sigma),
	    "sigma_ci95", interval(u->sigma_ci95), "kappa", number(u->kappa), "kappa_ci95",
	    interval(u->kappa_ci95), "r_squared", number(u->r_squared), "clients", interval(u->loads), "peak",
	    peak);
}
