// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What was found out, in the units in which it is reported: docs/result.schema.json in C. A result is made by analysis/
 * from samples, and only shown by report/. What is unknown is NAN, and null in JSON.
 */
#ifndef MAXQ_ANALYSIS_RESULT_H
#define MAXQ_ANALYSIS_RESULT_H

#include <sched.h>

#include "analysis/findings.h"
#include "base/url.h"
#include "sample/step.h"

struct interval {
	double lo, hi;
};

struct latency_us {
	double mean, p50, p90, p99, p999, max;
};

/* Of each percentile; NAN where too few responses are beyond it. */
struct latency_ci95_us {
	struct interval p50, p90, p99, p999;
};

/* CPU time per completed request, in us. */
struct cost_us {
	double user, system;
};

struct process_cost {
	struct process_facts facts;
	struct cost_us cost;
	struct interval cost_ci95_us; /* of user + system */
	double busy;                  /* cores used, of one core: 1.0 = one core all of the time */
	bool is_split_traced;         /* user and system are by tracing, not by the kernel's ticks */
};

/* A test of the measurement itself: `value` must not exceed `bound`. */
struct check {
	const char *name; /* static text, a key of the schema */
	bool ok;
	double value, bound;
};

/* A load whose requests arrive at a rate, whatever becomes of them. */
struct open_loop {
	uint64_t rate; /* arrivals a second that were asked for; 0: a closed loop, and nothing else is set */
	const char *arrival; /* how they come, static text */
	double achieved_rps; /* requests that ended in the measured windows, right or wrong */
	uint64_t unsent;     /* arrivals for which no client was free until the end */
	uint64_t late_sends; /* sent late by the generator */
	double
	    send_delay_us; /* mean time from when a request could have been sent to when it was; NAN: none was sent */
};

enum { CHECKS_MAX = 24, WHY_MAX = 16, EVIDENCE_MAX = 256 };

struct step {
	unsigned clients;
	const char *io; /* how the generator did input and output, static text; NULL: unknown */
	struct open_loop open;
	enum { OBJECTIVE_NONE, OBJECTIVE_KEPT, OBJECTIVE_BROKEN } objective; /* of a search for a rate */
	double latency_limit_us;     /* counts.late_responses took longer; 0: there was no limit */
	double duration_s, warmup_s; /* of the measured windows, and before them */
	unsigned windows, rounds;    /* rounds: loads that it was measured in */
	struct counts counts;
	uint64_t in_flight;
	uint64_t status[STATUS_CODES];
	int first_error[FAILURE_COUNT];       /* the positive errno of the first failure of a kind, or 0 */
	const char *first_why[FAILURE_COUNT]; /* or what its decoder said, static text; else NULL */
	double throughput_rps;
	struct interval throughput_ci95_rps;
	/* So many independent windows would say as much; below INDEPENDENT_ENOUGH the intervals are guesses. NAN: unknown */
	double independent_windows;
	double drift, drift_bound;    /* see analysis/steady.h; NAN: not known */
	double precision, limit_s;    /* asked of the interval, relative, and within which time; 0: no */
	struct interval cost_ci95_us; /* of all processes of the server, user + system; NAN: unknown */
	struct latency_us latency;
	struct latency_ci95_us latency_ci95;
	struct cost_us generator;
	double generator_busy; /* of the core that it used the most */
	/* The throughput at which, by its cost here, that core would be fully used; NAN: unknown. */
	double generator_ceiling_rps;
	double
	    generator_null_rps; /* what it reaches without input and output, in the same mode; NAN: not measured */
	double
	    generator_wait; /* share of the time that a thread of it was ready to run but did not; NAN: unknown */
	size_t n_processes;
	struct process_cost *processes;             /* the result's, from malloc */
	double host_busy, host_steal, host_softirq; /* in cores */
	double
	    stolen; /* share of the CPUs used by generator and server that the hypervisor took; 0: unknown */
	double others_busy; /* cores of these CPUs that other processes used; NAN: unknown */
	struct other_process other;
	double
	    unaccounted; /* share of the CPU time of these CPUs that nobody is known to have used; NAN: unknown */
	double clock_off;            /* how far the clock was off, as a share of the time; NAN: unknown */
	double paused;               /* share of the time in which the generator did not run at all */
	double generator_all_busy;   /* cores that all of its threads used */
	double generator_quota;      /* that its control group may use; INFINITY: no limit */
	uint64_t size_min, size_max; /* bytes of the shortest and the longest whole response; 0: none */
	/* What the server was short of, in the measured windows */
	double memory_stalled;  /* share of the time in which some process waited for memory; NAN: unknown */
	bool memory_is_own;     /* of the server's control groups; else of the machine */
	uint64_t memory_killed; /* processes that the kernel ended for want of it */
	uint64_t memory_refused, major_faults;
	struct files_state files;      /* of the process at its limit, else of the nearest to it */
	double files_full;             /* share of the windows at whose end one was */
	char link_name[LINK_NAME_MAX]; /* the interface that was at its limit the most; empty: none */
	double link_full;              /* share of the windows */
	double link_bytes_s;           /* that it carried then */
	double link_share;             /* of the load's own bytes, in their busier direction */
	/* Of the server's longest queue of connections to be accepted, in the measured windows; NAN: unknown */
	double queue_waiting;   /* mean length */
	double queue_full;      /* share of the windows at whose end one was full */
	uint32_t queue_backlog; /* how many may wait */
	uint64_t overflows;     /* TCP connections dropped by the kernel, as a queue was full */
	char queue_component[COMPONENT_NAME_MAX];
	/* Connections of its own with a request that nobody has read: mean, and whose; NAN: unknown */
	double unread;
	char unread_component[COMPONENT_NAME_MAX];
	/* Of a step of several machines. Not its own, but as long as the machines live; a result has its own copy of them. */
	unsigned n_ranks;
	const struct rank_share *ranks;
	unsigned n_checks;
	struct check checks[CHECKS_MAX];
	bool valid;
};

