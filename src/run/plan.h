// SPDX-License-Identifier: GPL-3.0-or-later
/* What the user asked for: made by cli/ from the command line, carried out by run/. */
#ifndef MAXQ_RUN_PLAN_H
#define MAXQ_RUN_PLAN_H

#include <sched.h>

#include "analysis/result.h"
#include "analysis/slo.h"
#include "base/addr.h"
#include "base/url.h"
#include "engine/io.h"
#include "engine/pace.h"

enum {
	PLAN_CLIENTS_MAX = 64,
	PLAN_HEADERS_MAX = 64,
	PLAN_PARAMS_MAX = 64,
	PLAN_STACKS_MAX = 64,
	PLAN_BELOW_MAX = 8,
	PLAN_SOURCES_MAX = 64
};

#define PLAN_WARMUP_AUTO (-1)

enum keepalive {
	KEEPALIVE_USUAL, /* as is usual for the protocol */
	KEEPALIVE_YES,
	KEEPALIVE_NO,
};

/* What is to be watched, bit by bit. */
enum profile {
	PROFILE_PHASES = 1,
	PROFILE_FUNCTIONS = 2,
};

/* All texts are those of the command line, or static. */
struct plan {
	const char *target; /* load, sweep, layers */
	struct url url;
	struct url below_urls[PLAN_BELOW_MAX]; /* layers: what the target passes requests on to */
	size_t n_below;
	const char *stacks[PLAN_STACKS_MAX]; /* bench; none: those of the suite */
	size_t n_stacks;
	bool is_ab;            /* compare: two stacks or targets, measured in turn */
	struct url url_b;      /* compare: the second target */
	const char *catalog_b; /* compare: of the second stack; NULL: that of the first */
	uint64_t seed;         /* compare: of who comes first in each block of rounds */
	bool layers;           /* bench: the ladders of its stacks */
	unsigned profile;  /* bench, profile: of enum profile, where the CPU time of each row goes; 0: none */
	bool profile_only; /* profile: and nothing else */
	const char *phases; /* profile: a file that says what belongs to which phase; NULL: the catalog's */
	unsigned frequency_hz; /* profile: samples a second of CPU time, by function */
	const char
	    *parts; /* profile: a file that says which functions belong to which part; NULL: the catalog's */
	const char *suite;    /* bench: its name; NULL: the default one */
	const char *catalog;  /* a folder; NULL: the one that comes with maxq */
	const char *workload; /* bench: the path */
	int64_t ready_ns;     /* bench: within which a stack must answer */
	unsigned rounds;      /* bench: at most so many; 0: no limit. profile: so many */
	double
	    precision; /* half-width of the intervals, relative, at which it is enough; 0: the command's default */
	int64_t budget_ns; /* to end by then; 0: the command's default */
	int64_t warmup_ns; /* of a step; PLAN_WARMUP_AUTO: until it is steady */

	unsigned clients[PLAN_CLIENTS_MAX];
	size_t n_clients;  /* 0: the command's default */
	uint64_t requests; /* 0: no limit */
	uint64_t rate;     /* load: arrivals a second of an open loop; 0: a closed one */
	enum arrival arrival;
	struct slo slo; /* sweep: search the highest rate that keeps it; n = 0: the closed loop's maximum */
	int64_t latency_limit_ns; /* load, sweep: beyond which a response counts as late; 0: none */
	int64_t duration_ns;      /* of a step's measuring; 0: the command's default */
	unsigned threads;
	struct addr sources[PLAN_SOURCES_MAX]; /* local addresses to connect from */
	size_t n_sources;
	unsigned pipeline; /* requests in flight on each connection; more than one by http only */
	int64_t timeout_ns;
	enum keepalive keepalive;
	bool reset;
	bool remote_ok;
	bool calibrate;  /* load: measure the generator first, without input and output */
	bool show_query; /* the target's query is shown and stored: else it could be a secret */
	bool quick;      /* doctor: only what takes no time */
	double
	    connections_per_s; /* that are planned, without keep-alive: doctor, and what sweeps begin with */

	const char *method;
	const char *headers[PLAN_HEADERS_MAX];
	size_t n_headers;
	const char *params[PLAN_PARAMS_MAX]; /* NAME=VALUE, for fastcgi, uwsgi and scgi */
	size_t n_params;
	uint8_t modifier1; /* of uwsgi */
	const uint8_t *body;
	size_t body_len;
	uint16_t expect_status;
	const uint8_t *expect_body; /* NULL: any */
	size_t expect_body_len;

	enum io_kind io;
	cpu_set_t generator_cpus, server_cpus; /* empty: chosen by maxq */
	const char *generators, *server;       /* names of machines, separated by commas; NULL: this one */
	const char *subnet;                    /* that their messages take; NULL: any */
	unsigned ranks;                        /* of maxq-mpi: so many are expected; 0: any number */
	struct machines *machines; /* that measure in this one's place (run/machines.h); NULL: none */
};

/* The plan of someone who only names a target. */
void plan_init(struct plan *plan);

/*
 * Whether connections are kept open between requests. Usual is what nginx does: http yes; fastcgi no, because a server
 * with few workers would serve the first clients only; uwsgi and scgi cannot.
 */
bool plan_keepalive(const struct plan *plan, enum protocol protocol);

/* Notes all options of the plan in the report. Values of headers and parameters are left out: they can be secrets. */
void plan_describe(const struct plan *plan, struct report *report);

/* And those of rounds; and those that only bench has, with these. */
void plan_describe_rounds(const struct plan *plan, struct report *report);
void plan_describe_bench(const struct plan *plan, struct report *report);

#endif
