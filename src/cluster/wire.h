// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A sample as bytes, from one machine to another. Two ways: counts and histograms as arrays of numbers, which are added up on
 * the way (a reduction) and so arrive exact and once, however many machines there are; and what is of each machine alone, its
 * windows and its server's processes, as a message. Both ends are the same program on the same kind of machine (see
 * cluster/cluster.h), so numbers go as they are in memory; lengths are checked all the same.
 */
#ifndef MAXQ_CLUSTER_WIRE_H
#define MAXQ_CLUSTER_WIRE_H

#include "base/buf.h"
#include "base/err.h"
#include "sample/ranks.h"
#include "sample/step.h"

enum {
	WIRE_SUMS = sizeof(struct counts) / sizeof(uint64_t) + 3 + STATUS_CODES + 2 + HIST_BUCKETS,
	WIRE_EXTREMES = 2, /* of latencies, and of the sizes of responses */
	WIRE_TEXT_MAX = 192,
	WIRE_SAMPLE_MAX = 64 * 1024 * 1024,
};

/* Whose messages these are: those of another version of maxq are not to be understood. */
const char *wire_version(void);

/* The counts and the histogram of a sample: `sums` are to be added up over all machines, of the other two the extremes taken. */
struct wire_totals {
	uint64_t sums[WIRE_SUMS];
	uint64_t least[WIRE_EXTREMES], most[WIRE_EXTREMES];
};

/* What a reduction over samples with nothing in them comes to: what machines without a load take part with. */
void wire_totals_init(struct wire_totals *totals);
void wire_totals_pack(struct wire_totals *totals, const struct step_sample *sample);
/* Into an initialised sample: counts, in_flight, clients_connected, status and latency, as if all had been sampled there. */
void wire_totals_unpack(const struct wire_totals *totals, struct step_sample *sample);

/* Of a sample that has been received: what is static text where it was sampled. */
struct wire_texts {
	char io[16];
	char first_why[FAILURE_COUNT][WIRE_TEXT_MAX];
};

/* The message that holds all of the sample but its totals. `buf` says whether there was room. */
void wire_sample_pack(struct buf *buf, const struct step_sample *sample, const struct rank_share *share);

/*
 * The other way round, into a zero or initialised sample, whose texts are left NULL. -EPROTO when it is not such a message,
 * -ENOMEM; the sample is to be released in any case.
 */
int wire_sample_unpack(const void *data, size_t len, struct step_sample *sample, struct rank_share *share,
    struct wire_texts *texts);

#endif
