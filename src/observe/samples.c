// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/samples.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/intern.h"
#include "observe/perf_ring.h"
#include "observe/samples_open.h"

enum { PROCESSES_MAX = 16384, STACKS_MAX_BYTES = 64 << 20, POLL_US = 50000 };

/* The first words of a stack's key; then come the addresses. */
enum { KEY_PID, KEY_KERNEL, KEY_USER, KEY_PYTHON, KEY_HEAD };

struct samples {
	struct samples_events events;
	struct python_bpf *bpf;
	unsigned char *copy; /* of records that wrap around */
	pthread_t thread;
	bool started;
	atomic_bool stopping;

	struct intern *pids; /* their numbers index `processes` */
	struct sampled_process *processes;
	struct python_layout *layouts; /* of each; no interpreter: zero */

	struct intern *stacks;
	size_t room;
	uint64_t *counts;
	uint64_t lost;
};

static struct sampled_process *find_process(const struct samples *s, pid_t pid)
{
	int i = intern_find(s->pids, &pid, sizeof(pid));

	return i < 0 ? NULL : &s->processes[i];
}

/* A process whose number was another's takes its place. NULL: there is no room. */
static struct sampled_process *add_process(struct samples *s, pid_t pid, pid_t parent, const char *component)
{
	int i = intern_add(s->pids, &pid, sizeof(pid));

	if (i < 0)
		return NULL;
	if (i >= PROCESSES_MAX)
		return NULL;
	s->processes[i] = (struct sampled_process){.pid = pid, .parent = parent};
	snprintf(s->processes[i].component, COMPONENT_NAME_MAX, "%s", component);
	s->layouts[i] = (struct python_layout){0};
	return &s->processes[i];
}

void samples_add_python(struct samples *s, pid_t pid, const struct python_layout *layout)
{
	struct sampled_process *p = find_process(s, pid);

	if (!p || !s->bpf)
		return;
	s->layouts[p - s->processes] = *layout;
	python_bpf_add(s->bpf, pid, layout);
}

static void count_stack(struct samples *s, const uint64_t *key, size_t n)
{
	int i = intern_add(s->stacks, key, n * sizeof(*key));

	if (i >= 0 && (size_t)i >= s->room) {
		size_t room = s->room ? 2 * s->room : 1024;
		uint64_t *counts = realloc(s->counts, room * sizeof(*counts));

		if (counts) {
			memset(counts + s->room, 0, (room - s->room) * sizeof(*counts));
			s->counts = counts;
			s->room = room;
		}
	}
	if (i >= 0 && (size_t)i < s->room)
		s->counts[i]++;
	else
		s->lost++;
}

/* Splits a call chain at its marks, the kernel's part before the user's. */
static size_t take_chain(uint64_t *key, const uint64_t *chain, uint64_t n)
{
	size_t at = KEY_HEAD;
	uint64_t context = PERF_CONTEXT_USER;

	for (uint64_t i = 0; i < n; i++) {
		if (chain[i] >= (uint64_t)PERF_CONTEXT_MAX) {
			context = chain[i];
			continue;
		}
		if (at == KEY_HEAD + 2 * SAMPLES_DEPTH_MAX)
			break;
		if (context == (uint64_t)PERF_CONTEXT_KERNEL)
			key[KEY_KERNEL]++;
		else if (context == (uint64_t)PERF_CONTEXT_USER)
			key[KEY_USER]++;
		else
			continue;
		key[at++] = chain[i];
	}
	return at;
}

/* PERF_RECORD_SAMPLE of the clock: id, pid, tid, length of the chain, chain. */
struct clock_record {
	struct perf_event_header header;
	uint64_t id;
	uint32_t pid, tid;
	uint64_t n;
	uint64_t chain[];
};

/* The same of BPF's output: id, pid, tid, size, and a struct python_stack that is cut behind its last frame. */
struct bpf_record {
	struct perf_event_header header;
	uint64_t id;
	uint32_t pid, tid;
	uint32_t size;
	unsigned char data[];
};

