// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One thread of the generator. It owns its connections, its io and its windows, and shares with the thread that holds the
 * load only what `struct control` and the ring of windows say.
 */
#ifndef MAXQ_ENGINE_WORKER_H
#define MAXQ_ENGINE_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "engine/conn.h"
#include "engine/load.h"
#include "engine/pace.h"

enum load_phase {
	PHASE_SET_UP,  /* connect */
	PHASE_RUN,     /* send, until stop_ns */
	PHASE_DRAIN,   /* start no request; finish what is in flight */
	PHASE_ABANDON, /* leave at once */
};

/* What the load tells its workers (atomics), and how they wake it (the condition). */
struct control {
	atomic_int phase;
	_Atomic int64_t start_ns; /* valid from PHASE_RUN on */
	pthread_mutex_t lock;
	pthread_cond_t changed; /* a worker has published a window, is set up, or has finished */
};

/* Of a thread since it began. */
struct thread_usage {
	struct cpu_time cpu;
	int64_t wait_ns; /* ready to run, but not running; -1: unknown */
};

/* A window of one worker; it is the load's from publication until it is taken back by being merged. */
struct part {
	uint64_t index; /* it ends at the end of window `index`, counted from 0 */
	bool tail;      /* not a window: what came after the last one */
	int64_t end_ns;
	struct counts counts;
	struct thread_usage usage; /* at the end of this part */
	struct hist latency;
};

/* The load may be late by seven windows; two more parts are the one in hand, and one kept for what follows the last window. */
enum { PARTS = 9 };

struct worker {
	/* constant while the thread runs */
	const struct load_plan *plan;
	struct control *control;
	int cpu; /* to run on, or -1 */
	uint32_t n_conns;

	/* the thread's own */
	struct io *io;
	struct conn *conns;
	int64_t *started_ns; /* of each connection's requests: plan->pipeline, see struct conn */
	int64_t *due_ns;     /* of each connection: its timeout or the end of its pause, else CLOCK_NEVER */
	int64_t next_due_ns; /* no connection is due before */
	int64_t now_ns;      /* when the event in hand was taken */
	struct pace pace;
	struct http1_memo memo;
	bool setting_up;                    /* connections are opened, no client has its turn yet */
	bool stopping;                      /* no client has another turn */
	uint32_t n_live;                    /* connections that are not finished */
	uint32_t set_up_begun, set_up_done; /* connections of set-up: ever begun, open now */
	struct part *part;                  /* being filled */
	uint64_t part_index;
	int64_t part_end_ns; /* when it is to be published */
	int64_t stop_ns;
	int64_t stopped_ns;   /* while stopping: the time since which no request is started */
	struct hist *latency; /* of `part`, by a short way */
	int failed;           /* negative errno of the io itself */
	int schedstat;        /* what the kernel's scheduler knows of this thread; -1: it does not tell */
	struct thread_usage usage_at_start; /* when the load began */
	/* Open loop: a ring of the clients that rest, each once, the one that has for longest first; NULL in a closed one. */
	uint32_t *resting;
	uint32_t rest_first, n_resting;
	int64_t rested_ns; /* since then at least one client rests, or did until the last arrival */
	uint64_t unsent;   /* arrivals that came to nothing: set at the end */
	uint64_t status[STATUS_CODES];
	uint64_t size_min, size_max; /* of whole responses, in bytes; 0: none yet */
	int first_error[FAILURE_COUNT];
	const char *first_why[FAILURE_COUNT];

	/* shared: parts[k % PARTS] for merged <= k < published are the load's, all others the thread's */
	struct part *parts;
	atomic_uint_fast64_t published, merged;
	atomic_uint set_up; /* connections opened so far */
	atomic_bool finished;
	pthread_t thread;
	bool running;
} __attribute__((aligned(64)));

/* What its io is to be like. */
struct io_spec worker_io_spec(const struct load_plan *plan, uint32_t n_conns);

/* Allocates for plan->clients' share `n_conns` and quota of requests. */
int worker_init(struct worker *w, const struct load_plan *plan, struct control *control, uint32_t n_conns,
    uint64_t requests, int cpu, struct err *err);
void worker_release(struct worker *w);

/* The thread's main function; takes the struct worker. */
void *worker_main(void *worker);

/* Closes the part in hand when its end has passed; to be called with the time of every event before it is counted. */
void worker_rotate(struct worker *w);

static inline void worker_tick(struct worker *w)
{
	w->now_ns = clock_ns();
	if (w->now_ns >= w->part_end_ns)
		worker_rotate(w);
}

static inline void worker_set_due(struct worker *w, uint32_t i, int64_t due_ns)
{
	w->due_ns[i] = due_ns;
	if (due_ns < w->next_due_ns)
		w->next_due_ns = due_ns;
}

#endif
