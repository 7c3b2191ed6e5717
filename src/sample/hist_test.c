// SPDX-License-Identifier: GPL-3.0-or-later
#include "sample/hist.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/unittest.h"

/* xorshift64*: a fixed seed makes every run the same */
static uint64_t next_random(uint64_t *s)
{
	*s ^= *s >> 12;
	*s ^= *s << 25;
	*s ^= *s >> 27;
	return *s * UINT64_C(2685821657736338717);
}

static struct hist *new_hist(void)
{
	struct hist *h = malloc(sizeof(*h));

	assert_non_null(h);
	hist_init(h);
	return h;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Buckets cover all values in order, without a gap: the index never falls and rises by at most one. */
static void index_is_gapless(void **state)
{
	unsigned last = 0;

	(void)state;
	for (uint64_t v = 0; v < 1 << 20; v++) {
		unsigned i = hist_index(v);

		assert_true(i == last || i == last + 1);
		last = i;
	}
	for (unsigned k = 20; k < HIST_TOP_BIT; k++)
		assert_int_equal(hist_index(UINT64_C(1) << k), hist_index((UINT64_C(1) << k) - 1) + 1);
	assert_int_equal(hist_index((UINT64_C(1) << HIST_TOP_BIT) - 1), HIST_BUCKETS - 1);
	assert_int_equal(hist_index(UINT64_MAX), HIST_BUCKETS - 1);
}

/* Against sorted exact values: any quantile within 2^-11 of the value at that rank, on shapes from 1 ns to minutes. */
static void quantiles_match_sorted_values(void **state)
{
	enum { N = 20000 };
	static const double qs[] = {0, 0.001, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1};
	uint64_t *values = malloc(N * sizeof(*values));
	struct hist *h = new_hist();
	uint64_t seed = 88172645463325252;

	(void)state;
	for (int shape = 0; shape < 6; shape++) {
		double sum = 0;

		hist_reset(h);
		for (int i = 0; i < N; i++) {
			uint64_t r = next_random(&seed);
			double u = (double)(r >> 11) / 9007199254740992.0;

			switch (shape) {
			case 0:
				values[i] = r % 2000;
				break; /* the exact part */
			case 1:
				values[i] = (uint64_t)(exp(u * 26.0));
				break; /* 1 ns to 195 s, log-uniform */
			case 2:
				values[i] = 50000 + r % 1000;
				break; /* narrow */
			case 3:
				values[i] = i % 100 ? 40000 : UINT64_C(1000000000);
				break; /* two peaks */
			case 4:
				values[i] = UINT64_C(1) << (r % 38);
				break; /* on the edges of octaves */
			default:
				values[i] = (UINT64_C(2) << (r % 37)) - 1;
				break; /* just below them */
			}
			hist_record(h, values[i]);
			sum += (double)values[i];
		}
		qsort(values, N, sizeof(*values), by_value);
		for (size_t k = 0; k < ARRAY_SIZE(qs); k++) {
			size_t rank = (size_t)ceil(qs[k] * N - 1e-9);
			double exact = (double)values[rank ? rank - 1 : 0];
			double got = hist_quantile_ns(h, qs[k]);

			assert_true(fabs(got - exact) <= exact * 0x1p-11);
		}
		assert_true(fabs(hist_mean_ns(h) - sum / N) <= sum / N * 1e-12);
		assert_int_equal(h->min_ns, values[0]);
		assert_int_equal(h->max_ns, values[N - 1]);
	}
	free(values);
	free(h);
}

/* Splitting the values over several histograms and merging gives the same struct, bit for bit. */
static void merge_is_exact(void **state)
{
	struct hist *whole = new_hist(), *merged = new_hist(),
		    *part[3] = {new_hist(), new_hist(), new_hist()};
	uint64_t seed = 42;

	(void)state;
	for (int i = 0; i < 50000; i++) {
		uint64_t v = next_random(&seed) >> (next_random(&seed) % 50 + 14);

		hist_record(whole, v);
		hist_record(part[i % 3], v);
	}
	for (int i = 0; i < 3; i++)
		hist_merge(merged, part[i]);
	assert_memory_equal(whole, merged, sizeof(*whole));
	/* an empty one changes nothing */
	hist_reset(part[0]);
	hist_merge(merged, part[0]);
	assert_memory_equal(whole, merged, sizeof(*whole));
	free(whole);
	free(merged);
	for (int i = 0; i < 3; i++)
		free(part[i]);
}

static void reset_leaves_nothing(void **state)
{
	struct hist *used = new_hist(), *fresh = new_hist();

	(void)state;
	for (uint64_t v = 1; v < UINT64_C(1) << 40; v *= 3)
		hist_record(used, v);
	hist_reset(used);
	assert_memory_equal(used, fresh, sizeof(*used));
	assert_true(isnan(hist_quantile_ns(used, 0.5)));
	assert_true(isnan(hist_mean_ns(used)));
	free(used);
	free(fresh);
}

static void beyond_the_top_is_counted(void **state)
{
	struct hist *h = new_hist();

	(void)state;
	hist_record(h, UINT64_C(1) << 45);
	hist_record(h, 5);
	assert_int_equal(h->count, 2);
	assert_int_equal(h->max_ns, UINT64_C(1) << 45);
	assert_true(hist_quantile_ns(h, 1) == (double)(UINT64_C(1) << 45));
	assert_true(hist_quantile_ns(h, 0.5) == 5);
	free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(index_is_gapless),
	    cmocka_unit_test(quantiles_match_sorted_values),
	    cmocka_unit_test(merge_is_exact),
	    cmocka_unit_test(reset_leaves_nothing),
	    cmocka_unit_test(beyond_the_top_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
