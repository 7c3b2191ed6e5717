// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/cpus.h"
#include "base/interrupt.h"
#include "engine/worker.h"

struct load {
	struct load_plan plan; /* as it is carried out */
	uint8_t *requests;     /* with pipelining: one after the other, for plan.request */
	struct control control;
	struct worker *workers;
	unsigned n_workers;
	struct counts total;
	unsigned clients_connected;
	int64_t window_start_ns; /* of the next window */
	uint64_t n_windows;      /* merged so far: all workers are past so many */
	/* Of each worker's thread: at that time, and at the end of its last part that was merged. */
	struct thread_usage *before, *latest;
	uint64_t *upto; /* of each worker: so many windows are merged */
};

/* Arrivals begin so long after the threads were told, for these look once a millisecond. */
static const int64_t lead_ns = 5 * NS_PER_MS;

enum { REQUESTS_SIZE_MAX = 256 * 1024 * 1024 };

/* Files beside the connections: two of each thread (epoll, /proc), and standard streams, /proc, logs, results. */
enum { FILES_A_THREAD = 2, FILES_SPARE = 64 };

static int raise_file_limit(unsigned clients, unsigned threads, struct err *err)
{
	rlim_t need = (rlim_t)clients + (rlim_t)threads * FILES_A_THREAD + FILES_SPARE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return err_set(err, -errno, "cannot read the limit of open files: %s", strerror(errno));
	if (limit.rlim_cur >= need)
		return 0;
	if (limit.rlim_max < need)
		return err_set(err, -EMFILE,
		    "cannot open %u connections: the limit of open files is %llu: raise it (as root: ulimit -n %llu) or use fewer clients",
		    clients, (unsigned long long)limit.rlim_max, (unsigned long long)need);
	limit.rlim_cur = need;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		return err_set(err, -errno, "cannot raise the limit of open files to %llu: %s",
		    (unsigned long long)need, strerror(errno));
	return 0;
}

/* The share of worker `i` when `total` is divided as evenly as it goes. */
static uint64_t share(uint64_t total, unsigned n, unsigned i)
{
	return total / n + (i < total % n);
}

static int init_control(struct control *control)
{
	pthread_condattr_t attr;
	int rc;

	atomic_init(&control->phase, PHASE_SET_UP);
	atomic_init(&control->start_ns, 0);
	rc = pthread_mutex_init(&control->lock, NULL);
	if (rc)
		return -rc;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	rc = pthread_cond_init(&control->changed, &attr);
	pthread_condattr_destroy(&attr);
	return -rc;
}

/* As many requests as can be sent at once, one after the other. */
static int repeat_request(struct load *l, struct err *err)
{
	struct load_plan *plan = &l->plan;
	size_t len = plan->request_len;

	if (plan->pipeline == 1)
		return 0;
	if (len > REQUESTS_SIZE_MAX / plan->pipeline)
		return err_set(err, -E2BIG,
		    "cannot pipeline %u requests of %zu bytes: use fewer, or smaller ones", plan->pipeline,
		    len);
	l->requests = malloc(len * plan->pipeline);
	if (!l->requests)
		return err_set(err, -ENOMEM, "out of memory");
	for (unsigned i = 0; i < plan->pipeline; i++)
		memcpy(l->requests + i * len, plan->request, len);
	plan->request = l->requests;
	return 0;
}

/* What is left open in the plan. */
static void settle_plan(struct load_plan *plan, unsigned threads)
{
	struct io_spec spec = worker_io_spec(plan, plan->clients / threads);

	if (!plan->pipeline)
		plan->pipeline = 1;
	if (!plan->latency_limit_ns)
		plan->latency_limit_ns = CLOCK_NEVER;
	plan->io = io_choose(plan->io, &spec);
}

/* Its share of the arrivals of an open loop. */
static void init_pace(
    struct worker *w, const struct load_plan *plan, unsigned i, unsigned n, uint64_t requests)
{
	struct pace_spec spec = {
	    .rate = plan->rate,
	    .arrival = plan->arrival,
	    .seed = plan->seed,
	    .worker = i,
	    .n_workers = n,
	    .arrivals = requests,
	};

