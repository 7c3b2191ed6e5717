// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cpus.h"
#include "base/interrupt.h"

enum {
	/* Connections of set-up that are being opened at once: below the backlog of any sane server. */
	SET_UP_AT_ONCE = 64,
	/* Events between two looks at the phase: what is always ready must not starve it. */
	EVENTS_AT_ONCE = 1024,
	/* Parts that stay free after a window was published: to go on in, and, before the last window, one for what follows it. */
	SPARE_OF_LAST = 1,
	SPARE = 2,
};

static const int64_t set_up_nap_ns = NS_PER_MS;

struct io_spec worker_io_spec(const struct load_plan *plan, uint32_t n_conns)
{
	return (struct io_spec){.n_conns = n_conns,
	    .keepalive = plan->keepalive,
	    .reset = plan->reset,
	    .request_len = plan->request_len};
}

int worker_init(struct worker *w, const struct load_plan *plan, struct control *control, uint32_t n_conns,
    uint64_t requests, int cpu, struct err *err)
{
	struct io_spec spec;

	*w = (struct worker){
	    .plan = plan,
	    .control = control,
	    .cpu = cpu,
	    .n_conns = n_conns,
	    .n_live = n_conns,
	    .pace = {.left = requests, .next_ns = CLOCK_NEVER},
	    .next_due_ns = CLOCK_NEVER,
	    .part_end_ns = CLOCK_NEVER,
	    .stop_ns = CLOCK_NEVER,
	    .schedstat = -1,
	};
	w->conns = calloc(n_conns, sizeof(*w->conns));
	w->started_ns = calloc((size_t)n_conns * plan->pipeline, sizeof(*w->started_ns));
	w->due_ns = calloc(n_conns, sizeof(*w->due_ns));
	w->parts = calloc(PARTS, sizeof(*w->parts));
	if (plan->rate)
		w->resting = calloc(n_conns, sizeof(*w->resting));
	if (!w->conns || !w->started_ns || !w->due_ns || !w->parts || (plan->rate && !w->resting))
		return err_set(err, -ENOMEM, "out of memory for %u connections", n_conns);
	for (uint32_t i = 0; i < n_conns; i++)
		w->due_ns[i] = CLOCK_NEVER;
	for (int i = 0; i < PARTS; i++)
		hist_init(&w->parts[i].latency);
	w->part = &w->parts[0];
	w->latency = &w->part->latency;
	spec = worker_io_spec(plan, n_conns);
	return io_new(&w->io, plan->io, &spec, err);
}

void worker_release(struct worker *w)
{
	io_free(w->io);
	free(w->conns);
	free(w->started_ns);
	free(w->due_ns);
	free(w->resting);
	free(w->parts);
}

static void notify(struct worker *w)
{
	pthread_mutex_lock(&w->control->lock);
	pthread_cond_signal(&w->control->changed);
	pthread_mutex_unlock(&w->control->lock);
}

static struct cpu_time thread_cpu(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (struct cpu_time){
	    .user_ns = usage.ru_utime.tv_sec * NS_PER_S + usage.ru_utime.tv_usec * NS_PER_US,
	    .system_ns = usage.ru_stime.tv_sec * NS_PER_S + usage.ru_stime.tv_usec * NS_PER_US,
	};
}

/* Kernels without CONFIG_SCHED_INFO have no such file; those that were told not to account (nodelayacct) say 0 0 0. */
static int64_t thread_wait_ns(const struct worker *w)
{
	uint64_t ran_ns, waited_ns, runs;
	char text[72];
	ssize_t n = w->schedstat >= 0 ? pread(w->schedstat, text, sizeof(text) - 1, 0) : -1;

	if (n <= 0)
		return -1;
	text[n] = '\0';
	if (sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu64, &ran_ns, &waited_ns, &runs) != 3 || !runs)
		return -1;
	return (int64_t)waited_ns;
}

static struct thread_usage thread_usage(const struct worker *w)
{
	return (struct thread_usage){.cpu = thread_cpu(), .wait_ns = thread_wait_ns(w)};
}

static void begin_part(struct worker *w, uint_fast64_t n)
{
	w->part = &w->parts[n % PARTS];
	w->latency = &w->part->latency;
	hist_reset(w->latency);
	w->part->counts = (struct counts){0};
	w->part->tail = false;
}

/*
 * Hands the part in hand to the load, if `spare` others are free, and goes on in one of these, if any; else the part in
 * hand grows. As each but the last window spares two, there is always room for the last one and what follows it.
 */
static void publish(struct worker *w, int64_t end_ns, unsigned spare)
{
	uint_fast64_t published = atomic_load_explicit(&w->published, memory_order_relaxed);
	uint_fast64_t held = published - atomic_load_explicit(&w->merged, memory_order_acquire);

	if (held + 1 + spare > PARTS)
		return;
	w->part->index = w->part_index;
	w->part->end_ns = end_ns;
	w->part->usage = thread_usage(w);
	atomic_store_explicit(&w->published, published + 1, memory_order_release);
	notify(w);
	if (spare)
		begin_part(w, published + 1);
}

/* The end of window `index`; windows beyond stop_ns do not exist. */
static int64_t window_end_ns(const struct worker *w, uint64_t index)
{
	return atomic_load_explicit(&w->control->start_ns, memory_order_relaxed) +
	    (int64_t)(index + 1) * w->plan->window_ns;
}

