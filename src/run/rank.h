// SPDX-License-Identifier: GPL-3.0-or-later
/* The life of a rank that does not coordinate: it does what it is told, with the same functions as a maxq that is alone. */
#ifndef MAXQ_RUN_RANK_H
#define MAXQ_RUN_RANK_H

#include "cluster/cluster.h"
#include "run/plan.h"

/*
 * Carries out orders until the last: 0, or negative errno with a message when it can do no more (what an order came to is the
 * coordinator's to know). The plan is the command line's, as it is there; contents of bodies come with the orders.
 */
int rank_serve(struct cluster *cluster, const struct plan *plan, struct err *err);

/* What ORDER_OPEN is answered with, of the rank that observes the server. */
struct opened {
	cpu_set_t server_cpus;
	unsigned n_processes;
};

/* And ORDER_EXAMINE. */
enum { EXAMINED_NAME_MAX = 32 };

struct examination_message {
	struct findings findings;
	char names[FINDINGS_MAX][EXAMINED_NAME_MAX]; /* for theirs, which are static texts there */
};

#endif
