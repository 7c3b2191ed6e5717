// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/rank.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/summary.h"
#include "base/clock.h"
#include "base/interrupt.h"
#include "run/doctor.h"
#include "run/rank_stacks.h"
#include "run/watch.h"

/* What is asked for with one target: the coordinator's, so that its files need not be everywhere. */
struct asking {
	struct plan *plan;
	char *contents;
	struct target target; /* zero: not open */
};

/* One of the ranks, between its orders. */
struct follower {
	struct load_gate gate;
	struct watch_end end;
	struct cluster *cluster;
	struct plan plan;      /* the command line's */
	struct asking *asking; /* by number */
	size_t n_asking;
	struct rank_stacks *stacks; /* of the server's machine */
	bool asked;                 /* of the load in hand: the coordinator was told whether we are ready */
	bool cancelled;             /* it is not to begin */
	int64_t start_ns;           /* when it was to begin */
	struct step_sample sample;  /* of the last load, until the next */
	struct wire_totals totals;
};

static struct follower *follower_of(struct load_gate *gate)
{
	return (struct follower *)gate; /* its first member */
}

/* Tells that we are ready, compares clocks, and hears when to begin. */
static int gate_wait(struct load_gate *gate, unsigned connected, int64_t *start_ns, struct err *err)
{
	struct follower *r = follower_of(gate);
	struct order order = {0};
	void *data;
	int rc;

	(void)connected;
	r->asked = true;
	rc = cluster_reply(r->cluster, 0, NULL, NULL, 0, err);
	while (!rc) {
		rc = cluster_next_order(r->cluster, &order, &data, err);
		free(data);
		if (rc)
			break;
		if (order.kind == ORDER_START) {
			r->start_ns = *start_ns = order.start_ns;
			return 0;
		}
		if (order.kind == ORDER_CANCEL) {
			r->cancelled = true;
			return err_set(err, -ECANCELED, "the load was called off");
		}
		if (order.kind == ORDER_CLOCK)
			rc = cluster_tell_clock(r->cluster, err);
	}
	return rc;
}

static bool watch_ended(struct watch_end *end)
{
	struct follower *r = (struct follower *)((char *)end - offsetof(struct follower, end));

	return cluster_has_order(r->cluster);
}

static bool is_observer(const struct follower *r)
{
	return cluster_role(r->cluster, cluster_rank(r->cluster)) == ROLE_OBSERVER;
}

static void asking_release(struct asking *a)
{
	if (a->target.plan)
		target_close(&a->target);
	free(a->plan);
	free(a->contents);
}

/* Room for the next; contents are taken over, also when it fails. */
static struct asking *add_asking(struct follower *r, char *contents)
{
	struct asking *more = realloc(r->asking, (r->n_asking + 1) * sizeof(*more));
	struct asking *a;

	if (!more) {
		free(contents);
		return NULL;
	}
	r->asking = more;
	a = &more[r->n_asking++];
	*a = (struct asking){.plan = malloc(sizeof(*a->plan)), .contents = contents};
	return a->plan ? a : NULL;
}

static void take_contents(const struct follower *r, struct asking *a)
{
	const uint8_t *contents = (const uint8_t *)a->contents;
	struct open_message head;

	memcpy(&head, contents, sizeof(head));
	*a->plan = r->plan;
	a->plan->url = head.url;
	a->plan->keepalive = head.keepalive;
	a->plan->expect_status = head.expect_status;
	a->plan->body = contents + sizeof(head);
	a->plan->body_len = head.body_len;
	a->plan->expect_body = head.expects_body ? contents + sizeof(head) + head.body_len : NULL;
	a->plan->expect_body_len = head.expect_body_len;
}

/* Whose processes are watched: those of a stack of ours, else of who listens. */
static int find_server(struct follower *r, struct target *target, struct opened *opened, struct err *err)
{
	char address[ADDR_TEXT_MAX];
	int rc;

	if (!addr_is_local(&target->addr)) {
		addr_format(&target->addr, address, sizeof(address));
		return err_set(err, -EADDRNOTAVAIL,
		    "'%s' is not an address of this machine, whose server is to be watched: see --server",
		    address);
	}
	rc = rank_stacks_find(r->stacks, target, err);
	if (rc == -ENOENT) {
		target_find_server(target);
		rc = 0;
	}
	/* nothing generates load here: all CPUs that it may use are the server's */
	CPU_ZERO(&target->generator_cpus);
	opened->server_cpus = target->server_cpus;
	opened->n_processes = (unsigned)procs_count(target->procs);
	return rc;
}