enum resource {
	RESOURCE_NOT_REACHED, /* also of a result that has no verdict */
	RESOURCE_SERVER_CPU,
	RESOURCE_GENERATOR_CPU,
	RESOURCE_BACKLOG,
	RESOURCE_FILES,
	RESOURCE_PORTS,
	RESOURCE_MEMORY,
	RESOURCE_BANDWIDTH,
	RESOURCE_WORKERS,
	RESOURCE_ERRORS,
	RESOURCE_COUNT,
};

struct limit {
	enum resource resource;
	char component
	    [COMPONENT_NAME_MAX];    /* of the catalog or a command's name; empty where none is to blame */
	char evidence[EVIDENCE_MAX]; /* one sentence */
};

struct maximum {
	double throughput_rps;
	struct interval ci95_rps;
	unsigned clients;
	size_t step;        /* its index: the step that this is the summary of */
	double implied_rps; /* server cores / cost per request: what the server could do by its cost */
	struct cost_us cost;
	struct interval cost_ci95_us; /* of user + system */
};

/* The shape of throughput over load, by all steps of a search: analysis/curve.h. */
struct curve {
	double knee;       /* the least load whose throughput is within CURVE_GOAL of the best */
	bool is_capped;    /* a plateau, or less, was seen above the knee; else throughput still grew */
	double plateau_hi; /* up to this load throughput stays there, as far as it was measured */
	bool collapses;    /* with more it falls: */
	struct {
		double load, throughput_rps,
		    share; /* from that load on, to that, by that share of the best */
	} collapse;
};

/* The Universal Scalability Law, fitted to it: analysis/usl.h. Intervals are of 95 %; NAN where there is none. */
struct usl {
	double lambda_rps, sigma, kappa;
	struct interval lambda_ci95_rps, sigma_ci95, kappa_ci95;
	double r_squared;      /* the share of the variance that it explains */
	struct interval loads; /* the least and the largest that it was fitted to */
	/* Where its throughput is the highest, and how high; NAN: it has no peak, as kappa is 0. */
	double peak_load, peak_rps;
	bool is_extrapolated; /* the peak is outside of these loads */
};

/* What a component cost in each round of a bench. */
struct component_rounds {
	char component[COMPONENT_NAME_MAX];
	size_t n;
	struct cost_us *rounds;
};

struct slo_result;
struct phases;
struct function_profile;

struct result {
	char *name;     /* of the row, else the stack or the URL, without secrets */
	char *stack;    /* the chain, of a bench; else NULL */
	char *workload; /* the path */
	char *url;
	enum protocol protocol;
	bool is_unix, keepalive;
	size_t n_steps;
	struct step *steps;
	size_t n_rounds; /* of a bench: throughput of each round, in their order; 0 elsewhere */
	double *rounds_rps;
	uint64_t *rounds_completed; /* responses of each */
	/* Which round of the bench it was, from 1, ascending: one in which nothing could be measured is left out. */
	unsigned *rounds_number;
	size_t n_components; /* of these rounds; none where no process is known */
	struct component_rounds *components;
	double
	    idle_busy; /* of a bench: share of a core that it used while others were measured; NAN: unknown */
	double reference_rps; /* what the suite says is known of this row; NAN: nothing */
	struct slo_result *
	    slo; /* of a search for the rate that keeps an objective, from malloc: analysis/slo.h; else NULL */
	struct phases
	    *phases; /* where its CPU time goes, from malloc: analysis/phases.h; NULL: nobody traced it */
	struct function_profile
	    *functions; /* the same by function, from malloc: analysis/functions.h; NULL: nobody sampled it */
	bool has_maximum; /* a sweep has; a single load has a limit only */
	struct maximum maximum;
	bool has_curve, has_usl; /* a search of several loads has, and one that a fit is possible to */
	struct curve curve;
	struct usl usl;
	struct limit limit;
	bool valid;
	unsigned n_why;
	char *why_not_valid[WHY_MAX];
	const char *why_check[WHY_MAX]; /* the check that says so, static text; NULL: another reason */
	char *failed;                   /* a row that could not be measured: why; else NULL */
};