void worker_rotate(struct worker *w)
{
	bool last;

	/* a late call closes the last window that is over; nothing was counted since its end */
	while (window_end_ns(w, w->part_index + 1) <= w->now_ns &&
	    window_end_ns(w, w->part_index + 1) <= w->stop_ns)
		w->part_index++;
	last = window_end_ns(w, w->part_index + 1) > w->stop_ns;
	publish(w, window_end_ns(w, w->part_index), last ? SPARE_OF_LAST : SPARE);
	w->part_index++;
	w->part_end_ns = last ? CLOCK_NEVER : window_end_ns(w, w->part_index);
}

/* All connections that are due. A scan of one array: it happens as rarely as anything can be due, and a request costs it nothing. */
static void expire(struct worker *w)
{
	int64_t next_ns = CLOCK_NEVER;

	w->next_due_ns = CLOCK_NEVER;
	for (uint32_t i = 0; i < w->n_conns; i++) {
		if (w->due_ns[i] <= w->now_ns)
			conn_due(w, i);
		if (w->due_ns[i] < next_ns)
			next_ns = w->due_ns[i];
	}
	w->next_due_ns = next_ns;
}

/* Waits, and works off what has completed: until `until_ns` at the latest. */
static void work(struct worker *w, int64_t until_ns)
{
	struct io_event event;
	int rc;

	if (w->next_due_ns < until_ns)
		until_ns = w->next_due_ns;
	if (w->part_end_ns < until_ns)
		until_ns = w->part_end_ns;
	if (w->n_resting && w->pace.next_ns < until_ns)
		until_ns = w->pace.next_ns;
	rc = io_wait(w->io, until_ns);
	if (rc) {
		w->failed = rc;
		return;
	}
	for (int n = 0; n < EVENTS_AT_ONCE && io_next(w->io, &event); n++) {
		conn_handle(w, &event);
		if (w->now_ns >= w->pace.next_ns)
			conn_arrivals(w);
	}
	worker_tick(w);
	if (w->now_ns >= w->next_due_ns)
		expire(w);
	if (w->now_ns >= w->pace.next_ns)
		conn_arrivals(w);
}

static enum load_phase phase_of(struct worker *w)
{
	return (enum load_phase)atomic_load_explicit(&w->control->phase, memory_order_acquire);
}

/* With keep-alive: opens all connections, a few at a time. Returns when the load lets us run, or stop. */
static void set_up(struct worker *w)
{
	uint32_t told = UINT32_MAX;

	w->setting_up = true;
	w->now_ns = clock_ns();
	while (!w->failed && phase_of(w) == PHASE_SET_UP) {
		while (w->plan->keepalive && w->set_up_begun < w->n_conns &&
		    w->set_up_begun - w->set_up_done < SET_UP_AT_ONCE)
			conn_set_up(w, w->set_up_begun++);
		if (told != w->set_up_done) {
			told = w->set_up_done;
			atomic_store_explicit(&w->set_up, told, memory_order_release);
			if (told == w->n_conns || !told)
				notify(w);
		}
		work(w, w->now_ns + set_up_nap_ns);
	}
	w->setting_up = false;
}

static void begin_stop(struct worker *w)
{
	w->stopping = true;
	w->stopped_ns = w->now_ns < w->stop_ns ? w->now_ns : w->stop_ns;
	w->n_resting = 0;
	for (uint32_t i = 0; i < w->n_conns; i++)
		if (!w->conns[i].in_flight && w->conns[i].state != CONN_FINISHED)
			conn_turn(w, i); /* which finishes */
}

static void run(struct worker *w)
{
	int64_t start_ns = atomic_load(&w->control->start_ns);

	if (w->plan->duration_ns != CLOCK_NEVER)
		w->stop_ns = start_ns + w->plan->duration_ns;
	w->part_end_ns = window_end_ns(w, 0);
	w->usage_at_start = thread_usage(w);
	if (pace_is_open(&w->pace))
		pace_begin(&w->pace, start_ns);
	w->now_ns = clock_ns();
	for (uint32_t i = 0; i < w->n_conns; i++)
		conn_turn(w, i);
	while (!w->failed && w->n_live && phase_of(w) != PHASE_ABANDON) {
		int64_t until_ns = w->now_ns + 100 * NS_PER_MS; /* a change of phase is seen by then */

		if (!w->stopping && (w->now_ns >= w->stop_ns || phase_of(w) == PHASE_DRAIN))
			begin_stop(w);
		else
			work(w, !w->stopping && w->stop_ns < until_ns ? w->stop_ns : until_ns);
	}
}

void *worker_main(void *worker)
{
	struct worker *w = worker;

	interrupt_block();
	if (w->cpu >= 0)
		cpus_pin_self(w->cpu); /* a CPU that has gone offline: then anywhere */
	if (pace_is_open(&w->pace))
		prctl(PR_SET_TIMERSLACK, 1); /* 50 us that the kernel may be late by, else */
	w->schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	set_up(w);
	if (!w->failed && phase_of(w) != PHASE_ABANDON)
		run(w);
	/* What follows the last whole window; only a run that ended by its number of requests makes a window of it. */
	w->part->tail = w->stopping || w->n_live || w->now_ns >= w->stop_ns;
	publish(w, w->now_ns, 0);
	if (pace_is_open(&w->pace))
		w->unsent = pace_end(&w->pace, w->stopping ? w->stopped_ns : w->now_ns);
	if (w->schedstat >= 0)
		close(w->schedstat);
	atomic_store(&w->finished, true);
	notify(w);
	return NULL;
}
