// SPDX-License-Identifier: GPL-3.0-or-later
#include "sample/hist_series.h"

#include <stdlib.h>
#include <string.h>

#include "base/unittest.h"

static struct hist *hist_of(const uint64_t *values, size_t n)
{
	struct hist *hist = malloc(sizeof(*hist));

	assert_non_null(hist);
	hist_init(hist);
	for (size_t i = 0; i < n; i++)
		hist_record(hist, values[i]);
	return hist;
}

/* Adds n windows, of which window i has the values 1000 i + 1 and 5. */
static void add_windows(struct hist_series *series, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t values[] = {1000 * i + 1, 5};
		struct hist *hist = hist_of(values, 2);

		assert_int_equal(hist_series_add(series, hist), 0);
		free(hist);
	}
}

static struct hist *total_of(const struct hist_series *series)
{
	struct hist *total = hist_of(NULL, 0);

	hist_series_total(series, total);
	return total;
}

/* All that was recorded is in the total, to the bucket. */
static void the_total_is_the_sum(void **state)
{
	static const uint64_t a[] = {7, 7, 1000000, 3000000000}, b[] = {7, 2000};
	static const uint64_t both[] = {7, 7, 1000000, 3000000000, 7, 2000};
	struct hist *first = hist_of(a, 4), *second = hist_of(b, 2), *empty = hist_of(NULL, 0);
	struct hist *wanted = hist_of(both, 6), *total;
	struct hist_series series;

	(void)state;
	hist_series_init(&series);
	assert_int_equal(hist_series_add(&series, first), 0);
	assert_int_equal(hist_series_add(&series, empty), 0);
	assert_int_equal(hist_series_add(&series, second), 0);
	assert_int_equal(series.n, 3);
	total = total_of(&series);
	assert_memory_equal(total, wanted, sizeof(*total));
	assert_int_equal(hist_brief_upto(&series.entries[0], hist_index(7)), 2);
	assert_int_equal(hist_brief_upto(&series.entries[0], hist_index(1000000)), 3);
	assert_int_equal(hist_brief_upto(&series.entries[0], HIST_BUCKETS), 4);
	assert_int_equal(hist_brief_upto(&series.entries[1], HIST_BUCKETS), 0);
	assert_int_equal(hist_series_collapse(&series), 0);
	assert_int_equal(series.n, 1);
	free(total);
	total = total_of(&series);
	assert_memory_equal(total, wanted, sizeof(*total));
	hist_series_release(&series);
	free(first);
	free(second);
	free(empty);
	free(wanted);
	free(total);
}

/* What is dropped is gone, whole entries at a time. */
static void the_first_can_be_dropped(void **state)
{
	struct hist_series series;
	struct hist *total;

	(void)state;
	hist_series_init(&series);
	assert_int_equal(hist_series_drop(&series, 0), 0);
	add_windows(&series, 10);
	assert_int_equal(hist_series_drop(&series, 3), 3);
	total = total_of(&series);
	assert_int_equal(total->count, 14);
	assert_int_equal(total->max_ns, 9001);
	assert_int_equal(total->bucket[hist_index(2001)], 0);
	assert_int_equal(hist_series_drop(&series, 100), 7);
	assert_int_equal(series.n, 0);
	free(total);
	hist_series_release(&series);
}

/* A series without end takes bounded memory and loses nothing. */
static void a_long_series_is_halved(void **state)
{
	struct hist_series series;
	struct hist *total;

	(void)state;
	hist_series_init(&series);
	add_windows(&series, 4 * HIST_SERIES_MAX + 3);
	assert_int_equal(series.stride, 8);
	assert_int_equal(series.n, HIST_SERIES_MAX / 2 + 1);
	assert_int_equal(series.entries[0].count, 16);
	assert_int_equal(series.entries[series.n - 1].count, 6);
	total = total_of(&series);
	assert_int_equal(total->count, 2 * (4 * HIST_SERIES_MAX + 3));
	assert_int_equal(total->bucket[5], 4 * HIST_SERIES_MAX + 3);
	/* rounded up to whole entries */
	assert_int_equal(hist_series_drop(&series, 9), 16);
	assert_int_equal(series.entries[0].min_ns, 5);
	assert_int_equal(series.entries[0].max_ns, 23001);
	free(total);
	hist_series_release(&series);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_total_is_the_sum),
	    cmocka_unit_test(the_first_can_be_dropped),
	    cmocka_unit_test(a_long_series_is_halved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