static int open_here(struct follower *r, struct asking *a, struct opened *opened, struct err *err)
{
	int rc = target_open(&a->target, a->plan, &a->plan->url, err);

	if (rc)
		return rc;
	a->target.gate = &r->gate;
	if (is_observer(r))
		return find_server(r, &a->target, opened, err);
	target_find_server(&a->target);
	target_pin_self(&a->target);
	return 0;
}

static int open_target(struct follower *r, char *contents, struct err *err)
{
	struct asking *a = add_asking(r, contents);
	struct opened opened = {0};
	struct err failure;
	int rc;

	if (!a)
		return err_set(err, -ENOMEM, "out of memory");
	take_contents(r, a);
	rc = open_here(r, a, &opened, &failure);
	return cluster_reply(r->cluster, rc, &failure, &opened, sizeof(opened), err);
}

/* What this machine did, by its own sample. */
static int describe(const struct follower *r, const struct step_sample *sample, struct rank_share *share)
{
	struct step step;

	*share = (struct rank_share){.rank = cluster_rank(r->cluster),
	    .role = cluster_role(r->cluster, cluster_rank(r->cluster)),
	    .clients = is_observer(r) ? 0 : sample->clients,
	    .completed = sample->counts.completed,
	    .clock_skew_us = NAN,
	    .clock_error_us = NAN,
	    .start_late_us =
		sample->n_windows ? (double)(sample->windows[0].start_ns - r->start_ns) / NS_PER_US : NAN};
	if (summarize(sample, &step))
		return -ENOMEM;
	share->throughput_rps = is_observer(r) ? NAN : step.throughput_rps;
	share->p50_us = step.latency.p50;
	share->p99_us = step.latency.p99;
	share->busy = is_observer(r) ? NAN : step.generator_busy;
	share->quota_busy = step.generator_quota > 0 ? step.generator_all_busy / step.generator_quota : 0;
	share->wait = is_observer(r) ? NAN : step.generator_wait;
	share->stolen = step.stolen;
	share->others_busy = step.others_busy;
	free(step.processes);
	return 0;
}

/* Sends the sample (`rc`: 0, or -EINTR when it was cut short), but for its totals: these wait for the reduction. */
static int deliver(struct follower *r, int rc, struct err *err)
{
	const struct step_sample *sample = &r->sample;
	struct rank_share share;
	struct err failure = {"out of memory"};
	struct buf message;

	buf_init(&message, WIRE_SAMPLE_MAX);
	if (!describe(r, sample, &share)) {
		share.interrupted = rc == -EINTR;
		wire_sample_pack(&message, sample, &share);
	}
	rc = message.failed || !message.len ? -ENOMEM : 0;
	rc = cluster_reply(r->cluster, rc, &failure, message.data, rc ? 0 : message.len, err);
	buf_release(&message);
	return rc;
}

/* One load, or, on the server's machine, the watching of one. */
static int do_step(struct follower *r, const struct order *order, struct err *err)
{
	const struct target *target = &r->asking[order->number].target;
	struct step_spec spec = {.clients = order->clients,
	    .requests = order->requests,
	    .rate = order->rate,
	    .seed = order->seed,
	    .warmup_ns = order->warmup_ns,
	    .duration_ns = order->duration_ns};
	struct progress progress = {.n_rows = 1};
	struct sink silent = {0};
	struct err failure;
	bool interrupted = false;
	int rc;

	r->asked = r->cancelled = false;
	step_sample_release(&r->sample);
	if (is_observer(r)) {
		rc = step_sample_init(&r->sample);
		rc = rc ? err_set(&failure, rc, "out of memory")
			: run_watch(target, &spec, &r->end, &r->sample, &failure);
	} else {
		rc = run_sample(target, &spec, &silent, &progress, &r->sample, &interrupted, &failure);
	}
	if (r->cancelled)
		rc = 0;
	else if (rc == -EINTR || interrupted)
		/* before the gate opened there is nothing to deliver */
		rc = r->asked && r->sample.latency
		    ? deliver(r, -EINTR, err)
		    : cluster_reply(r->cluster, -EINTR, &failure, NULL, 0, err);
	else if (rc)
		rc = cluster_reply(r->cluster, rc, &failure, NULL, 0, err);
	else
		rc = deliver(r, 0, err);
	return rc;
}

