// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/hdr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

enum {
	COOKIE_V2 = 0x1c849313,
	COOKIE_V2_COMPRESSED = 0x1c849314,
	DIGITS = 3,
	HEAD_BYTES = 40,
	COMPRESSED_HEAD_BYTES = 8,
	LEB_BYTES_MAX = 9,
};

static uint8_t *put_big_endian(uint8_t *p, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		*p++ = (uint8_t)(value >> 8 * (bytes - 1 - i));
	return p;
}

/* Signs are folded into the lowest bit; 7 bits a byte, the lowest first; the ninth has all of its 8. */
static uint8_t *put_zigzag(uint8_t *p, int64_t value)
{
	uint64_t left = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);

	for (int i = 1; i < LEB_BYTES_MAX && left >= 0x80; i++) {
		*p++ = (uint8_t)(left | 0x80);
		left >>= 7;
	}
	*p++ = (uint8_t)left;
	return p;
}

/* Counts in order, up to the last one that is not 0; several zeros are one negative number. */
static uint8_t *put_counts(uint8_t *p, const struct hist *hist)
{
	size_t n = HIST_BUCKETS, zeros = 0;

	while (n && !hist->bucket[n - 1])
		n--;
	for (size_t i = 0; i < n; i++) {
		if (!hist->bucket[i]) {
			zeros++;
			continue;
		}
		if (zeros)
			p = put_zigzag(p, zeros == 1 ? 0 : -(int64_t)zeros);
		zeros = 0;
		p = put_zigzag(p, (int64_t)hist->bucket[i]);
	}
	return p;
}

static size_t encode(const struct hist *hist, uint8_t *into)
{
	uint8_t *end = put_counts(into + HEAD_BYTES, hist), *p = into;
	double ratio = 1;
	uint64_t bits;

	memcpy(&bits, &ratio, sizeof(bits));
	p = put_big_endian(p, COOKIE_V2, 4);
	p = put_big_endian(p, (uint64_t)(end - into - HEAD_BYTES), 4);
	p = put_big_endian(p, 0, 4); /* no offset of the index */
	p = put_big_endian(p, DIGITS, 4);
	p = put_big_endian(p, 1, 8);
	p = put_big_endian(p, (UINT64_C(1) << HIST_TOP_BIT) - 1, 8);
	put_big_endian(p, bits, 8);
	return (size_t)(end - into);
}

static void print_base64(const uint8_t *data, size_t n, FILE *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		unsigned bits = (unsigned)data[i] << 16;

		if (i + 1 < n)
			bits |= (unsigned)data[i + 1] << 8;
		if (i + 2 < n)
			bits |= data[i + 2];
		fputc(digits[bits >> 18], out);
		fputc(digits[bits >> 12 & 63], out);
		fputc(i + 1 < n ? digits[bits >> 6 & 63] : '=', out);
		fputc(i + 2 < n ? digits[bits & 63] : '=', out);
	}
}

void hdr_print_head(const char *started_at, FILE *out)
{
	struct tm tm = {0};
	char date[32];

	fputs("#[Histogram log format version 1.3]\n", out);
	if (strptime(started_at, "%Y-%m-%dT%H:%M:%SZ", &tm)) {
		long long seconds = timegm(&tm);

		strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &tm);
		fprintf(out, "#[StartTime: %lld.000 (seconds since epoch), %s]\n", seconds, date);
	}
	fputs("\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
	    out);
}

int hdr_print(const struct hist *hist, const char *tag, double start_s, double length_s, FILE *out)
{
	size_t room = HEAD_BYTES + (size_t)HIST_BUCKETS * LEB_BYTES_MAX;
	uLong compressed_room = compressBound(room);
	uint8_t *plain = malloc(room), *compressed = malloc(COMPRESSED_HEAD_BYTES + compressed_room);
	int rc = -ENOMEM;

	if (plain && compressed &&
	    compress(compressed + COMPRESSED_HEAD_BYTES, &compressed_room, plain, encode(hist, plain)) ==
		Z_OK) {
		put_big_endian(put_big_endian(compressed, COOKIE_V2_COMPRESSED, 4), compressed_room, 4);
		fputs("Tag=", out);
		for (; *tag; tag++)
			fputc(*tag <= ' ' || *tag == ',' || *tag == 0x7f ? '_' : *tag, out);
		/* the maximum is in ms, as usual, though values are in ns */
		fprintf(out, ",%.3f,%.3f,%.3f,", start_s, length_s, (double)hist->max_ns / 1e6);
		print_base64(compressed, COMPRESSED_HEAD_BYTES + compressed_room, out);
		fputc('\n', out);
		rc = 0;
	}
	free(plain);
	free(compressed);
	return rc;
}
