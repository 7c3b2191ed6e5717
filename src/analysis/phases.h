// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where the CPU time of a request goes, phase by phase: from what the threads of the server did by system call, and a map from
 * calls to phases. The time inside of a call is system time of its phase; the time after it, until the next call, is user time
 * of the phase that the map says it belongs to. All times of a component, and a residue, add up to what its CPU clocks say
 * that it used meanwhile. The residue is what passed between two pieces: mostly the tracing itself.
 */
#ifndef MAXQ_ANALYSIS_PHASES_H
#define MAXQ_ANALYSIS_PHASES_H

#include "analysis/result.h"
#include "sample/syscalls.h"

enum { PHASES_MAX = 16, PHASE_NAME_MAX = 16 };

/* This call is part of that phase. */
struct phase_rule {
	const char *call;
	bool sockets_only; /* where it is done on a socket; elsewhere it is part of the rest */
	unsigned phase;
};

/* Its texts are the maker's. */
struct phase_map {
	unsigned n_phases;
	struct phase_name {
		char name[PHASE_NAME_MAX];
		unsigned user; /* the phase of what follows its calls; its own, or another */
	} phases[PHASES_MAX];
	unsigned rest; /* the phase of all calls without a rule */
	size_t n_rules;
	const struct phase_rule *rules;
};

/* The phase of that call. */
unsigned phase_of(const struct phase_map *map, const char *call, bool on_socket);

/* What was traced, in one load or in several. */
struct traced {
	uint64_t requests; /* completed in them, all of them */
	int64_t elapsed_ns;
	size_t n_processes;
	struct traced_process {
		struct process_syscalls did;
		int64_t
		    cpu_ns; /* by the process's clock, from before the tracing to after it, with its children's */
	} * processes;
};

/* Adds what another load's process did. What it points to is copied. -ENOMEM. */
int traced_add(struct traced *traced, const struct process_syscalls *did, int64_t cpu_ns);
void traced_release(struct traced *traced);

/* For a request, in us of CPU time. `system` contains `softirq`. */
struct phase_cost {
	double calls, user, system, softirq;
	double scaled; /* user and system, by what the component costs when nobody watches; NAN: unknown */
};

struct component_phases {
	char component[COMPONENT_NAME_MAX];
	struct phase_cost phases[PHASES_MAX];
	struct phase_cost sum;         /* of these */
	double stolen_us;              /* what the hypervisor took meanwhile, and what is in none of these */
	double residue_us;             /* what the clock says beyond the sum */
	double traced_us;              /* by the clock, in the loads that were traced */
	double untraced_us;            /* in those that were not; NAN: unknown */
	double slowdown;               /* traced / untraced, over the same windows; NAN: unknown */
	double voluntary, involuntary; /* times a request that a thread left its CPU */
};

struct phase_call {
	struct syscall_use use; /* in all loads together */
	unsigned phase;
};

struct process_phases {
	struct process_facts facts;
	size_t n_calls;
	struct phase_call *calls; /* from malloc, the longest first */
};

struct phases {
	unsigned n_phases;
	char names[PHASES_MAX][PHASE_NAME_MAX];
	uint64_t requests;
	double elapsed_s;
	double untraced_rps, traced_rps;
	size_t n_components;
	struct component_phases *components;
	size_t n_processes;
	struct process_phases *processes;
};

/*
 * Sums it up by the map. `untraced` and `watched` are steps of the same load, in which nobody watched, and in which it was
 * traced. NULL without memory; else the caller's, and its memory is freed by phases_free.
 */
struct phases *phases_make(const struct traced *traced, const struct phase_map *map,
    const struct step *untraced, const struct step *watched);
void phases_free(struct phases *phases);

/* Waiting, not on a CPU and not ready for one, in cores: 1.0 = one thread waited all of the time. */
double call_waiting(const struct phases *phases, const struct phase_call *call);

/*
 * The split of what processes cost into user and system is known exactly where they were traced, and replaces that of the
 * kernel's ticks in the step; their totals stay.
 */
void phases_split(const struct phases *phases, struct step *step);

/*
 * When the verdict is that the server's workers waited for something: adds to its evidence in which call they did, as far
 * as phases are known.
 */
void phases_explain(const struct phases *phases, struct limit *limit);

#endif
