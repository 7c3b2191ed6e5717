// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json_ranks.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/ranks.h"
#include "report/json_get.h"

/* More are not believed. */
enum { RANKS_READ_MAX = 4096 };

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

static void read_rank(const json_t *json, struct rank_share *rank)
{
	const char *role = get_text(json, "role");

	*rank = (struct rank_share){
	    .rank = get_unsigned(json, "rank"),
	    .role = ROLE_GENERATOR,
	    .clients = get_unsigned(json, "clients"),
	    .completed = get_count(json, "completed"),
	    .throughput_rps = get_number(json, "throughput_rps"),
	    .p50_us = get_number(json, "p50_us"),
	    .p99_us = get_number(json, "p99_us"),
	    .busy = get_number(json, "busy"),
	    .quota_busy = get_number(json, "quota_busy"),
	    .wait = get_number(json, "wait"),
	    .stolen = get_number(json, "stolen"),
	    .others_busy = get_number(json, "others"),
	    .clock_skew_us = get_number(json, "clock_skew_us"),
	    .clock_error_us = get_number(json, "clock_error_us"),
	    .start_late_us = get_number(json, "start_late_us"),
	};
	get_field(json, "host", rank->host, sizeof(rank->host));
	if (role && !strcmp(role, rank_role_name(ROLE_OBSERVER)))
		rank->role = ROLE_OBSERVER;
}

int json_read_ranks(const json_t *json, struct step *step)
{
	size_t n = json_array_size(json);
	struct rank_share *ranks;

	if (!n)
		return 0;
	if (n > RANKS_READ_MAX)
		n = RANKS_READ_MAX;
	ranks = calloc(n, sizeof(*ranks));
	if (!ranks)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		read_rank(json_array_get(json, i), &ranks[i]);
	step->n_ranks = (unsigned)n;
	step->ranks = ranks;
	return 0;
}