/* PERF_RECORD_FORK */
struct fork_record {
	struct perf_event_header header;
	uint32_t pid, parent, tid, parent_tid;
};

struct comm_record {
	struct perf_event_header header;
	uint32_t pid, tid;
};

struct lost_record {
	struct perf_event_header header;
	uint64_t id, lost;
};

/* A stack of Python, which is of the next sample of that thread. */
struct pending {
	uint32_t tid; /* 0: none */
	struct python_stack stack;
};

static void take_python(const struct bpf_record *r, struct pending *pending)
{
	uint64_t n;

	pending->tid = 0;
	if (r->size < sizeof(n) || r->header.size < sizeof(*r) + sizeof(n))
		return;
	memcpy(&n, r->data, sizeof(n));
	if (n > PYTHON_FRAMES_MAX || (1 + n) * sizeof(n) > r->size ||
	    (1 + n) * sizeof(n) > r->header.size - sizeof(*r))
		return;
	memcpy(&pending->stack, r->data, (1 + n) * sizeof(n));
	pending->tid = r->tid;
}

static void take_sample(struct samples *s, const struct clock_record *r, struct pending *pending)
{
	uint64_t key[KEY_HEAD + 2 * SAMPLES_DEPTH_MAX + PYTHON_FRAMES_MAX] = {0};
	uint64_t n = (r->header.size - sizeof(*r)) / sizeof(r->chain[0]);
	size_t at;

	if (!find_process(s, (pid_t)r->pid)) {
		pending->tid = 0;
		return;
	}
	at = take_chain(key, r->chain, r->n < n ? r->n : n);
	key[KEY_PID] = r->pid;
	if (pending->tid == r->tid) {
		key[KEY_PYTHON] = pending->stack.n;
		memcpy(key + at, pending->stack.code, pending->stack.n * sizeof(*key));
		at += pending->stack.n;
	}
	pending->tid = 0;
	count_stack(s, key, at);
}

static void take_fork(struct samples *s, const struct fork_record *r)
{
	const struct sampled_process *parent = find_process(s, (pid_t)r->parent);
	struct sampled_process *p;
	struct python_layout layout;

	if (r->pid == r->parent || !parent)
		return;
	layout = s->layouts[parent - s->processes];
	p = add_process(s, (pid_t)r->pid, parent->pid, parent->component);
	if (p && layout.interpreter)
		samples_add_python(s, p->pid, &layout);
}

/* Who was started, before what it did: the record of a fork lies in the ring of another CPU than the first samples. */
static void read_changes(struct samples *s, struct perf_ring *ring)
{
	size_t at = perf_ring_begin(ring);
	const struct perf_event_header *h;

	for (h = perf_ring_next(ring, &at, s->copy); h; h = perf_ring_next(ring, &at, s->copy)) {
		if (h->type == PERF_RECORD_FORK) {
			take_fork(s, (const void *)h);
		} else if (h->type == PERF_RECORD_COMM && (h->misc & PERF_RECORD_MISC_COMM_EXEC)) {
			struct sampled_process *p =
			    find_process(s, (pid_t)((const struct comm_record *)h)->pid);

			if (p)
				p->executed = true;
		}
	}
}

static void read_samples(struct samples *s, struct perf_ring *ring, uint64_t bpf_id)
{
	size_t at = perf_ring_begin(ring);
	const struct perf_event_header *h;
	struct pending pending = {.tid = 0};

	for (h = perf_ring_next(ring, &at, s->copy); h; h = perf_ring_next(ring, &at, s->copy)) {
		if (h->type == PERF_RECORD_LOST && h->size >= sizeof(struct lost_record))
			s->lost += ((const struct lost_record *)h)->lost;
		if (h->type != PERF_RECORD_SAMPLE || h->size < sizeof(struct clock_record))
			continue;
		if (bpf_id && ((const struct bpf_record *)h)->id == bpf_id)
			take_python((const void *)h, &pending);
		else
			take_sample(s, (const void *)h, &pending);
	}
	perf_ring_release(ring, at);
}

