// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/gate.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/checks.h"

void gate_bounds_init(struct gate_bounds *bounds)
{
	for (int i = 0; i < FIGURE_COUNT; i++)
		bounds->worse_by[i] = NAN;
}

const char *gate_verdict_name(enum gate_verdict verdict)
{
	static const char *const names[] = {"passed", "too-noisy", "failed", "unknown"};

	return names[verdict];
}

static const struct difference *find(const struct compared *row, enum figure figure)
{
	for (size_t i = 0; i < row->n; i++)
		if (row->differences[i].figure == figure)
			return &row->differences[i];
	return NULL;
}

/* Figure, interval and so on of the check: false, when it was not measured. */
static bool measure(const struct compared *row, struct gate_check *check)
{
	const struct difference *d = find(row, check->figure);

	if (check->figure == FIGURE_ERRORS) {
		if (!row->step_a || !row->step_b)
			return false;
		check->a = error_share(row->step_a);
		check->b = check->worse_by = error_share(row->step_b);
		check->ci95 = share_interval(counts_errors(&row->step_b->counts),
		    counts_errors(&row->step_b->counts) + row->step_b->counts.completed);
		return !isnan(check->ci95.lo);
	}
	if (!d)
		return false;
	check->a = d->a;
	check->b = d->b;
	check->is_guess = d->is_guess;
	check->worse_by = d->change.change;
	check->ci95 = d->change.ci95;
	if (!figure_is_burden(check->figure)) {
		check->worse_by = -check->worse_by;
		check->ci95 = (struct interval){-d->change.ci95.hi, -d->change.ci95.lo};
	}
	return !isnan(check->worse_by);
}

/* The width of an interval goes with the root of the time. */
static double times_longer(const struct gate_check *check)
{
	double room = check->bound - check->worse_by;
	double half = room > 0 ? check->ci95.hi - check->worse_by : check->worse_by - check->ci95.lo;

	return room != 0 && isfinite(half) && half > 0 ? fmax(1, half * half / room / room) : NAN;
}

static void decide(struct gate_check *check, bool may_decide)
{
	check->times_longer = NAN;
	if (!measure(check->row, check)) {
		check->verdict = GATE_UNKNOWN;
		return;
	}
	check->verdict = GATE_NOISY;
	if (may_decide && !check->is_guess && check->ci95.lo > check->bound)
		check->verdict = GATE_FAILED;
	else if (may_decide && !check->is_guess && check->ci95.hi <= check->bound)
		check->verdict = GATE_PASSED;
	else
		check->times_longer = times_longer(check);
}

int gate_judge(
    const struct comparison *comparison, const struct gate_bounds *bounds, bool anyway, struct gate *gate)
{
	struct gate g = {.verdict = GATE_PASSED};

	g.checks = calloc(comparison->n_rows * FIGURE_COUNT + 1, sizeof(*g.checks));
	if (!g.checks)
		return -ENOMEM;
	for (size_t r = 0; r < comparison->n_rows; r++) {
		const struct compared *row = &comparison->rows[r];
		bool is_valid = (row->a->valid && row->b->valid) || anyway;

		g.n_not_valid += !is_valid;
		for (int f = 0; f < FIGURE_COUNT; f++) {
			struct gate_check *check = &g.checks[g.n_checks];

			if (isnan(bounds->worse_by[f]))
				continue;
			*check = (struct gate_check){
			    .row = row, .figure = (enum figure)f, .bound = bounds->worse_by[f]};
			decide(check, is_valid);
			if (check->verdict > g.verdict)
				g.verdict = check->verdict;
			g.n_checks++;
		}
	}
	if (!g.n_checks || *comparison->only_a || *comparison->only_b)
		g.verdict = GATE_UNKNOWN;
	*gate = g;
	return 0;
}

void gate_release(struct gate *gate)
{
	free(gate->checks);
	*gate = (struct gate){0};
}
