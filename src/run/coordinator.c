// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/coordinator.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/ranks.h"
#include "analysis/steady.h"
#include "base/clock.h"
#include "base/interrupt.h"
#include "cluster/merge.h"
#include "cluster/share.h"
#include "run/rank.h"

/* Beyond what an order may take by itself. */
static const int64_t patience_ns = 15 * NS_PER_S;
/* Between the last order to begin and the beginning: all have woken up by then, whose naps are 10 ms at most. */
static const int64_t start_ahead_ns = 60 * NS_PER_MS, start_ahead_rank_ns = NS_PER_MS / 2;

/* Beginnings that are farther apart are worth a warning: a tenth of a window. */
static const int64_t clock_error_max_ns = 10 * NS_PER_MS;

/* Of a load whose warm-up is to be found: so much of its time more. */
enum { SETTLE_PARTS = 4 };

/* What a step says and points to lives as long as the coordinator: a list of such pieces. */
struct kept {
	struct kept *next;
	union {
		struct rank_share ranks[1];
		char text[1];
	} of;
};

struct coordinator {
	struct machines machines;
	struct cluster *cluster;
	unsigned n; /* ranks */
	bool failed;
	struct kept *kept;
	struct clock_offset *offsets; /* of each rank */
	/* Of the step in hand, by rank: what was received. */
	struct step_sample *samples;
	struct rank_share *shares;
	struct merge_part *parts;
	struct wire_totals totals;
};

static struct coordinator *coordinator_of(struct machines *machines)
{
	return (struct coordinator *)machines; /* its first member */
}

static struct kept *keep(struct coordinator *c, size_t size)
{
	struct kept *kept = calloc(1, offsetof(struct kept, of) + size);

	if (!kept)
		return NULL;
	kept->next = c->kept;
	c->kept = kept;
	return kept;
}

/* Text that is as good as static: the same one for the same words. NULL where there are none. */
static const char *keep_text(struct coordinator *c, const char *text)
{
	struct kept *kept = *text ? keep(c, strlen(text) + 1) : NULL;

	return kept ? memcpy(kept->of.text, text, strlen(text) + 1) : NULL;
}

static int fail(struct coordinator *c, int rc)
{
	c->failed |= rc != 0;
	return rc;
}

static int order_all(
    struct coordinator *c, const struct order *order, const void *data, size_t len, struct err *err)
{
	int rc = 0;