static void read_all(struct samples *s)
{
	for (size_t i = 0; i < s->events.n_rings; i++)
		read_changes(s, &s->events.rings[i].ring);
	for (size_t i = 0; i < s->events.n_rings; i++)
		read_samples(s, &s->events.rings[i].ring, s->events.rings[i].bpf_id);
}

static void *reader(void *argument)
{
	struct samples *s = argument;

	while (!atomic_load(&s->stopping)) {
		/* a ring takes some 250 of the largest samples, and more than 1000 usual ones */
		usleep(POLL_US);
		read_all(s);
	}
	return NULL;
}

int samples_new(struct samples **samples, const struct process_facts *const *processes, size_t n,
    const cpu_set_t *cpus, unsigned frequency_hz, struct python_bpf *bpf, bool *all, struct err *err)
{
	struct samples *s = calloc(1, sizeof(*s));
	int rc = s ? 0 : -ENOMEM;

	if (!rc)
		rc = intern_new(&s->pids, (size_t)PROCESSES_MAX * 8);
	if (!rc)
		rc = intern_new(&s->stacks, STACKS_MAX_BYTES);
	if (!rc) {
		s->copy = malloc(PERF_RING_RECORD_MAX);
		s->processes = calloc(PROCESSES_MAX, sizeof(*s->processes));
		s->layouts = calloc(PROCESSES_MAX, sizeof(*s->layouts));
		rc = s->copy && s->processes && s->layouts ? 0 : -ENOMEM;
	}
	if (rc) {
		samples_free(s);
		return err_set(err, rc, "out of memory");
	}
	for (size_t i = 0; i < n; i++)
		add_process(s, processes[i]->pid, 0, processes[i]->component);
	rc = samples_events_open(&s->events, processes, n, cpus, frequency_hz, bpf, err);
	if (rc) {
		samples_free(s);
		return rc;
	}
	s->bpf = s->events.all ? bpf : NULL;
	*all = s->events.all;
	*samples = s;
	return 0;
}

int samples_start(struct samples *s, struct err *err)
{
	int rc = pthread_create(&s->thread, NULL, reader, s);

	if (rc)
		return err_set(err, -rc, "cannot start a thread: %s", strerror(rc));
	s->started = true;
	samples_events_switch(&s->events, true);
	return 0;
}

void samples_stop(struct samples *s)
{
	if (!s->started)
		return;
	samples_events_switch(&s->events, false);
	atomic_store(&s->stopping, true);
	pthread_join(s->thread, NULL);
	s->started = false;
	read_all(s);
}

void samples_free(struct samples *s)
{
	if (!s)
		return;
	samples_stop(s);
	samples_events_close(&s->events);
	intern_free(s->pids);
	intern_free(s->stacks);
	free(s->copy);
	free(s->processes);
	free(s->layouts);
	free(s->counts);
	free(s);
}

uint64_t samples_lost(const struct samples *s)
{
	return s->lost;
}

size_t samples_count(const struct samples *s)
{
	size_t n = intern_count(s->stacks);

	return n < s->room ? n : s->room;
}

struct raw_stack samples_at(const struct samples *s, size_t i)
{
	const uint64_t *key = intern_key(s->stacks, i, NULL);
	struct raw_stack raw = {
	    .process = find_process(s, (pid_t)key[KEY_PID]),
	    .n_kernel = (unsigned)key[KEY_KERNEL],
	    .n_user = (unsigned)key[KEY_USER],
	    .n_python = (unsigned)key[KEY_PYTHON],
	    .kernel = key + KEY_HEAD,
	    .count = s->counts[i],
	};

	raw.user = raw.kernel + raw.n_kernel;
	raw.python = raw.user + raw.n_user;
	return raw;
}

const struct sampled_process *samples_process(const struct samples *s, pid_t pid)
{
	return find_process(s, pid);
}
