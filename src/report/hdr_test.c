// SPDX-License-Identifier: GPL-3.0-or-later
/* What is written is read back by the description of the format, and says what was recorded. */
#include "report/hdr.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/unittest.h"

static struct hist recorded, read_back;
static uint8_t plain[1 << 20];

static unsigned digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = strchr(digits, c);

	assert_true(c && at);
	return (unsigned)(at - digits);
}

static size_t read_base64(const char *text, uint8_t *into)
{
	size_t n = 0, len = strcspn(text, "\n");

	assert_int_equal(len % 4, 0);
	for (size_t i = 0; i < len; i += 4) {
		unsigned bits = digit(text[i]) << 18 | digit(text[i + 1]) << 12;

		into[n++] = (uint8_t)(bits >> 16);
		if (text[i + 2] == '=')
			break;
		bits |= digit(text[i + 2]) << 6;
		into[n++] = (uint8_t)(bits >> 8);
		if (text[i + 3] == '=')
			break;
		into[n++] = (uint8_t)(bits | digit(text[i + 3]));
	}
	return n;
}

static uint64_t big_endian(const uint8_t *p, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | p[i];
	return value;
}

static int64_t read_zigzag(const uint8_t **p)
{
	uint64_t value = 0;
	unsigned shift = 0;

	for (int i = 0; i < 9; i++, shift += 7) {
		uint8_t byte = *(*p)++;

		value |= (uint64_t)(i < 8 ? byte & 0x7f : byte) << shift;
		if (i == 8 || !(byte & 0x80))
			break;
	}
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* The value in the middle of a bucket, as HdrHistogram counts them: 1024 halves, the first bucket has 2048. */
static uint64_t value_at(size_t index)
{
	size_t bucket = index >> 10, sub = (index & 1023) + 1024;

	if (!bucket)
		return index;
	return ((uint64_t)sub << (bucket - 1)) + ((UINT64_C(1) << (bucket - 1)) >> 1);
}

static void read_counts(const uint8_t *p, const uint8_t *end)
{
	size_t index = 0;

	hist_init(&read_back);
	while (p < end) {
		int64_t count = read_zigzag(&p);

		for (; count > 0; count--)
			hist_record(&read_back, value_at(index));
		index += count < 0 ? (size_t)-count : 1;
	}
	assert_true(p == end);
}

static void round_trip(void)
{
	static uint8_t compressed[1 << 20];
	uLongf n = sizeof(plain);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(hdr_print(&recorded, "a, b", 1.5, 2, out), 0);
	fclose(out);
	assert_int_equal(strncmp(text, "Tag=a__b,1.500,2.000,", 21), 0);
	len = read_base64(strrchr(text, ',') + 1, compressed);
	assert_int_equal(big_endian(compressed, 4), 0x1c849314);
	assert_int_equal(big_endian(compressed + 4, 4), len - 8);
	assert_int_equal(uncompress(plain, &n, compressed + 8, len - 8), Z_OK);
	assert_int_equal(big_endian(plain, 4), 0x1c849313);
	assert_int_equal(big_endian(plain + 4, 4), n - 40);
	assert_int_equal(big_endian(plain + 8, 4), 0);
	assert_int_equal(big_endian(plain + 12, 4), 3);
	assert_int_equal(big_endian(plain + 16, 8), 1);
	assert_int_equal(big_endian(plain + 24, 8), (UINT64_C(1) << 38) - 1);
	assert_int_equal(big_endian(plain + 32, 8), 0x3ff0000000000000);
	read_counts(plain + 40, plain + n);
	assert_memory_equal(recorded.bucket, read_back.bucket, sizeof(recorded.bucket));
	free(text);
}

static void test_round_trip(void **state)
{
	(void)state;
	hist_init(&recorded);
	round_trip();
	hist_record(&recorded, 0);
	hist_record(&recorded, 2);
	hist_record(&recorded, 2047);
	hist_record(&recorded, 2048);
	for (int i = 0; i < 1000; i++)
		hist_record(&recorded, 50000 + (uint64_t)i * 7);
	/* a count of several bytes */
	for (int i = 0; i < 100000; i++)
		hist_record(&recorded, 123456789);
	hist_record(&recorded, (UINT64_C(1) << 38) - 1);
	round_trip();
}

static void test_head(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	hdr_print_head("2026-01-31T12:00:00Z", out);
	fclose(out);
	assert_string_equal(text,
	    "#[Histogram log format version 1.3]\n"
	    "#[StartTime: 1769860800.000 (seconds since epoch), 2026-01-31 12:00:00 UTC]\n"
	    "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