	for (unsigned r = 1; r < c->n && !rc; r++)
		rc = cluster_order(c->cluster, r, order, data, len, err);
	return fail(c, rc);
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

/* Both bodies, one after the other, for all ranks. */
static int send_contents(struct coordinator *c, const struct plan *plan, struct err *err)
{
	struct order order = {
	    .kind = ORDER_OPEN, .body_len = plan->body_len, .expect_body_len = plan->expect_body_len};
	size_t len = plan->body_len + plan->expect_body_len;
	char *contents = malloc(len + 1);
	int rc;

	if (!contents)
		return err_set(err, -ENOMEM, "out of memory");
	if (plan->body_len)
		memcpy(contents, plan->body, plan->body_len);
	if (plan->expect_body_len)
		memcpy(contents + plan->body_len, plan->expect_body, plan->expect_body_len);
	rc = order_all(c, &order, contents, len, err);
	free(contents);
	return rc;
}

static int open_target(struct machines *machines, struct target *target, struct err *err)
{
	struct coordinator *c = coordinator_of(machines);
	int64_t deadline_ns;
	int rc = check_target(c, target, err), first = 0;

	if (!rc)
		rc = send_contents(c, target->plan, err);
	if (rc)
		return rc;
	deadline_ns = clock_ns() + target->plan->timeout_ns + patience_ns;
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

static struct load_share share_of(const struct coordinator *c, const struct step_spec *spec, unsigned rank)
{
	return share_load(
	    spec->clients, spec->requests, spec->rate, cluster_generators(c->cluster), rank - 1);
}

/* Whether the rank takes part in this step. */
static bool is_needed(const struct coordinator *c, const struct step_spec *spec, unsigned rank)
{
	return cluster_role(c->cluster, rank) == ROLE_OBSERVER || share_of(c, spec, rank).clients;
}

/* All that take part connect their clients; the first that cannot is told of, and then nobody begins. */
static int get_ready(
    struct coordinator *c, const struct target *target, const struct step_spec *spec, struct err *err)
{
	int64_t deadline_ns = clock_ns() + target->plan->timeout_ns + patience_ns;
	int first = 0, rc = 0;

	for (unsigned r = 1; r < c->n && !rc; r++) {
		struct load_share share = share_of(c, spec, r);
		bool observes = cluster_role(c->cluster, r) == ROLE_OBSERVER;
		struct order order = {.kind = ORDER_STEP,
		    .clients = observes ? spec->clients : share.clients,
		    .requests = observes ? spec->requests : share.requests,
		    .rate = share.rate,
		    .seed = spec->seed + r, /* arrivals of one are not those of another */
		    .warmup_ns = spec->warmup_ns,
		    .duration_ns = spec->duration_ns};

		if (is_needed(c, spec, r))
			rc = cluster_order(c->cluster, r, &order, NULL, 0, err);
	}
	for (unsigned r = 1; r < c->n && !rc; r++) {
		struct err failure;
		int failed = is_needed(c, spec, r)
		    ? cluster_take_reply(c->cluster, r, NULL, NULL, deadline_ns, &failure)
		    : 0;

		if (failed && !first) {
			first = failed;
			*err = failure;
		}
	}
	if (first)
		order_all(c, &(struct order){.kind = ORDER_CANCEL}, NULL, 0, NULL);
	fail(c, rc);
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
		if (is_needed(c, spec, r))
			rc = cluster_ask_clock(c->cluster, r, &c->offsets[r], err);
	*start_ns = clock_ns() + start_ahead_ns + start_ahead_rank_ns * c->n;
	for (unsigned r = 1; r < c->n && !rc; r++) {
		struct order order = {.kind = ORDER_START,
		    .start_ns = *start_ns + c->offsets[r].monotonic_ns + turn_ns(c, spec, r)};

		if (is_needed(c, spec, r))
			rc = cluster_order(c->cluster, r, &order, NULL, 0, err);
	}
	return fail(c, rc);
}

static void take_texts(struct coordinator *c, const struct wire_texts *texts, struct step_sample *sample)
{
	sample->io = keep_text(c, texts->io);
	for (int i = 0; i < FAILURE_COUNT; i++)
		sample->first_why[i] = keep_text(c, texts->first_why[i]);
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
		deadline_ns = start_ns + duration_ns + target->plan->timeout_ns + patience_ns;
	for (unsigned r = 1; r < c->n; r++) {
		int rc = 0;

		if (!is_needed(c, spec, r))
			continue;
		if (r == observer && duration_ns == CLOCK_NEVER &&
		    cluster_role(c->cluster, r) == ROLE_OBSERVER) {
			rc = cluster_order(
			    c->cluster, r, &(struct order){.kind = ORDER_STOP}, NULL, 0, &failure);
			deadline_ns = clock_ns() + patience_ns;
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
	return fail(c, first);
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
		order.has_part = is_needed(c, spec, r);
		rc = cluster_order(c->cluster, r, &order, NULL, 0, err);
	}
	wire_totals_init(&c->totals);
	if (!rc)
		rc = cluster_reduce(c->cluster, &c->totals, clock_ns() + patience_ns, err);
	if (!rc)
		wire_totals_unpack(&c->totals, sample);
	return fail(c, rc);
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
	struct kept *kept = keep(c, c->n * sizeof(struct rank_share));
	struct stopping stopping;
	struct stop stop;
	bool interrupted = false;
	size_t n = 0;

	if (!kept)
		return err_set(err, -ENOMEM, "out of memory");
	sample->others_busy = sample->kernel_busy = sample->clock_off = NAN;
	for (unsigned r = 1; r < c->n; r++) {
		bool observes = cluster_role(c->cluster, r) == ROLE_OBSERVER;

		if (!is_needed(c, spec, r))
			continue;
		kept->of.ranks[n] = c->shares[r];
		interrupted |= c->shares[r].interrupted;
		sample->clock_off = fmax(sample->clock_off, c->samples[r].clock_off);
		c->parts[n++] = (struct merge_part){.sample = &c->samples[r], .is_observer = observes};
		if (!observes)
			take_first(sample, &c->samples[r]);
	}
	sample->ranks = kept->of.ranks;
	sample->n_ranks = (unsigned)n;
	stopping = (struct stopping){.warmup_ns = grid.warmup_ns, .settles = settles};
	if (merge_windows(sample, c->parts, n, grid.window_ns) || find_stop(&stopping, sample, &stop))
		return err_set(err, -ENOMEM, "out of memory");
	sample->warmup_windows = stop.warmup_windows;
	if (cluster_role(c->cluster, c->n - 1) == ROLE_OBSERVER)
		take_observer(sample, &c->samples[c->n - 1]);
	return interrupted ? -EINTR : 0;
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
	bool interrupted = false;
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
		rc = collect(c, target, &fixed, start_ns, err);
	if (!rc)
		rc = merge(c, target, &fixed, spec->settles, sample, err);
	interrupted = rc == -EINTR;
	if (!rc || interrupted)
		rc = reduce(c, &fixed, sample, err);
	forget_samples(c);
	for (size_t w = 0; !rc && w < sample->n_windows && sink->window; w++)
		sink->window(sink, progress, &sample->windows[w]);
	return !rc && interrupted ? -EINTR : rc;
}

/* Clocks that cannot be compared closely make loads begin apart. */
static void judge_clock(const struct clock_offset *offset, struct findings *findings)
{
	struct finding *f = findings_add(findings, "clock");
	double error_ms = (double)offset->error_ns / NS_PER_MS;

	finding_found(f, "the wall clock is %+.3f ms off the coordinator's, compared to within %.3f ms",
	    (double)offset->wall_ns / NS_PER_MS, error_ms);
	if (offset->error_ns <= clock_error_max_ns)
		return;
	finding_wanted(f, "an answer within %lld ms", (long long)(2 * clock_error_max_ns / NS_PER_MS));
	finding_judge(f, LEVEL_WARNING, "loads may begin so far apart, which short steps do not bear");
	finding_advice(f, "a shorter way between the machines, or longer steps (-d)");
}

/* In a line of all machines, the worst of what each has of its own. */
static void sum_up(const struct examined *examined, struct findings *findings)
{
	enum finding_level worst = findings_worst(&examined->findings);
	struct finding *f = findings_add(findings, "machine");
	char names[FINDING_TEXT_MAX / 2] = "";
	size_t used = 0;

	finding_found(f, "%s, %s", examined->host, rank_role_name(examined->role));
	if (worst <= LEVEL_NOTE)
		return;
	for (size_t i = 0; i < examined->findings.n && used < sizeof(names); i++)
		if (examined->findings.list[i].level == worst)
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", used ? ", " : "",
			    examined->findings.list[i].name);
	finding_wanted(f, "no %s", level_name(worst));
	finding_judge(f, worst, "%s: see %s above", names, examined->host);
	finding_advice(f, "as it says there");
}

static int examine_rank(struct coordinator *c, unsigned r, struct examined *examined, struct err *err)
{
	struct examination_message *message;
	int64_t deadline_ns = clock_ns() + patience_ns;
	void *data = NULL;
	size_t len = 0;
	int rc = cluster_take_reply(c->cluster, r, &data, &len, deadline_ns, err);

	if (!rc && len != sizeof(*message))
		rc = err_set(err, -EPROTO, "cannot read what '%s' found", cluster_host(c->cluster, r));
	if (!rc) {
		message = data;
		examined->findings = message->findings;
		for (size_t i = 0; i < message->findings.n; i++)
			examined->findings.list[i].name = keep_text(c, message->names[i]);
		memcpy(examined->host, cluster_host(c->cluster, r), sizeof(examined->host));
		examined->role = cluster_role(c->cluster, r);
		judge_clock(&c->offsets[r], &examined->findings);
	}
	free(data);
	return fail(c, rc);
}

static int examine(struct machines *machines, struct sink *sink, struct report *report, struct err *err)
{
	struct coordinator *c = coordinator_of(machines);
	int rc = 0;

	report->findings = calloc(1, sizeof(*report->findings));
	report->examined = calloc(c->n, sizeof(*report->examined));
	if (!report->findings || !report->examined)
		return err_set(err, -ENOMEM, "out of memory");
	for (unsigned r = 1; r < c->n && !rc; r++)
		rc = fail(c, cluster_ask_clock(c->cluster, r, &c->offsets[r], err));
	if (!rc)
		rc = order_all(c, &(struct order){.kind = ORDER_EXAMINE}, NULL, 0, err);
	for (unsigned r = 1; r < c->n && !rc; r++) {
		struct examined *examined = &report->examined[report->n_examined];

		rc = examine_rank(c, r, examined, err);
		if (rc)
			break;
		report->n_examined++;
		sum_up(examined, report->findings);
		if (sink->examined)
			sink->examined(sink, examined);
	}
	if (rc)
		return rc;
	report->complete = true;
	if (sink->findings)
		sink->findings(sink, report->findings);
	return 0;
}

int coordinator_new(struct coordinator **coordinator, struct cluster *cluster)
{
	struct coordinator *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->machines = (struct machines){.open = open_target, .sample = sample_step, .examine = examine};
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
		order_all(c, &(struct order){.kind = ORDER_END}, NULL, 0, NULL);
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
