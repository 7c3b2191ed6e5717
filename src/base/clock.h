// SPDX-License-Identifier: GPL-3.0-or-later
/* The one time type: int64_t nanoseconds of CLOCK_MONOTONIC. Wall-clock time is for labels only. */
#ifndef MAXQ_BASE_CLOCK_H
#define MAXQ_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)
/* A time that never comes: no deadline. */
#define CLOCK_NEVER INT64_MAX

static inline int64_t timespec_ns(const struct timespec *ts)
{
	return (int64_t)ts->tv_sec * NS_PER_S + ts->tv_nsec;
}

static inline int64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return timespec_ns(&ts);
}

static inline double clock_seconds(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

/* Sleeps until the monotonic time `until_ns`, or until a signal arrives. */
void clock_sleep_until(int64_t until_ns);

/* Writes the wall-clock time now as RFC 3339 in UTC, such as 2026-01-31T12:00:00Z (size >= 21). */
void clock_rfc3339(char *text, size_t size);

#endif
