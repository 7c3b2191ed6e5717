// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/observer.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "observe/drift.h"
#include "observe/files.h"
#include "observe/host.h"
#include "observe/links.h"
#include "observe/memory.h"
#include "observe/others.h"
#include "observe/queues.h"
#include "observe/quota.h"

/* New processes are looked for so often. */
static const int64_t refresh_every_ns = NS_PER_S;

struct observer {
	struct procs *procs;
	int64_t last_ns, refreshed_ns;
	cpu_set_t used;
	struct host_cpu host, host_used;
	struct others *others;
	struct queues *queues;
	struct memory *memory;
	struct files *files;
	struct links *links;
	struct drift drift;
	bool marked;
	int64_t own_ns;     /* at the last reading */
	uint64_t overflows; /* at the last reading */
	size_t room, n;     /* of the two arrays; of the last reading */
	struct process_cpu *last, *difference;
};

int observer_new(struct observer **observer, struct procs *procs, const cpu_set_t *used, struct err *err)
{
	struct observer *o = calloc(1, sizeof(*o));

	if (!o || others_new(&o->others) || queues_new(&o->queues) || memory_new(&o->memory, "") ||
	    files_new(&o->files) || links_new(&o->links, "")) {
		observer_free(o);
		return err_set(err, -ENOMEM, "out of memory");
	}
	o->procs = procs;
	o->used = *used;
	/* these take some ms, which are not to be taken from a load that runs */
	others_begin(o->others);
	queues_find(o->queues, procs);
	memory_find(o->memory, procs);
	files_find(o->files, procs);
	*observer = o;
	return 0;
}

void observer_free(struct observer *o)
{
	if (!o)
		return;
	others_free(o->others);
	queues_free(o->queues);
	memory_free(o->memory);
	files_free(o->files);
	links_free(o->links);
	free(o->last);
	free(o->difference);
	free(o);
}

/* Room for as many processes as there are: false when there is no memory for it, and the new ones are left out. */
static bool make_room(struct observer *o, size_t n)
{
	struct process_cpu *last, *difference;

	if (n <= o->room)
		return true;
	last = realloc(o->last, n * sizeof(*last));
	if (last)
		o->last = last;
	difference = realloc(o->difference, n * sizeof(*difference));
	if (difference)
		o->difference = difference;
	if (!last || !difference)
		return false;
	o->room = n;
	return true;
}

/* Leaves in `difference` what each process used since the last reading. */
static void read_processes(struct observer *o)
{
	size_t n;

	if (!o->procs)
		return;
	n = procs_count(o->procs);
	if (!make_room(o, n))
		return;
	procs_read(o->procs, o->difference);
	for (size_t i = 0; i < n; i++) {
		struct process_cpu now = o->difference[i];

		if (i >= o->n)
			o->last[i] = (struct process_cpu){0};
		o->difference[i].total_ns -= o->last[i].total_ns;
		o->difference[i].user_ns -= o->last[i].user_ns;
		o->difference[i].system_ns -= o->last[i].system_ns;
		o->last[i] = now;
	}
	o->n = n;
}

/* CPU time of this process, of all its threads. */
static int64_t own_cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return timespec_ns(&ts);
}

void observer_begin(struct observer *o)
{
	struct observed unused;

	if (o->procs)
		procs_forget_ended(o->procs);
	o->n = 0;
	o->refreshed_ns = 0;
	observer_read(o, &unused);
}

void observer_read(struct observer *o, struct observed *seen)
{
	int64_t now_ns = clock_ns();
	struct host_cpu host, used;

	if (o->procs && now_ns - o->refreshed_ns >= refresh_every_ns) {
		procs_refresh(o->procs);
		o->refreshed_ns = now_ns;
	}
	now_ns = clock_ns();
	read_processes(o);
	*seen = (struct observed){
	    .elapsed_ns = now_ns - o->last_ns,
	    .n_processes = o->n,
	    .processes = o->difference,
	};
	if (!host_read(&o->used, &host, &used)) {
		seen->host = host_difference(&host, &o->host);
		seen->used = host_difference(&used, &o->host_used);
		o->host = host;
		o->host_used = used;
	}
	seen->own_ns = own_cpu_ns() - o->own_ns;
	o->own_ns += seen->own_ns;
	memory_read(o->memory, o->procs, &seen->memory);
	files_read(o->files, &seen->files);
	links_read(o->links, &seen->link);
	queues_read(o->queues, &seen->queue);
	seen->queue.overflows -= o->overflows;
	o->overflows += seen->queue.overflows;
	o->last_ns = now_ns;
}

void observer_mark(struct observer *o)
{
	if (o->procs)
		procs_mark_threads(o->procs);
	drift_begin(&o->drift);
	o->marked = true;
}

void observer_conclude(struct observer *o, struct step_sample *sample)
{
	struct cpu_quota quota;

	sample->clock_off = o->marked ? drift_read(&o->drift) : NAN;
	if (o->procs)
		procs_read_threads(o->procs);
	quota_read("", "self", &quota);
	sample->generator_quota = quota.cores;
	sample->used_cpus = (unsigned)CPU_COUNT(&o->used);
	sample->others_busy =
	    others_busy(o->others, o->procs, &o->used, &sample->other, 1, &sample->kernel_busy);
}