	if (plan->rate)
		pace_init_open(&w->pace, &spec);
}

int load_new(struct load **load, const struct load_plan *plan, struct err *err)
{
	unsigned n = plan->threads < plan->clients ? plan->threads : plan->clients;
	int n_cpus = CPU_COUNT(&plan->cpus);
	struct load *l;
	int rc = raise_file_limit(plan->clients, n, err);

	if (rc)
		return rc;
	l = calloc(1, sizeof(*l));
	if (!l)
		return err_set(err, -ENOMEM, "out of memory");
	l->plan = *plan;
	settle_plan(&l->plan, n);
	rc = init_control(&l->control);
	l->workers = aligned_alloc(_Alignof(struct worker), n * sizeof(*l->workers));
	l->before = calloc(n, sizeof(*l->before));
	l->latest = calloc(n, sizeof(*l->latest));
	l->upto = calloc(n, sizeof(*l->upto));
	if (rc || !l->workers || !l->before || !l->latest || !l->upto)
		rc = err_set(err, rc ? rc : -ENOMEM, "cannot set up %u threads", n);
	if (!rc)
		rc = repeat_request(l, err);
	for (unsigned i = 0; i < n && !rc; i++) {
		uint64_t requests = plan->requests ? share(plan->requests, n, i) : UINT64_MAX;
		int cpu = n_cpus ? cpus_nth(&plan->cpus, (int)i % n_cpus) : -1;

		l->n_workers = i + 1;
		rc = worker_init(&l->workers[i], &l->plan, &l->control, (uint32_t)share(plan->clients, n, i),
		    requests, cpu, err);
		if (!rc)
			init_pace(&l->workers[i], &l->plan, i, n, requests);
	}
	if (rc) {
		load_free(l);
		return rc;
	}
	*load = l;
	return 0;
}

static unsigned count_connected(struct load *l)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < l->n_workers; i++)
		sum += atomic_load_explicit(&l->workers[i].set_up, memory_order_acquire);
	return sum;
}

/* Waits until a worker has something to tell, or for 50 ms; the lock is held. */
static void wait_for_workers(struct load *l)
{
	int64_t until_ns = clock_ns() + 50 * NS_PER_MS;
	struct timespec ts = {.tv_sec = until_ns / NS_PER_S, .tv_nsec = until_ns % NS_PER_S};

	pthread_cond_timedwait(&l->control.changed, &l->control.lock, &ts);
}

int load_start(struct load *l, struct err *err)
{
	int64_t deadline_ns = clock_ns() + l->plan.timeout_ns, gate_ns;
	int rc = 0;

	for (unsigned i = 0; i < l->n_workers && !rc; i++) {
		rc = -pthread_create(&l->workers[i].thread, NULL, worker_main, &l->workers[i]);
		l->workers[i].running = !rc;
	}
	if (rc)
		return err_set(err, rc, "cannot start a thread: %s", strerror(-rc));
	pthread_mutex_lock(&l->control.lock);
	while (l->plan.keepalive && count_connected(l) < l->plan.clients && clock_ns() < deadline_ns &&
	    !interrupt_signal())
		wait_for_workers(l);
	pthread_mutex_unlock(&l->control.lock);
	l->clients_connected = count_connected(l);
	if (interrupt_signal())
		return err_set(err, -EINTR, "interrupted while connecting");
	if (l->plan.gate) {
		rc = l->plan.gate->wait(l->plan.gate, l->clients_connected, &gate_ns, err);
		if (rc)
			return rc;
		clock_sleep_until(gate_ns - (l->plan.rate ? lead_ns : 0));
	}
	l->window_start_ns = clock_ns() + (l->plan.rate ? lead_ns : 0);
	atomic_store(&l->control.start_ns, l->window_start_ns);
	atomic_store_explicit(&l->control.phase, PHASE_RUN, memory_order_release);
	return 0;
}

enum io_kind load_io(const struct load *l)
{
	return l->plan.io;
}

