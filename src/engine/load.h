// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The public face of the load generator: one load, held until it is stopped.
 *
 * A plan is divided over threads that share nothing; each fills windows, which the caller takes merged, one after the
 * other, while the load goes on. Windows are aligned on a common start: window k covers [start + k*W, start + (k+1)*W).
 *
 * Life: load_new, load_start, load_next_window until it says 0, load_finish, load_free. One thread makes all these calls.
 */
#ifndef MAXQ_ENGINE_LOAD_H
#define MAXQ_ENGINE_LOAD_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/url.h"
#include "codec/codec.h"
#include "engine/io.h"
#include "engine/pace.h"
#include "sample/step.h"

enum { LOAD_CLIENTS_MAX = 1000000, LOAD_PIPELINE_MAX = 1024 };

/* Holds a load back until others are ready, too. */
struct load_gate {
	/*
	 * Called once all clients are connected that will be: `connected` of them. Returns when it is known that the load is to begin
	 * at *start_ns (monotonic; at once when that has passed), or negative errno with a message when it is not to.
	 */
	int (*wait)(struct load_gate *gate, unsigned connected, int64_t *start_ns, struct err *err);
};

/* All pointers are the caller's and stay valid until load_free. */
struct load_plan {
	struct addr addr;
	const struct addr *sources; /* client i connects from address i (round and round) */
	unsigned n_sources;         /* 0: from wherever the kernel likes */
	enum protocol protocol;
	const uint8_t *request; /* sent as it is, by every client */
	size_t request_len;
	bool is_head;      /* the request's method is HEAD: no body follows */
	unsigned pipeline; /* so many requests of a client are in flight on its connection: at most
			     LOAD_PIPELINE_MAX, http only; 0: one */
	bool keepalive;    /* else a connection for each request, closed by the client after the response */
	bool reset;        /* close by RST instead of FIN */
	unsigned clients;
	unsigned threads; /* at most one a client is used */
	uint64_t
	    rate; /* open loop: so many arrivals a second in all, for as many clients as there are; 0: closed */
	enum arrival arrival;
	uint64_t seed;       /* of random arrivals */
	uint64_t requests;   /* this many in all; 0: no limit */
	int64_t duration_ns; /* stop after it; CLOCK_NEVER: when told */
	int64_t
	    timeout_ns; /* of a request, its connection included; in an open loop from its sending, not its arrival */
	int64_t latency_limit_ns; /* responses that took longer count as late, too; 0: none does */
	int64_t window_ns;
	enum io_kind io;
	cpu_set_t cpus; /* thread i runs on the ith of them (round and round); none: wherever it likes */
	uint16_t expect_status; /* 0: any below 400 */
	struct body_spec body;
	/* static text: why the server may have closed without an answer; NULL: nothing is known of this request */
	const char *why_unanswered;
	struct load_gate *gate; /* NULL: begin as soon as the clients are connected */
};

struct load_totals {
	/* From the first connection to the last response, what is outside of windows included. */
	struct counts counts;
	uint64_t in_flight; /* abandoned at the end; then started = completed + errors + in_flight */
	uint64_t status[STATUS_CODES];        /* whole responses by status */
	int first_error[FAILURE_COUNT];       /* the positive errno of the first failure of a kind, or 0 */
	const char *first_why[FAILURE_COUNT]; /* or what its decoder said, static text; else NULL */
	unsigned clients_connected;           /* with keep-alive: connected when the load began */
	uint64_t
	    unsent; /* open loop: arrivals for which no client was free until the end; they were never started */
	uint64_t size_min, size_max; /* bytes of the shortest and the longest whole response; 0: none */
};

struct load;

/* Allocates all that will be needed, and raises the soft limit of open files where it must. */
int load_new(struct load **load, const struct load_plan *plan, struct err *err);

/*
 * Starts the threads; with keep-alive, connects all clients (as many as will within the timeout), and then begins at
 * once on all of them, or when the gate says. -EINTR when a signal that base/interrupt.h watches came.
 */
int load_start(struct load *load, struct err *err);

/* The engine that runs it: the plan's, or what that came down to (see io_choose). */
enum io_kind load_io(const struct load *load);

/* When the load began: the start of the first window, monotonic. */
int64_t load_start_ns(const struct load *load);

/*
 * Waits for the next window, writes it, and adds its latencies to `latency`: 1; or 0 when there will be none; or -EINTR as above. What comes after the
 * last whole window is counted in the totals only, but for the last window of a plan with `requests`, which is shorter.
 */
int load_next_window(struct load *load, struct window *window, struct hist *latency);

/* No more requests; those in flight are waited for, or, with `abandon`, are not. Any window in progress is dropped. */
void load_stop(struct load *load, bool abandon);

/* Waits for the end (at most the timeout after the last request was sent) and adds up. An interrupt abandons the rest. */
int load_finish(struct load *load, struct load_totals *totals, struct err *err);

/* Takes NULL. Stops and abandons what still runs. */
void load_free(struct load *load);

#endif