/* What is of a machine that both sides share: here there is one of them. */
static bool is_of_both(const char *name)
{
	return !strcmp(name, "cpus") || !strcmp(name, "smt") || !strcmp(name, "server-cpus");
}

static void take_findings(struct examination_message *message, const struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		size_t n = message->findings.n;

		if (is_of_both(findings->list[i].name))
			continue;
		message->findings.list[n] = findings->list[i];
		snprintf(message->names[n], EXAMINED_NAME_MAX, "%s", findings->list[i].name);
		message->findings.n++;
	}
}

/* Looks at this machine, as maxq doctor there would; a generator cannot see the server. */
static int examine(struct follower *r, struct err *err)
{
	struct examination_message *message = calloc(1, sizeof(*message));
	struct report report = {0};
	struct plan plan = r->plan;
	struct sink silent = {0};
	struct err failure = {"out of memory"};
	int rc = -ENOMEM;

	if (!is_observer(r))
		plan.target = NULL;
	if (message)
		rc = run_doctor(&plan, &silent, &report, &failure);
	if (!rc)
		take_findings(message, report.findings);
	report_release(&report);
	rc = cluster_reply(r->cluster, rc, &failure, message, rc ? 0 : sizeof(*message), err);
	free(message);
	return rc;
}

/*
 * The coordinator knows from the windows of all where the warm-up ends: what lies before that is left out of our latencies, too,
 * and all is added up. Who had no part in the load has nothing to add.
 */
static int reduce(struct follower *r, const struct order *order, struct err *err)
{
	struct step_sample *sample = &r->sample;
	size_t n = 0;

	wire_totals_init(&r->totals);
	if (sample->latency && order->has_part) {
		while (n < sample->n_windows &&
		    sample->windows[n].end_ns - sample->windows[0].start_ns <= order->warmup_ns)
			n++;
		if (n > sample->warmup_windows)
			hist_series_drop(&sample->latencies, n - sample->warmup_windows);
		hist_init(sample->latency);
		hist_series_total(&sample->latencies, sample->latency);
		wire_totals_pack(&r->totals, sample);
	}
	return cluster_reduce(r->cluster, &r->totals, CLOCK_NEVER, err);
}

static int carry_out(struct follower *r, const struct order *order, char *contents, struct err *err)
{
	switch (order->kind) {
	case ORDER_OPEN:
		return open_target(r, contents, err);
	case ORDER_LAUNCH:
		return rank_stacks_launch(r->stacks, contents, err);
	case ORDER_ASK:
		return rank_stacks_ask(r->stacks, order->number, contents, err);
	case ORDER_LOOK:
		return rank_stacks_look(r->stacks, &r->asking[order->number].target, err);
	case ORDER_STEP:
		return do_step(r, order, err);
	case ORDER_CLOCK:
		return cluster_tell_clock(r->cluster, err);
	case ORDER_EXAMINE:
		return examine(r, err);
	case ORDER_REDUCE:
		return reduce(r, order, err);
	default: /* what was meant for a load that is over, or never began */
		return 0;
	}
}

int rank_serve(struct cluster *cluster, const struct plan *plan, struct err *err)
{
	struct follower *r = calloc(1, sizeof(*r));
	struct order order = {0};
	void *contents;
	int rc = 0;

	if (!r || rank_stacks_new(&r->stacks, cluster, plan)) {
		free(r);
		return err_set(err, -ENOMEM, "out of memory");
	}
	r->gate.wait = gate_wait;
	r->end.ended = watch_ended;
	r->cluster = cluster;
	r->plan = *plan;
	/* the machines are the user's own, and the target is one of them, or was allowed to the coordinator */
	r->plan.remote_ok = true;
	while (!rc && order.kind != ORDER_END) {
		rc = cluster_next_order(cluster, &order, &contents, err);
		if (!rc)
			rc = carry_out(r, &order, contents, err);
		if (order.kind != ORDER_OPEN) /* which keeps them */
			free(contents);
	}
	for (size_t i = 0; i < r->n_asking; i++)
		asking_release(&r->asking[i]);
	step_sample_release(&r->sample);
	rank_stacks_free(r->stacks);
	free(r->asking);
	free(r);
	return rc;
}