int64_t load_start_ns(const struct load *l)
{
	return atomic_load(&l->control.start_ns);
}

/* The part of that worker which is next to be merged, or NULL when there is none (yet). */
static struct part *next_part(struct worker *w)
{
	uint_fast64_t merged = atomic_load_explicit(&w->merged, memory_order_relaxed);

	return merged < atomic_load_explicit(&w->published, memory_order_acquire) ? &w->parts[merged % PARTS]
										  : NULL;
}

static bool is_finished(struct worker *w)
{
	return atomic_load(&w->finished);
}

/* What one worker's thread used in the window. */
static void add_usage(
    struct window *window, const struct thread_usage *before, const struct thread_usage *after)
{
	int64_t user_ns = after->cpu.user_ns - before->cpu.user_ns;
	int64_t system_ns = after->cpu.system_ns - before->cpu.system_ns;

	window->generator.user_ns += user_ns;
	window->generator.system_ns += system_ns;
	if (user_ns + system_ns > window->generator_busiest_ns)
		window->generator_busiest_ns = user_ns + system_ns;
	/* if it is unknown of one, it is of all of them */
	if (before->wait_ns < 0 || after->wait_ns < 0)
		window->generator_wait_ns = -1;
	else if (window->generator_wait_ns >= 0 &&
	    after->wait_ns - before->wait_ns > window->generator_wait_ns)
		window->generator_wait_ns = after->wait_ns - before->wait_ns;
}

/* Adds a part to the totals, and to `window` where it belongs to one, and gives it back to its worker. */
static void take_part(
    struct load *l, unsigned i, const struct part *part, struct window *window, struct hist *latency)
{
	struct worker *w = &l->workers[i];

	counts_add(&l->total, &part->counts);
	if (window) {
		counts_add(&window->counts, &part->counts);
		hist_merge(latency, &part->latency);
		if (part->end_ns > window->end_ns)
			window->end_ns = part->end_ns;
		if (!l->upto[i])
			l->before[i] = w->usage_at_start;
		l->latest[i] = part->usage;
		l->upto[i] = part->index + 1;
	}
	atomic_fetch_add_explicit(&w->merged, 1, memory_order_release);
}

/* Waits until each worker is past `goal` windows, has a part to merge, or is finished. */
static int wait_for_parts(struct load *l, uint64_t goal)
{
	unsigned i = 0;

	pthread_mutex_lock(&l->control.lock);
	while (i < l->n_workers && !interrupt_signal()) {
		struct worker *w = &l->workers[i];
		bool finished = is_finished(w); /* asked first: a worker publishes before it is finished */

		if (l->upto[i] >= goal || next_part(w) || finished)
			i++;
		else
			wait_for_workers(l);
	}
	pthread_mutex_unlock(&l->control.lock);
	return interrupt_signal() ? -EINTR : 0;
}

/* The next part of a worker, if it belongs to a window. */
static struct part *next_window_part(struct worker *w)
{
	struct part *part = next_part(w);

	return part && !part->tail ? part : NULL;
}

/*
 * A window is what all workers did up to a common boundary, `goal`. That is the end of one window, or of several: a
 * worker that was not relieved in time lets one part grow.
 */
int load_next_window(struct load *l, struct window *window, struct hist *latency)
{
	uint64_t goal = l->n_windows + 1;
	bool any = false, complete = false;

	window->start_ns = l->window_start_ns;
	window->end_ns = 0;
	window->round = 0;
	window->spans = 0;
	window->counts = (struct counts){0};
	window->generator = (struct cpu_time){0};
	window->generator_busiest_ns = 0;
	window->generator_wait_ns = 0;
	while (!complete) {
		int rc = wait_for_parts(l, goal);
		struct part *part;

		if (rc)
			return rc;
		for (unsigned i = 0; i < l->n_workers; i++) {
			part = next_window_part(&l->workers[i]);
			if (part && l->upto[i] < goal && part->index >= goal)
				goal = part->index + 1;
		}
		complete = true;
		for (unsigned i = 0; i < l->n_workers; i++) {
			bool finished = is_finished(&l->workers[i]); /* asked first, as above */

			part = next_window_part(&l->workers[i]);
			while (part && part->index < goal) {
				take_part(l, i, part, window, latency);
				any = true;
				part = next_window_part(&l->workers[i]);
			}
			/* not there yet: its next part reaches farther, or is still to come */
			if (l->upto[i] < goal && (part || (!finished && !next_part(&l->workers[i]))))
				complete = false;
		}
	}
	for (unsigned i = 0; i < l->n_workers; i++) {
		add_usage(window, &l->before[i], &l->latest[i]);
		l->before[i] = l->latest[i];
	}
	l->window_start_ns = window->end_ns;
	window->spans = (unsigned)(goal - l->n_windows);
	l->n_windows = goal;
	return any;
}

