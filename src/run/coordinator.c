// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/coordinator.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "run/coordinator_parts.h"
#include "run/rank.h"

/* Between the last order to begin and the beginning: all have woken up by then, whose naps are 10 ms at most. */
static const int64_t start_ahead_ns = 60 * NS_PER_MS, start_ahead_rank_ns = NS_PER_MS / 2;

/* Of a load whose warm-up is to be found: so much of its time more. */
enum { SETTLE_PARTS = 4 };

struct kept {
	struct kept *next;
	_Alignas(max_align_t) char data[];
};

static struct coordinator *coordinator_of(struct machines *machines)
{
	return (struct coordinator *)machines; /* its first member */
}

void *coordinator_keep(struct coordinator *c, size_t size)
{
	struct kept *kept = calloc(1, sizeof(*kept) + size);

	if (!kept)
		return NULL;
	kept->next = c->kept;
	c->kept = kept;
	return kept->data;
}

const char *coordinator_keep_text(struct coordinator *c, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = *text ? coordinator_keep(c, size) : NULL;

	return copy ? memcpy(copy, text, size) : NULL;
}

int coordinator_fail(struct coordinator *c, int rc)
{
	c->failed |= rc != 0;
	return rc;
}

struct load_share coordinator_share(const struct coordinator *c, const struct step_spec *spec, unsigned rank)
{
	return share_load(
	    spec->clients, spec->requests, spec->rate, cluster_generators(c->cluster), rank - 1);
}

bool coordinator_needs(const struct coordinator *c, const struct step_spec *spec, unsigned rank)
{
	return cluster_role(c->cluster, rank) == ROLE_OBSERVER || coordinator_share(c, spec, rank).clients;
}

int coordinator_order_all(
    struct coordinator *c, const struct order *order, const void *data, size_t len, struct err *err)
{
	int rc = 0;

	for (unsigned r = 1; r < c->n && !rc; r++)
		rc = cluster_order(c->cluster, r, order, data, len, err);
	return coordinator_fail(c, rc);
}

static int check_target(const struct coordinator *c, const struct target *target, struct err *err)
{
	const struct plan *plan = target->plan;

	if (target->url.is_unix)
		return err_set(err, -EINVAL,
		    "a unix socket is on one machine only: name '%s' by its address for several",
		    target->text);
	if (plan->n_sources)
		return err_set(err, -EINVAL,
		    "source addresses are those of one machine: leave out --source for several");
	if (plan->calibrate)
		return err_set(
		    err, -EINVAL, "several generators cannot be calibrated: leave out --calibrate");
	if (cluster_role(c->cluster, c->n - 1) != ROLE_OBSERVER && !plan->remote_ok)
		return err_set(err, -EPERM,
		    "'%s' is the server of others, for all that is known: add --remote-ok if you may put load on it, or name its machine by --server",
		    target->text);
	return 0;
}

/* What to ask for, and both bodies, one after the other, for all ranks. */
static int send_contents(struct coordinator *c, const struct target *target, struct err *err)
{
	const struct plan *plan = target->plan;
	struct open_message head = {.url = target->url,
	    .keepalive = plan->keepalive,
	    .expect_status = plan->expect_status,
	    .expects_body = plan->expect_body != NULL,
	    .body_len = plan->body_len,
	    .expect_body_len = plan->expect_body_len};
	size_t len = sizeof(head) + plan->body_len + plan->expect_body_len;
	struct order order = {.kind = ORDER_OPEN, .number = target->number, .data_len = len};
	char *contents = malloc(len);
	int rc;

	if (!contents)
		return err_set(err, -ENOMEM, "out of memory");
	memcpy(contents, &head, sizeof(head));
	if (plan->body_len)
		memcpy(contents + sizeof(head), plan->body, plan->body_len);
	if (plan->expect_body)
		memcpy(contents + sizeof(head) + plan->body_len, plan->expect_body, plan->expect_body_len);
	rc = coordinator_order_all(c, &order, contents, len, err);
	free(contents);
	return rc;
}

