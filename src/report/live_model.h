// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the live view shows: the state of a run as of the last event. It is filled by the events of a sink, keeps no pointers to what
 * it is told, and never grows: what does not fit is left out, the oldest first, and of processes in one sum.
 */
#ifndef MAXQ_REPORT_LIVE_MODEL_H
#define MAXQ_REPORT_LIVE_MODEL_H

#include "analysis/result.h"
#include "report/sink.h"

enum {
	LIVE_TEXT_MAX = 128,
	LIVE_WINDOWS_MAX = 256,
	LIVE_POINTS_MAX = 64,
	LIVE_COMPONENTS_MAX = 8,
	LIVE_ROWS_MAX = 64
};

/* A step that was measured: its load is clients, or of an open loop requests a second. */
struct live_point {
	double load, rps;
};

struct live_component {
	char name[COMPONENT_NAME_MAX];
	double cores; /* that its processes used of late */
	int64_t sum_ns;
};

/* A row of a bench. */
struct live_row {
	char name[LIVE_TEXT_MAX];
	double rps; /* by its search, then of all its rounds; 0: not measured yet */
	double completed, length_s;
};

struct live_model {
	char command[16], name[LIVE_TEXT_MAX];
	char doing[32]; /* beside loads; empty: a load runs */
	size_t row, n_rows;
	unsigned round, clients;
	bool searches;        /* loads are of several sizes */
	unsigned server_cpus; /* that servers may use; 0: unknown */
	int64_t run_ns;       /* since the run began: set it before it is drawn */
	int64_t left_ns;      /* of the run, when the load began; 0: unknown */
	int64_t elapsed_ns, step_ns;
	bool warming_up;
	/* Throughput of the last windows: that of the nth since the row began is at n % LIVE_WINDOWS_MAX */
	size_t n_windows;
	double windows_rps[LIVE_WINDOWS_MAX];
	uint64_t errors;              /* of this load */
	double completed, measured_s; /* of this load, beyond its warm-up */
	/* Of late: over LIVE_GAUGE_NS or longer. NAN: not known yet */
	double rps, generator, steal;
	int64_t gauge_ns, generator_sum_ns, steal_sum_ns, capacity_sum_ns;
	uint64_t completed_sum;
	size_t n_components;
	struct live_component components[LIVE_COMPONENTS_MAX];
	size_t n_points; /* of this row, by their load */
	bool by_rate;    /* they are of an open loop */
	struct live_point points[LIVE_POINTS_MAX];
	struct live_row rows[LIVE_ROWS_MAX];
};

/* Gauges are means over so long: what changes faster cannot be read. */
#define LIVE_GAUGE_NS (250 * INT64_C(1000000))

void live_model_begin(struct live_model *model, const struct report *report);
void live_model_row(struct live_model *model, const struct progress *progress, const char *doing);

/* `seen` may be NULL. CPU time of the server's processes is told beforehand, by live_model_processes, or one by one. */
void live_model_window(struct live_model *model, const struct progress *progress, const struct window *window,
    const struct observed *seen);
void live_model_processes(
    struct live_model *model, const struct progress *progress, const struct observed *seen);
void live_model_process(struct live_model *model, const char *component, int64_t cpu_ns);

void live_model_sample(
    struct live_model *model, const struct progress *progress, const struct step_sample *sample);
void live_model_step(struct live_model *model, const struct step *step);
void live_model_searched(struct live_model *model, const struct progress *progress, const struct step *step);

#endif
