// SPDX-License-Identifier: GPL-3.0-or-later
/* How a load is divided over generators: what all of them do together is what was asked for, never a multiple of it. */
#ifndef MAXQ_CLUSTER_SHARE_H
#define MAXQ_CLUSTER_SHARE_H

#include <stdint.h>

struct load_share {
	unsigned clients;  /* 0: this generator has no part in it */
	uint64_t requests; /* 0: no limit */
	uint64_t rate;     /* 0: a closed loop */
};

/*
 * What generator `i` of `n` does of so many clients, requests (0: no limit) and arrivals a second (0: a closed loop). The shares
 * of all add up to the whole, and differ by one at most; who has clients has requests and a rate, and the other way round.
 */
struct load_share share_load(unsigned clients, uint64_t requests, uint64_t rate, unsigned n, unsigned i);

/* The seed of generator `i` of `n` for random arrivals: no other generator has it, in this load or in one with another seed. */
uint64_t share_seed(uint64_t seed, unsigned n, unsigned i);

#endif
