// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json_ranks.h"

#include <math.h>

#include "analysis/ranks.h"

static void set(json_t *object, const char *key, double value)
{
	json_object_set_new(object, key, isfinite(value) ? json_real(value) : json_null());
}

static json_t *rank_json(const struct rank_share *rank)
{
	json_t *o = json_object(), *host = json_string(rank->host);

	json_object_set_new(o, "rank", json_integer(rank->rank));
	json_object_set_new(o, "role", json_string(rank_role_name(rank->role)));
	json_object_set_new(o, "host", host ? host : json_string("(not UTF-8)"));
	json_object_set_new(o, "clients", json_integer(rank->clients));
	json_object_set_new(o, "completed", json_integer((json_int_t)rank->completed));
	set(o, "throughput_rps", rank->throughput_rps);
	set(o, "p50_us", rank->p50_us);
	set(o, "p99_us", rank->p99_us);
	set(o, "busy", rank->busy);
	set(o, "quota_busy", rank->quota_busy);
	set(o, "wait", rank->wait);
	set(o, "stolen", rank->stolen);
	set(o, "others", rank->others_busy);
	set(o, "clock_skew_us", rank->clock_skew_us);
	set(o, "clock_error_us", rank->clock_error_us);
	set(o, "start_late_us", rank->start_late_us);
	return o;
}

json_t *json_ranks(const struct step *step)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < step->n_ranks; i++)
		json_array_append_new(list, rank_json(&step->ranks[i]));
	return list;
}