static int open_target(struct machines *machines, struct target *target, struct err *err)
{
	struct coordinator *c = coordinator_of(machines);
	int64_t deadline_ns;
	int rc = check_target(c, target, err), first = 0;

	target->number = c->n_targets;
	if (!rc)
		rc = send_contents(c, target, err);
	if (rc)
		return rc;
	c->n_targets++;
	deadline_ns = clock_ns() + target->plan->timeout_ns + COORDINATOR_PATIENCE_NS;
	/* all of them are heard, so that what comes later is not taken for this */
	for (unsigned r = 1; r < c->n; r++) {
		struct opened opened = {0};
		struct err failure;
		void *data = NULL;
		size_t len = 0;

		rc = cluster_take_reply(c->cluster, r, &data, &len, deadline_ns, &failure);
		if (!rc && len == sizeof(opened))
			memcpy(&opened, data, sizeof(opened));
		free(data);
		if (cluster_role(c->cluster, r) == ROLE_OBSERVER)
			target->server_cpus = opened.server_cpus;
		if (rc && !first) {
			first = rc;
			if (err)
				*err = failure;
		}
	}
	/* what is pinned here is nobody's generator */
	CPU_ZERO(&target->generator_cpus);
	return first;
}

/* All that take part connect their clients; the first that cannot is told of, and then nobody begins. */
static int get_ready(
    struct coordinator *c, const struct target *target, const struct step_spec *spec, struct err *err)
{
	int64_t deadline_ns = clock_ns() + target->plan->timeout_ns + COORDINATOR_PATIENCE_NS;
	int first = 0, rc = 0;

	for (unsigned r = 1; r < c->n && !rc; r++) {
		struct load_share share = coordinator_share(c, spec, r);
		bool observes = cluster_role(c->cluster, r) == ROLE_OBSERVER;
		struct order order = {.kind = ORDER_STEP,
		    .number = target->number,
		    .clients = observes ? spec->clients : share.clients,
		    .requests = observes ? spec->requests : share.requests,
		    .rate = share.rate,
		    /* of the observer nothing is sent */
		    .seed = observes ? 0 : share_seed(spec->seed, cluster_generators(c->cluster), r - 1),
		    .warmup_ns = spec->warmup_ns,
		    .duration_ns = spec->duration_ns};

		if (coordinator_needs(c, spec, r))
			rc = cluster_order(c->cluster, r, &order, NULL, 0, err);
	}
	for (unsigned r = 1; r < c->n && !rc; r++) {
		struct err failure;
		int failed = coordinator_needs(c, spec, r)
		    ? cluster_take_reply(c->cluster, r, NULL, NULL, deadline_ns, &failure)
		    : 0;

		if (failed && !first) {
			first = failed;
			*err = failure;
		}
	}
	if (first)
		coordinator_order_all(c, &(struct order){.kind = ORDER_CANCEL}, NULL, 0, NULL);
	coordinator_fail(c, rc);
	return rc ? rc : first;
}

/* Arrivals at even intervals, of several: each begins in its turn, so that all together are even. */
static int64_t turn_ns(const struct coordinator *c, const struct step_spec *spec, unsigned rank)
{
	if (!spec->rate || cluster_role(c->cluster, rank) == ROLE_OBSERVER)
		return 0;
	return (int64_t)((double)(rank - 1) * NS_PER_S / (double)spec->rate);
}

/* Compares the clocks, and has all begin at the same moment, each by its own. */
static int begin(struct coordinator *c, const struct step_spec *spec, int64_t *start_ns, struct err *err)
{
	int rc = 0;

	for (unsigned r = 1; r < c->n && !rc; r++)
		if (coordinator_needs(c, spec, r))
			rc = cluster_ask_clock(c->cluster, r, &c->offsets[r], err);
	*start_ns = clock_ns() + start_ahead_ns + start_ahead_rank_ns * c->n;
	for (unsigned r = 1; r < c->n && !rc; r++) {
		struct order order = {.kind = ORDER_START,
		    .start_ns = *start_ns + c->offsets[r].monotonic_ns + turn_ns(c, spec, r)};

		if (coordinator_needs(c, spec, r))
			rc = cluster_order(c->cluster, r, &order, NULL, 0, err);
	}
	return coordinator_fail(c, rc);
}

