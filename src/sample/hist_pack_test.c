// SPDX-License-Identifier: GPL-3.0-or-later
#include "sample/hist_pack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/unittest.h"

static struct hist *new_hist(void)
{
	struct hist *hist = malloc(sizeof(*hist));

	assert_non_null(hist);
	hist_init(hist);
	return hist;
}

static void expect_same(const struct hist *hist)
{
	struct hist *back = new_hist();
	struct buf packed;

	buf_init(&packed, 1 << 20);
	assert_int_equal(hist_pack(hist, &packed), 0);
	assert_int_equal(hist_unpack(packed.data, packed.len, back), 0);
	assert_memory_equal(hist, back, sizeof(*hist));
	buf_release(&packed);
	free(back);
}

static void comes_back_the_same(void **state)
{
	struct hist *hist = new_hist();

	(void)state;
	expect_same(hist);
	hist_record(hist, 0);
	expect_same(hist);
	hist_record(hist, UINT64_MAX / 2);
	expect_same(hist);
	for (uint64_t value = 1; value < UINT64_C(1) << 40; value = value * 5 / 4 + 1)
		for (uint64_t n = 0; n <= value % 7; n++)
			hist_record(hist, value);
	expect_same(hist);
	free(hist);
}

/* A usual one, of responses that took about 100 us, takes little more than a byte or two a bucket that is used. */
static void is_small(void **state)
{
	struct hist *hist = new_hist();
	struct buf packed;

	(void)state;
	for (uint64_t i = 0; i < 100000; i++)
		hist_record(hist, 80000 + i * i % 40009);
	buf_init(&packed, 1 << 20);
	assert_int_equal(hist_pack(hist, &packed), 0);
	assert_true(packed.len > 100 && packed.len < 4000);
	buf_release(&packed);
	free(hist);
}

/* It may come from a file that somebody else wrote: cut, or changed in any byte, it is refused or a sound histogram. */
static void takes_nothing_else(void **state)
{
	struct hist *hist = new_hist(), *back = new_hist();
	struct buf packed;

	(void)state;
	for (uint64_t value = 1000; value < 3000000; value += value / 9)
		hist_record(hist, value);
	buf_init(&packed, 1 << 20);
	assert_int_equal(hist_pack(hist, &packed), 0);
	for (size_t len = 0; len < packed.len; len++)
		assert_int_equal(hist_unpack(packed.data, len, back), -EPROTO);
	for (size_t i = 0; i < packed.len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			uint64_t sum = 0;

			packed.data[i] = (char)(packed.data[i] ^ (1 << bit));
			hist_unpack(packed.data, packed.len, back);
			for (unsigned b = 0; b < HIST_BUCKETS; b++)
				sum += back->bucket[b];
			assert_true(sum == back->count);
			packed.data[i] = (char)(packed.data[i] ^ (1 << bit));
		}
	}
	assert_int_equal(hist_unpack(packed.data, packed.len, back), 0);
	buf_release(&packed);
	free(hist);
	free(back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(comes_back_the_same),
	    cmocka_unit_test(is_small),
	    cmocka_unit_test(takes_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
