// SPDX-License-Identifier: GPL-3.0-or-later
#include "sample/counts.h"

const char *failure_name(enum failure failure)
{
	static const char *const names[FAILURE_COUNT] = {
	    [FAILURE_CONNECT] = "connect",
	    [FAILURE_WRITE] = "write",
	    [FAILURE_READ] = "read",
	    [FAILURE_TIMEOUT] = "timeout",
	    [FAILURE_TRUNCATED] = "truncated",
	    [FAILURE_PROTOCOL] = "protocol",
	    [FAILURE_STATUS] = "status",
	    [FAILURE_MISMATCH] = "mismatch",
	};

	return names[failure];
}

uint64_t counts_errors(const struct counts *counts)
{
	uint64_t sum = 0;

	for (int i = 0; i < FAILURE_COUNT; i++)
		sum += counts->errors[i];
	return sum;
}

void counts_add(struct counts *into, const struct counts *from)
{
	into->started += from->started;
	into->completed += from->completed;
	for (int i = 0; i < FAILURE_COUNT; i++)
		into->errors[i] += from->errors[i];
	into->connections += from->connections;
	into->bytes_in += from->bytes_in;
	into->bytes_out += from->bytes_out;
	into->late_responses += from->late_responses;
	into->late_sends += from->late_sends;
	into->send_delay_ns += from->send_delay_ns;
}
