// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What became of the requests. Each request that was started ends in exactly one of: completed (a correct response),
 * one of the errors, or still in flight; so, at any time and over any set of workers,
 *
 *     started = completed + sum of errors + in flight.
 */
#ifndef MAXQ_SAMPLE_COUNTS_H
#define MAXQ_SAMPLE_COUNTS_H

#include <stdint.h>

enum failure {
	FAILURE_CONNECT,   /* no connection: refused, backlog full, no port or file left */
	FAILURE_WRITE,     /* the request could not be sent */
	FAILURE_READ,      /* the connection was reset, or closed before the first byte of the response */
	FAILURE_TIMEOUT,   /* no whole response within the timeout */
	FAILURE_TRUNCATED, /* closed in the middle of the response */
	FAILURE_PROTOCOL,  /* not a response of that protocol, or bytes beyond its end */
	FAILURE_STATUS,    /* a whole response with a status that was not expected */
	FAILURE_MISMATCH,  /* a whole response with another body than was expected */
	FAILURE_COUNT,
};

struct counts {
	uint64_t started;
	uint64_t completed;
	uint64_t errors[FAILURE_COUNT];
	uint64_t connections; /* established */
	uint64_t bytes_in, bytes_out;
	uint64_t late_responses; /* of those completed: took longer than the limit that was asked for */
	/* Open loop: of those started, sent late by the generator itself; and how late all of them together were sent. */
	uint64_t late_sends;
	uint64_t send_delay_ns;
};

/* The key of the result's `errors`, such as "truncated". */
const char *failure_name(enum failure failure);

uint64_t counts_errors(const struct counts *counts);

void counts_add(struct counts *into, const struct counts *from);

#endif