static void forget_samples(struct coordinator *c)
{
	for (unsigned r = 0; r < c->n; r++)
		step_sample_release(&c->samples[r]);
}

/*
 * As several do it: nobody hears of the others while the load runs, so it lasts for as long as it may, and somewhat longer where the
 * warm-up is to be found, which is done afterwards on what all of them measured.
 */
static struct step_spec fixed_spec(const struct step_spec *spec)
{
	struct step_spec fixed = {.clients = spec->clients,
	    .rate = spec->rate,
	    .seed = spec->seed,
	    .requests = spec->requests,
	    .warmup_ns = spec->warmup_ns,
	    .duration_ns = spec->duration_ns};
	int64_t settle_ns = spec->duration_ns / SETTLE_PARTS;

	if (spec->settles)
		fixed.duration_ns += spec->settle_ns < settle_ns ? spec->settle_ns : settle_ns;
	return fixed;
}

static int sample_step(struct machines *machines, const struct target *target, const struct step_spec *spec,
    struct sink *sink, struct progress *progress, struct step_sample *sample, struct err *err)
{
	struct coordinator *c = coordinator_of(machines);
	struct step_spec fixed = fixed_spec(spec);
	int64_t start_ns;
	int rc;

	sample->clients = spec->clients;
	sample->rate = spec->rate;
	sample->arrival = arrival_name(target->plan->arrival);
	sample->latency_limit_ns = target->plan->latency_limit_ns;
	progress->clients = spec->clients;
	if (c->failed)
		return err_set(err, -ECONNABORTED, "one of the machines is lost");
	rc = get_ready(c, target, &fixed, err);
	if (!rc)
		rc = begin(c, &fixed, &start_ns, err);
	if (!rc)
		rc = coordinator_collect(c, target, &fixed, spec->settles, start_ns, sample, err);
	forget_samples(c);
	for (size_t w = 0; (!rc || rc == -EINTR) && w < sample->n_windows && sink->window; w++)
		sink->window(sink, progress, &sample->windows[w], &sample->observed[w]);
	return rc;
}

int coordinator_new(struct coordinator **coordinator, struct cluster *cluster)
{
	struct coordinator *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->machines = (struct machines){.open = open_target,
	    .sample = sample_step,
	    .launch = coordinator_launch,
	    .ask = coordinator_ask,
	    .look = coordinator_look,
	    .examine = coordinator_examine};
	c->cluster = cluster;
	c->n = cluster_size(cluster);
	c->offsets = calloc(c->n, sizeof(*c->offsets));
	c->samples = calloc(c->n, sizeof(*c->samples));
	c->shares = calloc(c->n, sizeof(*c->shares));
	c->parts = calloc(c->n, sizeof(*c->parts));
	*coordinator = c;
	if (c->offsets && c->samples && c->shares && c->parts)
		return 0;
	c->failed = true;
	coordinator_free(c);
	return -ENOMEM;
}

void coordinator_free(struct coordinator *c)
{
	if (!c)
		return;
	if (!c->failed)
		coordinator_order_all(c, &(struct order){.kind = ORDER_END}, NULL, 0, NULL);
	if (c->samples)
		forget_samples(c);
	while (c->kept) {
		struct kept *next = c->kept->next;

		free(c->kept);
		c->kept = next;
	}
	free(c->offsets);
	free(c->samples);
	free(c->shares);
	free(c->parts);
	free(c);
}

struct machines *coordinator_machines(struct coordinator *c)
{
	return &c->machines;
}

bool coordinator_failed(const struct coordinator *c)
{
	return c->failed;
}
