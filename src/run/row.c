// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/row.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/intervals.h"
#include "analysis/layers.h"
#include "analysis/phases.h"
#include "analysis/summary.h"
#include "base/clock.h"
#include "base/interrupt.h"
#include "run/machines.h"
#include "run/target_stack.h"

/* Of a round, and of each step of the search. */
static const int64_t round_warmup_ns = 200 * NS_PER_MS, search_warmup_ns = 100 * NS_PER_MS;
/* A rough step of the search is so much shorter than a round, a fine one so much; all of them take so many rounds' time. */
enum { ROUGH_TIMES_SHORTER = 4, FINE_TIMES_SHORTER = 2, SEARCH_ROUNDS = 5 };

/* A stack may use so much of a core while others are measured. */
#define IDLE_MAX 0.01

struct result *row_result(struct bench *b, const struct row *row)
{
	return &b->report->results[row->result];
}

void row_fail(struct bench *b, struct row *row, const struct err *err)
{
	struct result *result = row_result(b, row);

	row->over = true;
	result_not_valid(result, "%s", err->msg);
	free(result->failed);
	result->failed = strdup(err->msg);
}

void row_tell(struct bench *b, struct row *row, const char *doing)
{
	int64_t now_ns = clock_ns();

	row->progress = (struct progress){.name = row->name,
	    .row = row->index,
	    .n_rows = b->n_rows,
	    .round = b->round,
	    .left_ns = b->deadline_ns > now_ns ? b->deadline_ns - now_ns : 0};
	if (b->sink->row)
		b->sink->row(b->sink, &row->progress, doing);
}

/* What all processes of the row have used so far; whether its stack still runs. */
static int look(const struct bench *b, const struct row *row, int64_t *cpu_ns, struct err *err)
{
	struct machines *machines = b->plan.machines;

	if (machines)
		return machines->look(machines, &row->target, cpu_ns, err);
	*cpu_ns = target_cpu_ns(&row->target);
	return row->on ? stack_alive(row->on->stack, err) : 0;
}

static void begin_load(const struct bench *b, struct row *row)
{
	int64_t cpu_ns = row->cpu_then_ns;

	if (!row->then_ns)
		return;
	look(b, row, &cpu_ns, NULL);
	row->idle_cpu_ns += cpu_ns - row->cpu_then_ns;
	row->idle_ns += clock_ns() - row->then_ns;
}

/* A load has ended, with `rc`: is all still as it should be? */
static int end_load(struct bench *b, struct row *row, int rc, struct err *err)
{
	struct err ended;

	if (look(b, row, &row->cpu_then_ns, &ended))
		rc = err_set(err, -ECHILD, "%s", ended.msg);
	row->then_ns = clock_ns();
	b->interrupted |= interrupt_signal() != 0;
	return rc;
}

static struct search_pace make_pace(int64_t round_ns)
{
	return (struct search_pace){
	    .duration_ns = {[EFFORT_ROUGH] = round_ns / ROUGH_TIMES_SHORTER,
		[EFFORT_FINE] = round_ns / FINE_TIMES_SHORTER},
	    .warmup_ns = {[EFFORT_ROUGH] = search_warmup_ns, [EFFORT_FINE] = search_warmup_ns},
	    .budget_ns = SEARCH_ROUNDS * round_ns,
	};
}

void row_search(struct bench *b, struct row *row)
{
	struct search_pace pace = make_pace(b->plan.duration_ns);
	struct err err;
	int rc;

	if (row->over)
		return;
	row->spec = (struct step_spec){.warmup_ns = round_warmup_ns, .duration_ns = b->plan.duration_ns};
	if (b->plan.warmup_ns != PLAN_WARMUP_AUTO)
		row->spec.warmup_ns = b->plan.warmup_ns;
	/* a profile of a given load needs no plateau, nor does a comparison at one */
	if ((b->plan.profile_only || b->plan.is_ab) && b->plan.n_clients == 1) {
		row->found = (struct found){.best = -1, .growth = GROWTH_UNKNOWN};
		row->spec.clients = b->plan.clients[0];
		row->spec.requests = b->plan.requests;
		if (b->plan.requests)
			row->spec.duration_ns = row->spec.warmup_ns = 0;
		return;
	}
	row_tell(b, row, NULL);
	begin_load(b, row);
	rc = run_search(&row->target, &pace, b->sink, &row->progress, row_result(b, row), &row->found, &err);
	rc = end_load(b, row, rc, &err);
	/* where steps were too short, so are rounds */
	row->spec.duration_ns = pace.duration_ns[EFFORT_FINE] * FINE_TIMES_SHORTER;
	if (rc) {
		row_fail(b, row, &err);
	} else if (row->found.best < 0 && row_result(b, row)->n_steps && !row->found.interrupted) {
		run_set_hopeless(&row->target, row_result(b, row));
		err_set(&err, -EPROTO, "no correct response (%s)", row_result(b, row)->limit.evidence);
		row_fail(b, row, &err);
	} else if (row->found.best >= 0) {
		row->spec.clients = row_result(b, row)->steps[row->found.best].clients;
		if (b->sink->searched)
			b->sink->searched(
			    b->sink, &row->progress, &row_result(b, row)->steps[row->found.best]);
	}
}

