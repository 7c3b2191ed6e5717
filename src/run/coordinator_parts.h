// SPDX-License-Identifier: GPL-3.0-or-later
/* What the parts of the coordinator share: coordinator*.c. */
#ifndef MAXQ_RUN_COORDINATOR_PARTS_H
#define MAXQ_RUN_COORDINATOR_PARTS_H

#include "base/clock.h"
#include "cluster/merge.h"
#include "cluster/share.h"
#include "run/coordinator.h"

/* Beyond what an order may take by itself. */
#define COORDINATOR_PATIENCE_NS (15 * NS_PER_S)

struct kept;

struct coordinator {
	struct machines machines;
	struct cluster *cluster;
	unsigned n;         /* ranks */
	unsigned n_targets; /* that were opened, or tried to */
	bool failed;
	struct kept *kept;
	struct clock_offset *offsets; /* of each rank */
	/* Of the step in hand, by rank: what was received. */
	struct step_sample *samples;
	struct rank_share *shares;
	struct merge_part *parts;
	struct wire_totals totals;
};

/* Zeroed memory that lives as long as the coordinator, as all that a step says and points to does. NULL without memory. */
void *coordinator_keep(struct coordinator *c, size_t size);

/* Text that is as good as static. NULL where there are no words, or no memory. */
const char *coordinator_keep_text(struct coordinator *c, const char *text);

/* Remembers that there can be no orderly end, unless rc is 0; returns it. */
int coordinator_fail(struct coordinator *c, int rc);

/* An order for all other ranks. */
int coordinator_order_all(
    struct coordinator *c, const struct order *order, const void *data, size_t len, struct err *err);

/* What that generator does of a step, and whether a rank takes part in it at all. */
struct load_share coordinator_share(const struct coordinator *c, const struct step_spec *spec, unsigned rank);
bool coordinator_needs(const struct coordinator *c, const struct step_spec *spec, unsigned rank);

/*
 * Waits for the end of the load that began at start_ns, and for what all of them sampled; makes one sample of it: windows, then,
 * as it is known from these where the warm-up ends, totals. 0, -EINTR when it was cut short, or another failure with a message.
 */
int coordinator_collect(struct coordinator *c, const struct target *target, const struct step_spec *spec,
    bool settles, int64_t start_ns, struct step_sample *sample, struct err *err);

/* The stacks of its machines: `launch`, `ask` and `look`. */
int coordinator_launch(struct machines *machines, const struct plan *plan, size_t i, const char *chain,
    struct report *report, struct err *err);
int coordinator_ask(struct machines *machines, size_t i, const char *workload, struct url *url,
    struct expected *expected, struct err *err);
int coordinator_look(
    struct machines *machines, const struct target *target, int64_t *cpu_ns, struct err *err);

/* The `examine` of its machines. */
int coordinator_examine(struct machines *machines, struct sink *sink, struct report *report, struct err *err);

#endif