void load_stop(struct load *l, bool abandon)
{
	atomic_store_explicit(&l->control.phase, abandon ? PHASE_ABANDON : PHASE_DRAIN, memory_order_release);
}

/* Adds all parts of a worker that are there to the totals. */
static void take_parts(struct load *l, unsigned i)
{
	for (struct part *part = next_part(&l->workers[i]); part; part = next_part(&l->workers[i]))
		take_part(l, i, part, NULL, NULL);
}

/* Joins a finished worker and adds what is left of it. */
static void collect(struct load *l, unsigned i, struct load_totals *totals)
{
	struct worker *w = &l->workers[i];

	if (w->running)
		pthread_join(w->thread, NULL);
	w->running = false;
	take_parts(l, i);
	for (uint32_t c = 0; c < w->n_conns; c++)
		totals->in_flight += w->conns[c].in_flight;
	totals->unsent += w->unsent;
	for (int s = 0; s < STATUS_CODES; s++)
		totals->status[s] += w->status[s];
	if (w->size_min && (!totals->size_min || w->size_min < totals->size_min))
		totals->size_min = w->size_min;
	if (w->size_max > totals->size_max)
		totals->size_max = w->size_max;
	for (int f = 0; f < FAILURE_COUNT; f++) {
		if (!totals->first_error[f] && !totals->first_why[f]) {
			totals->first_error[f] = w->first_error[f];
			totals->first_why[f] = w->first_why[f];
		}
	}
}

int load_finish(struct load *l, struct load_totals *totals, struct err *err)
{
	struct load_totals sum = {.clients_connected = l->clients_connected};

	for (unsigned i = 0; i < l->n_workers; i++) {
		struct worker *w = &l->workers[i];

		pthread_mutex_lock(&l->control.lock);
		while (w->running && !is_finished(w)) {
			if (interrupt_signal())
				load_stop(l, true);
			take_parts(l, i);
			wait_for_workers(l);
		}
		pthread_mutex_unlock(&l->control.lock);
		collect(l, i, &sum);
		if (w->failed)
			return err_set(err, w->failed, "the generator's %s failed: %s",
			    io_kind_name(l->plan.io), strerror(-w->failed));
	}
	sum.counts = l->total;
	if (sum.counts.started != sum.counts.completed + counts_errors(&sum.counts) + sum.in_flight)
		return err_set(err, -EPROTO,
		    "counts do not add up (a bug of maxq): %llu started, %llu completed, %llu errors, %llu in flight",
		    (unsigned long long)sum.counts.started, (unsigned long long)sum.counts.completed,
		    (unsigned long long)counts_errors(&sum.counts), (unsigned long long)sum.in_flight);
	*totals = sum;
	return 0;
}

void load_free(struct load *l)
{
	if (!l)
		return;
	load_stop(l, true);
	for (unsigned i = 0; i < l->n_workers; i++) {
		if (l->workers[i].running)
			pthread_join(l->workers[i].thread, NULL);
		worker_release(&l->workers[i]);
	}
	pthread_cond_destroy(&l->control.changed);
	pthread_mutex_destroy(&l->control.lock);
	free(l->workers);
	free(l->requests);
	free(l->before);
	free(l->latest);
	free(l->upto);
	free(l);
}
