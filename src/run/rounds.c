// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/compare.h"
#include "base/clock.h"
#include "run/doctor.h"
#include "run/profile.h"

/* How long a bench takes, unless the user says it: so much for each row. */
static const int64_t row_budget_ns = 17 * NS_PER_S;
/* And each row in each round. */
static const int64_t round_ns = NS_PER_S;
/* And all of their intervals. */
static const double default_precision = 0.02;
/* Fewer rounds say little, however well they agree. */
enum { ROUNDS_MIN = 6 };

void rounds_settle(struct plan *plan, size_t n_rows)
{
	if (!plan->duration_ns)
		plan->duration_ns = round_ns;
	if (!(plan->precision > 0))
		plan->precision = default_precision;
	if (!plan->budget_ns)
		plan->budget_ns = (int64_t)n_rows * row_budget_ns;
}

/* True when no row needs another round. */
static bool is_precise(const struct bench *b)
{
	/* to end when the difference is clear would make differences of chance clear */
	if (b->round <= ROUNDS_MIN || b->plan.is_ab)
		return false;
	for (size_t i = 0; i < b->n_rows; i++)
		if (!(row_half_width(&b->rows[i]) <= b->plan.precision))
			return false;
	return true;
}

static bool all_over(const struct bench *b)
{
	for (size_t i = 0; i < b->n_rows; i++)
		if (!b->rows[i].over)
			return false;
	return true;
}

/*
 * Rounds, each of all rows, forwards and backwards in turn, in pairs: so a machine that drifts shifts all rows alike, as the
 * mean time at which each is measured is the same after every second round. One pair at least, for there is no interval
 * with one round.
 */
static void run_rounds(struct bench *b)
{
	int64_t pair_ns = 0, begun_ns = clock_ns();
	bool begins_backwards = false;

	for (b->round = 1; !b->interrupted && !all_over(b); b->round++) {
		bool is_new_pair = b->round % 2;

		if (b->plan.rounds && b->round > b->plan.rounds)
			break;
		if (is_new_pair && b->round > 1) {
			pair_ns = clock_ns() - begun_ns;
			begun_ns = clock_ns();
			if (is_precise(b) || begun_ns + pair_ns > b->deadline_ns)
				break;
		}
		if (is_new_pair && b->plan.is_ab)
			begins_backwards = block_begins_with_b(b->plan.seed, b->round / 2);
		for (size_t i = 0; i < b->n_rows && !b->interrupted; i++)
			row_round(b, &b->rows[is_new_pair != begins_backwards ? i : b->n_rows - 1 - i]);
	}
}

/* Of two that are compared the one that needs more clients has them, and so has the other: their load must be the same. */
static void share_clients(struct bench *b)
{
	unsigned clients = 0;

	for (size_t i = 0; i < b->n_rows; i++)
		if (b->rows[i].spec.clients > clients)
			clients = b->rows[i].spec.clients;
	for (size_t i = 0; i < b->n_rows; i++)
		b->rows[i].spec.clients = clients;
}

void rounds_measure(struct bench *b)
{
	for (size_t i = 0; i < b->n_rows && !b->interrupted; i++)
		row_open(b, &b->rows[i]);
	b->deadline_ns = clock_ns() + b->plan.budget_ns;
	for (size_t i = 0; i < b->n_rows && !b->interrupted; i++)
		row_search(b, &b->rows[i]);
	if (b->plan.is_ab)
		share_clients(b);
	if (!b->interrupted && !b->plan.profile_only)
		run_rounds(b);
	for (size_t i = 0; i < b->n_rows && !b->interrupted && b->plan.profile; i++)
		profile_row(b, &b->rows[i]);
	for (size_t i = 0; i < b->n_rows; i++)
		row_finish(b, &b->rows[i]);
}

void rounds_of_servers(struct bench *b, const struct target *top)
{
	b->server_cpus = top->server_cpus;
	b->generator_cpus = top->generator_cpus;
	report_clear_settings(b->report);
	rounds_settle(&b->plan, b->n_rows);
	plan_describe(&b->plan, b->report);
	plan_describe_rounds(&b->plan, b->report);
	run_quick_check(&b->plan, top, &b->server_cpus, &b->generator_cpus, b->sink, b->report);
	target_pin_self(top);
	b->report->server_cpus = b->server_cpus;
	b->report->generator_cpus = b->generator_cpus;
	if (b->sink->begin)
		b->sink->begin(b->sink, b->report);
	rounds_measure(b);
	b->report->complete = !b->interrupted;
}