/* Adds what a round measured to what those before it did. */
int row_take_round(struct bench *b, struct row *row, struct step_sample *sample, struct err *err)
{
	struct result *result = row_result(b, row);
	double *rounds = realloc(result->rounds_rps, (result->n_rounds + 1) * sizeof(*rounds));
	uint64_t completed = 0;
	double length_s = 0;

	if (!rounds)
		return err_set(err, -ENOMEM, "out of memory");
	result->rounds_rps = rounds;
	for (size_t w = sample->warmup_windows; w < sample->n_windows; w++) {
		completed += sample->windows[w].counts.completed;
		length_s +=
		    (double)(sample->windows[w].end_ns - sample->windows[w].start_ns) / (double)NS_PER_S;
	}
	if (!(length_s > 0)) /* interrupted in its warm-up */
		return 0;
	/* a machine that was away for so long is no fault of the server: such a round is left out */
	if (!completed && sample->counts.completed && !counts_errors(&sample->counts))
		return 0;
	if (!completed)
		return err_set(err, -EPROTO, "no correct response in round %u: does it hang?", b->round);
	rounds[result->n_rounds++] = (double)completed / length_s;
	if (layers_note_round(result, sample, b->round)) {
		result->n_rounds--;
		return err_set(err, -ENOMEM, "out of memory");
	}
	if (result->n_rounds > 1)
		return step_sample_append(&row->sample, sample) ? err_set(err, -ENOMEM, "out of memory") : 0;
	row->sample = *sample;
	*sample = (struct step_sample){0};
	return 0;
}

/*
 * The nth of a sequence in [0, 1) that is spread evenly, however far it goes: multiples of the golden ratio (Weyl). Windows
 * that always began and ended at the same phase of what the server does would repeat the same error in each round.
 */
static double spread(unsigned n)
{
	double value = (double)n * 0.6180339887498949;

	return value - floor(value);
}

/* The round's own: up to a tenth longer or shorter, and warmed up for up to as long again. */
static struct step_spec spec_of_round(const struct bench *b, const struct row *row)
{
	unsigned n = b->round * (unsigned)b->n_rows + (unsigned)row->index;
	struct step_spec spec = row->spec;

	spec.duration_ns = (int64_t)((double)spec.duration_ns * (0.9 + 0.2 * spread(n)));
	if (b->plan.warmup_ns == PLAN_WARMUP_AUTO)
		spec.warmup_ns = (int64_t)((double)spec.warmup_ns * (1 + spread(3 * n + 1)));
	return spec;
}

int row_load(struct bench *b, struct row *row, struct step_sample *sample, struct err *err)
{
	struct step_spec spec = spec_of_round(b, row);
	bool interrupted;
	int rc;

	begin_load(b, row);
	rc = run_sample(&row->target, &spec, b->sink, &row->progress, sample, &interrupted, err);
	b->interrupted |= interrupted;
	/* of a round in which a server ended, nothing is worth keeping */
	return end_load(b, row, rc, err);
}

void row_round(struct bench *b, struct row *row)
{
	struct step_sample sample;
	struct err err;
	int rc;

	if (row->over)
		return;
	row_tell(b, row, NULL);
	rc = row_load(b, row, &sample, &err);
	if (!rc)
		rc = row_take_round(b, row, &sample, &err);
	step_sample_release(&sample);
	if (rc)
		row_fail(b, row, &err);
}

double row_half_width(const struct row *row)
{
	struct step step;
	double half;

	if (row->over)
		return 0;
	if (row->sample.rounds < 2 || summarize(&row->sample, &step))
		return NAN;
	half = relative_half_width(step.throughput_rps, step.throughput_ci95_rps);
	free(step.processes);
	return half;
}

/* The stack cost its neighbours something, and they it. */
static void judge_idle(struct row *row, struct result *result)
{
	if (!row->on || row->on->n_rows > 1 || !(row->idle_ns > 0))
		return;
	result->idle_busy = (double)row->idle_cpu_ns / (double)row->idle_ns;
	if (result->idle_busy > IDLE_MAX)
		result_not_valid(result,
		    "it used %.1f %% of a core while others were measured (at most %.0f %% may be)",
		    100 * result->idle_busy, 100 * IDLE_MAX);
}

void row_finish(struct bench *b, struct row *row)
{
	struct result *result;
	struct step step;
	struct err err;
	int best = row->found.best;

	if (!row->has_result)
		return;
	result = row_result(b, row);
	if (row->sample.rounds) {
		int rc = run_sum_up(&row->target, &row->spec, &row->sample, &step, &err);

		if (!rc)
			rc = run_add_step(&step, b->sink, &row->progress, result, &err);
		if (rc)
			row_fail(b, row, &err);
		else
			best = (int)result->n_steps - 1;
	}
	if (best >= 0 && result->n_steps && result->phases)
		phases_split(result->phases, &result->steps[best]);
	if (best >= 0 && result->n_steps)
		run_set_maximum(&row->target, (size_t)best, row->found.growth, result);
	if (result->phases)
		phases_explain(result->phases, &result->limit);
	/* a profile looks at one stack after the other, and is not spoilt by what comes between */
	if (!b->plan.profile_only)
		judge_idle(row, result);
	if (b->interrupted)
		result_not_valid(result, "interrupted: this is what was measured until then");
	if (b->sink->result)
		b->sink->result(b->sink, result);
}

void row_close(struct row *row)
{
	step_sample_release(&row->sample);
	if (row->target.plan)
		target_close(&row->target);
}
