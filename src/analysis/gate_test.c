// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/gate.h"

#include <math.h>
#include <string.h>

#include "base/unittest.h"

/* Two results of one load each, and what is compared of them. */
struct fixture {
	struct result a, b;
	struct step step_a, step_b;
	struct compared row;
	struct comparison comparison;
	struct gate_bounds bounds;
	struct gate gate;
};

static void make(struct fixture *f, enum figure figure, double change, double half)
{
	memset(f, 0, sizeof(*f));
	f->a.valid = f->b.valid = true;
	f->step_a.counts.completed = f->step_b.counts.completed = 10000;
	f->row =
	    (struct compared){.a = &f->a, .b = &f->b, .step_a = &f->step_a, .step_b = &f->step_b, .n = 1};
	f->row.differences[0] = (struct difference){.figure = figure,
	    .a = 100,
	    .b = 100 * (1 + change),
	    .change = {change, {change - half, change + half}, 0.5}};
	f->comparison = (struct comparison){.n_rows = 1, .rows = &f->row};
	gate_bounds_init(&f->bounds);
}

static enum gate_verdict judge(struct fixture *f, bool anyway)
{
	gate_release(&f->gate);
	assert_int_equal(gate_judge(&f->comparison, &f->bounds, anyway, &f->gate), 0);
	return f->gate.verdict;
}

static enum gate_verdict judge_cost(double change, double half, double bound)
{
	enum gate_verdict verdict;
	struct fixture f;

	make(&f, FIGURE_COST, change, half);
	f.bounds.worse_by[FIGURE_COST] = bound;
	verdict = judge(&f, false);
	gate_release(&f.gate);
	return verdict;
}

static void test_interval_decides(void **state)
{
	(void)state;
	assert_int_equal(judge_cost(0.00, 0.02, 0.03), GATE_PASSED);
	assert_int_equal(judge_cost(0.02, 0.01, 0.03 + 1e-12), GATE_PASSED);
	assert_int_equal(judge_cost(0.10, 0.02, 0.03), GATE_FAILED);
	assert_int_equal(judge_cost(0.02, 0.02, 0.03), GATE_NOISY);
	assert_int_equal(judge_cost(0.04, 0.02, 0.03), GATE_NOISY);
	assert_int_equal(judge_cost(-0.20, 0.02, 0.03), GATE_PASSED);
	assert_int_equal(judge_cost(NAN, NAN, 0.03), GATE_UNKNOWN);
	assert_int_equal(judge_cost(0.00, NAN, 0.03), GATE_NOISY);
}

/* Less of it is worse. */
static void test_throughput(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, FIGURE_THROUGHPUT, -0.20, 0.05);
	f.bounds.worse_by[FIGURE_THROUGHPUT] = 0.10;
	assert_int_equal(judge(&f, false), GATE_FAILED);
	assert_true(fabs(f.gate.checks[0].worse_by - 0.20) < 1e-12);
	assert_true(fabs(f.gate.checks[0].ci95.lo - 0.15) < 1e-12);
	f.row.differences[0].change = (struct change){0.20, {0.15, 0.25}, 0};
	assert_int_equal(judge(&f, false), GATE_PASSED);
	gate_release(&f.gate);
}

/* What is needed to decide: the half that faces the bound, over the room to it, squared. */
static void test_what_is_needed(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, FIGURE_COST, 0.02, 0.02);
	f.bounds.worse_by[FIGURE_COST] = 0.03;
	assert_int_equal(judge(&f, false), GATE_NOISY);
	assert_true(fabs(f.gate.checks[0].times_longer - 4) < 1e-9);
	f.row.differences[0].change.change = 0.03;
	assert_int_equal(judge(&f, false), GATE_NOISY);
	assert_true(isnan(f.gate.checks[0].times_longer));
	/* too brief to trust its interval, which would have decided: as long again at least */
	f.row.differences[0] =
	    (struct difference){.figure = FIGURE_COST, .change = {0, {-0.01, 0.01}, 1}, .is_guess = true};
	assert_int_equal(judge(&f, false), GATE_NOISY);
	assert_true(f.gate.checks[0].times_longer == 1);
	gate_release(&f.gate);
}

static void test_errors(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, FIGURE_THROUGHPUT, 0, 0.01);
	f.bounds.worse_by[FIGURE_ERRORS] = 0.001;
	/* none of 10,000: less than 0.037 % */
	assert_int_equal(judge(&f, false), GATE_PASSED);
	f.step_b.counts.completed = 1000;
	assert_int_equal(judge(&f, false), GATE_NOISY);
	f.step_b.counts.errors[0] = 20;
	assert_int_equal(judge(&f, false), GATE_FAILED);
	/* of A they do not matter */
	f.step_b.counts = f.step_a.counts;
	f.step_a.counts.errors[0] = 5000;
	assert_int_equal(judge(&f, false), GATE_PASSED);
	gate_release(&f.gate);
}

static void test_the_worst_counts(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, FIGURE_COST, 0, 0.01);
	f.bounds.worse_by[FIGURE_COST] = 0.03;
	f.bounds.worse_by[FIGURE_ERRORS] = 0.0001;
	assert_int_equal(judge(&f, false), GATE_NOISY);
	assert_int_equal(f.gate.n_checks, 2);
	f.bounds.worse_by[FIGURE_P99] = 0.1;
	assert_int_equal(judge(&f, false), GATE_UNKNOWN);
	/* a row of which the other run knows nothing */
	f.bounds.worse_by[FIGURE_P99] = f.bounds.worse_by[FIGURE_ERRORS] = NAN;
	strcpy(f.comparison.only_a, "gone");
	assert_int_equal(judge(&f, false), GATE_UNKNOWN);
	gate_release(&f.gate);
}

static void test_not_valid(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, FIGURE_COST, 0.10, 0.01);
	f.bounds.worse_by[FIGURE_COST] = 0.03;
	f.a.valid = false;
	assert_int_equal(judge(&f, false), GATE_NOISY);
	assert_int_equal(f.gate.n_not_valid, 1);
	assert_int_equal(judge(&f, true), GATE_FAILED);
	assert_int_equal(f.gate.n_not_valid, 0);
	gate_release(&f.gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_interval_decides),
	    cmocka_unit_test(test_throughput),
	    cmocka_unit_test(test_what_is_needed),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_the_worst_counts),
	    cmocka_unit_test(test_not_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
