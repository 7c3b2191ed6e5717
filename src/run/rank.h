// SPDX-License-Identifier: GPL-3.0-or-later
/* The life of a rank that does not coordinate: it does what it is told, with the same functions as a maxq that is alone. */
#ifndef MAXQ_RUN_RANK_H
#define MAXQ_RUN_RANK_H

#include "cluster/cluster.h"
#include "run/plan.h"
#include "stack/chain.h"
#include "stack/command.h"
#include "stack/expected.h"

/*
 * Carries out orders until the last: 0, or negative errno with a message when it can do no more (what an order came to is the
 * coordinator's to know). The plan is the command line's, as it is there; contents of bodies come with the orders.
 */
int rank_serve(struct cluster *cluster, const struct plan *plan, struct err *err);

/* What ORDER_OPEN is of, and what is not the command line's: both bodies follow it. */
struct open_message {
	struct url url;
	enum keepalive keepalive;
	uint16_t expect_status;
	bool expects_body;
	uint64_t body_len, expect_body_len;
};

/* What ORDER_OPEN is answered with, of the rank that observes the server. */
struct opened {
	cpu_set_t server_cpus;
	unsigned n_processes;
};

/* ORDER_LAUNCH. */
struct launched {
	unsigned n;
	struct {
		char component[COMPONENT_NAME_MAX], text[COMMAND_VERSION_MAX];
	} versions[CHAIN_MAX];
};

/* ORDER_ASK. */
struct asked {
	struct url url;
	struct expected expected;
};

/* ORDER_LOOK: a stack that has ended is told of in the answer, and no failure of the order. */
struct looked {
	int64_t cpu_ns;
	bool has_ended;
	struct err why;
};

/* And ORDER_EXAMINE. */
enum { EXAMINED_NAME_MAX = 32 };

struct examination_message {
	struct findings findings;
	char names[FINDINGS_MAX][EXAMINED_NAME_MAX]; /* for theirs, which are static texts there */
};

#endif
