// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Numbers as people write them. Parsers read the whole string or fail with -EINVAL (-ERANGE when it does not fit) and
 * leave the output untouched. Formatters write at most `size` bytes, always terminated.
 */
#ifndef MAXQ_BASE_UNITS_H
#define MAXQ_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* "200", "10k", "1.5M": k, M and G are powers of 1000; the result must be a whole number. */
int parse_count(const char *text, uint64_t *count);

/* "10s", "5ms", "50us", "250ns", "1.5m", "1h"; a bare number is seconds. */
int parse_duration(const char *text, int64_t *duration_ns);

/* Three significant digits with its unit: "1.23 ms", "47.0 us", "12 ns". */
void format_duration(char *text, size_t size, double duration_ns);

/* Four significant digits with k, M, G: "219.4k", "998.1", "1.234M". */
void format_count(char *text, size_t size, double count);

#endif
