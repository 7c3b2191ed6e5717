// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json_curve.h"

#include <math.h>

#include "report/json_put.h"

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
		collapse =
		    json_pack("{s: o, s: o, s: o}", "clients", whole(c->collapse.load), "throughput_rps",
			json_number(c->collapse.throughput_rps), "share", json_number(c->collapse.share));
	return json_pack("{s: o, s: o, s: o, s: o}", "knee_clients", whole(c->knee), "level_to_clients",
	    whole(c->plateau_hi), "plateau", plateau, "collapse", collapse);
}

json_t *json_usl(const struct usl *u)
{
	json_t *peak = json_null();

	if (isfinite(u->peak_load))
		peak = json_pack("{s: o, s: o, s: b}", "clients", json_number(u->peak_load), "throughput_rps",
		    json_number(u->peak_rps), "extrapolated", (int)u->is_extrapolated);
	return json_pack("{s: o, s: o, s: o, s: o, s: o, s: o, s: o, s: o, s: o}", "lambda_rps",
	    json_number(u->lambda_rps), "lambda_ci95_rps", json_interval(u->lambda_ci95_rps), "sigma",
	    json_number(u->sigma), "sigma_ci95", json_interval(u->sigma_ci95), "kappa", json_number(u->kappa),
	    "kappa_ci95", json_interval(u->kappa_ci95), "r_squared", json_number(u->r_squared), "clients",
	    json_interval(u->loads), "peak", peak);
}
