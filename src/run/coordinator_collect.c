// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/steady.h"
#include "base/interrupt.h"
#include "run/coordinator_parts.h"

static void take_texts(struct coordinator *c, const struct wire_texts *texts, struct step_sample *sample)
{
	sample->io = coordinator_keep_text(c, texts->io);
	for (int i = 0; i < FAILURE_COUNT; i++)
		sample->first_why[i] = coordinator_keep_text(c, texts->first_why[i]);
}

static int receive_sample(struct coordinator *c, unsigned r, int64_t deadline_ns, struct err *err)
{
	struct rank_share *share = &c->shares[r];
	struct wire_texts texts;
	void *data = NULL;
	size_t len = 0;
	int rc = cluster_take_reply(c->cluster, r, &data, &len, deadline_ns, err);

	if (!rc && wire_sample_unpack(data, len, &c->samples[r], share, &texts))
		rc = err_set(err, -EPROTO, "cannot read what '%s' sampled", cluster_host(c->cluster, r));
	free(data);
	if (rc)
		return rc;
	take_texts(c, &texts, &c->samples[r]);
	memcpy(share->host, cluster_host(c->cluster, r), sizeof(share->host));
	share->clock_skew_us = (double)c->offsets[r].wall_ns / NS_PER_US;
	share->clock_error_us = (double)c->offsets[r].error_ns / NS_PER_US;
	return 0;
}

/*
 * Sleeps until the load is over: nobody has anything to say before. It is also safe: where a connection breaks under its
 * hands, Open MPI ends the process, while mpirun asks it first, and so leaves it the time to say what there is.
 */
static void sleep_through(int64_t end_ns)
{
	while (clock_ns() < end_ns && !interrupt_signal()) {
		int64_t nap_end_ns = clock_ns() + 20 * NS_PER_MS;

		clock_sleep_until(nap_end_ns < end_ns ? nap_end_ns : end_ns);
	}
}

/*
 * Waits for the end of the load, and for what all of them sampled: first the generators, then, as it may need to be told, the
 * observer. All are heard, whatever one of them says.
 */
static int collect(struct coordinator *c, const struct target *target, const struct step_spec *spec,
    int64_t start_ns, struct err *err)
{
	int64_t duration_ns = step_grid(target, spec).duration_ns, deadline_ns = CLOCK_NEVER;
	unsigned observer = c->n - 1;
	struct err failure;
	int first = 0;

	if (duration_ns != CLOCK_NEVER)
		deadline_ns = start_ns + duration_ns + target->plan->timeout_ns + COORDINATOR_PATIENCE_NS;
	if (duration_ns != CLOCK_NEVER)
		sleep_through(start_ns + duration_ns);
	for (unsigned r = 1; r < c->n; r++) {
		int rc = 0;

		if (!coordinator_needs(c, spec, r))
			continue;
		if (r == observer && duration_ns == CLOCK_NEVER &&
		    cluster_role(c->cluster, r) == ROLE_OBSERVER) {
			rc = cluster_order(
			    c->cluster, r, &(struct order){.kind = ORDER_STOP}, NULL, 0, &failure);
			deadline_ns = clock_ns() + COORDINATOR_PATIENCE_NS;
		}
		if (!rc)
			rc = receive_sample(c, r, deadline_ns, &failure);
		if (rc && !first) {
			first = rc;
			*err = failure;
		}
		if (interrupt_signal() == SIGTERM)
			break;
	}
	return coordinator_fail(c, first);
}

/* Adds up the totals of all, from the end of the warm-up on, as the sample has it. */
static int reduce(
    struct coordinator *c, const struct step_spec *spec, struct step_sample *sample, struct err *err)
{
	struct order order = {.kind = ORDER_REDUCE};
	size_t n = sample->warmup_windows;
	int rc = 0;

	if (n)
		order.warmup_ns = sample->windows[n - 1].end_ns - sample->windows[0].start_ns;
	for (unsigned r = 1; r < c->n && !rc; r++) {
		order.has_part = coordinator_needs(c, spec, r);
		rc = cluster_order(c->cluster, r, &order, NULL, 0, err);
	}
	wire_totals_init(&c->totals);
	if (!rc)
		rc = cluster_reduce(c->cluster, &c->totals, clock_ns() + COORDINATOR_PATIENCE_NS, err);
	if (!rc)
		wire_totals_unpack(&c->totals, sample);
	return coordinator_fail(c, rc);
}

/* What one of the generators is enough for. */
static void take_first(struct step_sample *sample, const struct step_sample *from)
{
	if (!sample->io)
		sample->io = from->io;
	sample->threads += from->threads;
	for (int i = 0; i < FAILURE_COUNT; i++) {
		if (!sample->first_error[i] && !sample->first_why[i]) {
			sample->first_error[i] = from->first_error[i];
			sample->first_why[i] = from->first_why[i];
		}
	}
}

/* What is of the server's machine alone. Its processes become the sample's. */
static void take_observer(struct step_sample *sample, struct step_sample *from)
{
	sample->processes = from->processes;
	sample->n_processes = from->n_processes;
	sample->used_cpus = from->used_cpus;
	sample->others_busy = from->others_busy;
	sample->kernel_busy = from->kernel_busy;
	sample->other = from->other;
	from->processes = NULL;
	from->n_processes = 0;
}

/* All samples become one: 0, or -EINTR when any of them was cut short. */
static int merge(struct coordinator *c, const struct target *target, const struct step_spec *spec,
    bool settles, struct step_sample *sample, struct err *err)
{
	struct step_grid grid = step_grid(target, spec);
	struct rank_share *ranks = coordinator_keep(c, c->n * sizeof(*ranks));
	struct stopping stopping;
	struct stop stop;
	bool interrupted = false;
	size_t n = 0;

	if (!ranks)
		return err_set(err, -ENOMEM, "out of memory");
	sample->others_busy = sample->kernel_busy = sample->clock_off = NAN;
	for (unsigned r = 1; r < c->n; r++) {
		bool observes = cluster_role(c->cluster, r) == ROLE_OBSERVER;

		if (!coordinator_needs(c, spec, r))
			continue;
		ranks[n] = c->shares[r];
		interrupted |= c->shares[r].interrupted;
		sample->clock_off = fmax(sample->clock_off, c->samples[r].clock_off);
		c->parts[n++] = (struct merge_part){.sample = &c->samples[r], .is_observer = observes};
		if (!observes)
			take_first(sample, &c->samples[r]);
	}
	sample->ranks = ranks;
	sample->n_ranks = (unsigned)n;
	stopping = (struct stopping){.warmup_ns = grid.warmup_ns, .settles = settles};
	if (merge_windows(sample, c->parts, n, grid.window_ns) || find_stop(&stopping, sample, &stop))
		return err_set(err, -ENOMEM, "out of memory");
	sample->warmup_windows = stop.warmup_windows;
	if (cluster_role(c->cluster, c->n - 1) == ROLE_OBSERVER)
		take_observer(sample, &c->samples[c->n - 1]);
	return interrupted ? -EINTR : 0;
}

int coordinator_collect(struct coordinator *c, const struct target *target, const struct step_spec *spec,
    bool settles, int64_t start_ns, struct step_sample *sample, struct err *err)
{
	bool interrupted;
	int rc = collect(c, target, spec, start_ns, err);

	if (rc)
		return rc;
	rc = merge(c, target, spec, settles, sample, err);
	interrupted = rc == -EINTR;
	if (!rc || interrupted)
		rc = reduce(c, spec, sample, err);
	return !rc && interrupted ? -EINTR : rc;
}