/* What a component of the catalog says of its version. */
struct version {
	char component[COMPONENT_NAME_MAX];
	char text[128];
};

/* One option as it was in force. Texts are the report's, from malloc. */
struct setting {
	const char *key; /* static text */
	enum setting_kind {
		SETTING_BOOL,
		SETTING_INTEGER,
		SETTING_NUMBER,
		SETTING_TEXT,
		SETTING_INTEGERS,
		SETTING_TEXTS,
		SETTING_UNKNOWN /* null */
	} kind;
	bool flag;
	int64_t integer;
	double number;
	char *text; /* of SETTING_TEXTS: one a line */
	unsigned *integers;
	size_t n_integers;
};

enum { SETTINGS_MAX = 32 };

struct layers;

enum { COMPARE_MAX = 2 };

/* A column of a ranking: the ratio of each row to one of them. */
struct compare {
	char *title; /* of the column */
	char *row;   /* its name */
};

/* A row of a ranking: where a result stands among the others. */
struct rank {
	size_t result; /* its index in the report */
	unsigned rank; /* from 1; results whose intervals overlap share one */
	/* By column: ours, and that of the reference figures; NAN where one of the two is not there. */
	double ratios[COMPARE_MAX], reference_ratios[COMPARE_MAX];
};

/* What was found on one of several machines. */
struct examined {
	char host[RANK_HOST_MAX];
	enum rank_role role;
	struct findings findings; /* their names live as long as the machines */
};

/* All that one run of maxq says. */
struct report {
	const char *command; /* static text: load, sweep, bench */
	char started_at[32]; /* RFC 3339 */
	bool complete;       /* not interrupted, nothing left out */
	struct host_facts host;
	cpu_set_t generator_cpus, server_cpus; /* empty: not pinned, or not known */
	char server_cpus_note[96];             /* why it is empty; else "" */
	struct findings *findings;             /* about the machine, from malloc; NULL: nobody looked */
	size_t n_examined;
	struct examined *examined; /* of several machines: each, from malloc */
	unsigned n_settings;
	struct setting settings[SETTINGS_MAX];
	size_t n_versions;
	struct version *versions; /* of a bench: its components', from malloc */
	size_t n_results;
	struct result *results;
	struct rank *ranking; /* of all measured results in order; NULL where nothing is ranked */
	size_t n_ranking;
	unsigned n_compare;
	struct compare compare[COMPARE_MAX];
	size_t n_layers;
	struct layers *layers; /* of stacks whose ladders were measured, from malloc: analysis/layers.h */
	char *reference;       /* where the reference figures come from; NULL: there are none */
};

const char *resource_name(enum resource resource);

/* Frees all that a result owns, and leaves it zero. */
void result_release(struct result *result);

/* Appends the step, whose memory now belongs to the result: its place in there, or NULL without memory. */
struct step *result_add_step(struct result *result, const struct step *step);

/* Notes a reason and marks the result as not valid. */
void result_not_valid(struct result *result, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same, because the check of that name (static text) failed. */
void result_check_failed(struct result *result, const char *check, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The next result of the report, zero but valid; it stays in place only until the next call. NULL without memory. */
struct result *report_add_result(struct report *report);

/* Adds a column of ratios to the row of that name: 0, -ENOSPC when there are COMPARE_MAX, -ENOMEM. */
int report_add_compare(struct report *report, const char *title, const char *row);

/* What is noted of the component's version, or NULL. */
const char *report_version(const struct report *report, const char *component);

/* Notes the version of a component, unless it is known. -ENOMEM. */
int report_add_version(struct report *report, const char *component, const char *text);

/* Its rows are measured in interleaved rounds: bench, layers, profile and compare. */
bool report_has_rounds(const struct report *report);

/* Takes back the last result. */
void report_drop_result(struct report *report);

/* The next setting of that key; once SETTINGS_MAX are full, the last one again. */
struct setting *report_add_setting(struct report *report, const char *key, enum setting_kind kind);

/* Forgets all settings. */
void report_clear_settings(struct report *report);

/* Frees all that a report owns, and leaves it zero. */
void report_release(struct report *report);

#endif
