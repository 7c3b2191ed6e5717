// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/busy.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "observe/host.h"
#include "observe/others.h"

static void fill_set(cpu_set_t *set)
{
	CPU_ZERO(set);
	for (size_t i = 0; i < CPU_SETSIZE; i++)
		CPU_SET(i, set);
}

/* Both looks, and the time between them. */
static int look(struct others *others, const struct procs *server, int64_t duration_ns,
    struct machine_sample *sample, struct err *err)
{
	int64_t begun_ns = clock_ns();
	struct host_cpu before, after, unused;
	cpu_set_t all;
	int rc;

	fill_set(&all);
	rc = host_read(&all, &before, &unused);
	others_begin(others);
	clock_sleep_until(begun_ns + duration_ns);
	if (interrupt_signal())
		return -EINTR;
	if (!rc)
		rc = host_read(&all, &after, &unused);
	if (rc)
		return err_set(err, rc, "cannot read '/proc/stat': %s", strerror(-rc));
	*sample = (struct machine_sample){
	    .elapsed_s = (double)(clock_ns() - begun_ns) / (double)NS_PER_S,
	    .host = host_difference(&after, &before),
	};
	sample->busy_cores = others_busy(others, server, &all, sample->busy, BUSY_MAX, NULL);
	while (sample->n_busy < BUSY_MAX && sample->busy[sample->n_busy].comm[0])
		sample->n_busy++;
	return 0;
}

int busy_sample(
    const struct procs *server, int64_t duration_ns, struct machine_sample *sample, struct err *err)
{
	struct others *others;
	int rc = others_new(&others);

	if (rc)
		return err_set(err, rc, "out of memory");
	rc = look(others, server, duration_ns, sample, err);
	others_free(others);
	return rc;
}
