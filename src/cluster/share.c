// SPDX-License-Identifier: GPL-3.0-or-later
#include "cluster/share.h"

static uint64_t part_of(uint64_t whole, unsigned n, unsigned i)
{
	return whole / n + (i < whole % n);
}

struct load_share share_load(unsigned clients, uint64_t requests, uint64_t rate, unsigned n, unsigned i)
{
	if (clients < n)
		n = clients;
	if (requests && requests < n)
		n = (unsigned)requests;
	if (rate && rate < n)
		n = (unsigned)rate;
	if (i >= n)
		return (struct load_share){0};
	return (struct load_share){.clients = (unsigned)part_of(clients, n, i),
	    .requests = part_of(requests, n, i),
	    .rate = part_of(rate, n, i)};
}

uint64_t share_seed(uint64_t seed, unsigned n, unsigned i)
{
	return seed * n + i;
}
