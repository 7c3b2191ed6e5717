// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Several machines that measure together, over MPI: one process, a rank, on each. Rank 0 coordinates and gives orders; the
 * others wait for them and answer. The last one observes the server, if it is to be watched; all others generate load.
 *
 * Nobody spins: whoever waits looks for messages between naps that grow to 10 ms, so that a rank which waits takes less than 1 %
 * of a core. And nobody calls MPI while its own load runs, but an observer of a load whose end is not known. A failure of one
 * rank ends all of them: mpirun sees to that, and says by SIGTERM that it does.
 */
#ifndef MAXQ_CLUSTER_CLUSTER_H
#define MAXQ_CLUSTER_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cluster/wire.h"

struct cluster;

enum { CLUSTER_RANKS_MAX = 1024, CLUSTER_NET_MAX = 64 };

struct cluster_spec {
	bool has_observer;  /* the last rank watches the server */
	unsigned ranks;     /* so many are expected; 0: any number */
	const char *subnet; /* that each machine must have an address in, such as 10.0.0.0/24; NULL: any */
};

/* What a rank is told to do. */
struct order {
	enum order_kind {
		ORDER_OPEN = 1, /* find the target; a struct open_message and both bodies follow */
		ORDER_STEP,     /* get ready for this load, say so, and wait for one of the next three */
		ORDER_CLOCK,    /* answer questions about the clock */
		ORDER_START,    /* begin at start_ns */
		ORDER_CANCEL,   /* do not */
		ORDER_STOP,     /* the others have ended: an observer ends, too */
		ORDER_REDUCE,   /* take part in the reduction of the totals */
		ORDER_EXAMINE,  /* look whether this machine is fit */
		ORDER_LAUNCH,   /* a stack: an address to listen on and a chain follow, each ended by NUL */
		ORDER_ASK,      /* the stack for a workload, which follows, ended by NUL */
		ORDER_LOOK,     /* whether the stack of the target still runs, and what it has used */
		ORDER_END,
	} kind;
	bool has_part;   /* of ORDER_REDUCE: in the load that is over */
	unsigned number; /* of the target, or of the stack (ORDER_LAUNCH, ORDER_ASK), from 0 */
	unsigned clients;
	uint64_t requests;
	uint64_t rate, seed;
	int64_t warmup_ns; /* of ORDER_REDUCE: what ended within it was not measured */
	int64_t duration_ns, start_ns;
	uint64_t data_len; /* of what follows */
};

/* How an order was carried out. */
struct reply {
	int rc;
	struct err err; /* when it failed */
};

/*
 * Finds the other ranks, and sees that all of them are the same maxq: to be called once by each, after interrupt_watch. Fails with
 * a message on rank 0; on others the message is rank 0's to tell, and theirs only says that it was so. *cluster is set whenever
 * cluster_close is needed, also after a failure.
 */
int cluster_open(struct cluster **cluster, const struct cluster_spec *spec, struct err *err);

/*
 * Ends it. With a failure (of anybody, or of this rank alone) all other ranks are ended as well, wherever they are, and this one
 * may not return. Takes NULL.
 */
void cluster_close(struct cluster *cluster, bool failed);

unsigned cluster_rank(const struct cluster *cluster);
unsigned cluster_size(const struct cluster *cluster);
enum rank_role cluster_role(const struct cluster *cluster, unsigned rank);
unsigned cluster_generators(const struct cluster *cluster);
/* The name of that rank's machine: on rank 0 of all, elsewhere of this one. */
const char *cluster_host(const struct cluster *cluster, unsigned rank);

/*
 * For rank 0: sends an order and what follows it; takes a reply, or any message, that comes before the monotonic deadline.
 * `data` is from malloc. -ECONNABORTED when this process was told to end, -ETIMEDOUT, -EIO; the message names the machine.
 */
int cluster_order(struct cluster *cluster, unsigned rank, const struct order *order, const void *data,
    size_t len, struct err *err);
int cluster_receive(
    struct cluster *cluster, unsigned rank, void **data, size_t *len, int64_t deadline_ns, struct err *err);
/* The same of a struct reply, and what follows it (`data` may be NULL): its own failure is returned, with its message. */
int cluster_take_reply(
    struct cluster *cluster, unsigned rank, void **data, size_t *len, int64_t deadline_ns, struct err *err);

/* For the other ranks: the next order, without end; and whether there is one. */
int cluster_next_order(struct cluster *cluster, struct order *order, void **data, struct err *err);
bool cluster_has_order(struct cluster *cluster);
int cluster_reply(struct cluster *cluster, int rc, const struct err *failure, const void *data, size_t len,
    struct err *err);

/* Adds up the totals of all ranks, which call it at the same time, into rank 0's. */
int cluster_reduce(struct cluster *cluster, struct wire_totals *totals, int64_t deadline_ns, struct err *err);

/* How a rank's clocks stand to those of rank 0. */
struct clock_offset {
	int64_t monotonic_ns, wall_ns; /* its reading less ours, at the same moment */
	int64_t error_ns;              /* by so much both can be off */
};

/*
 * Compares clocks: rank 0 asks a few times, and believes the answer that came fastest (Cristian, Probabilistic clock
 * synchronization, 1989): it was read within that round trip, so that its middle is off by half of it at most. The rank
 * that got ORDER_CLOCK calls cluster_tell_clock.
 */
int cluster_ask_clock(struct cluster *cluster, unsigned rank, struct clock_offset *offset, struct err *err);
int cluster_tell_clock(struct cluster *cluster, struct err *err);

#endif
