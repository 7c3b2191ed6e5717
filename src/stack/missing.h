// SPDX-License-Identifier: GPL-3.0-or-later
/* What must be installed before several stacks can run: each package once, in the order in which it was found missing. */
#ifndef MAXQ_STACK_MISSING_H
#define MAXQ_STACK_MISSING_H

#include "base/buf.h"
#include "stack/chain.h"

struct missing {
	struct buf packages; /* with a space before each */
	struct buf needs;    /* "'go' of go, 'node' of express" */
	size_t n;            /* components that lack something */
};

void missing_init(struct missing *missing);
void missing_release(struct missing *missing);

/* Adds the packages of a component that lacks something that it needs: true if it does. */
bool missing_add(struct missing *missing, const struct component *component);

/* Of all components of a chain: true if any lacks something. */
bool missing_add_chain(struct missing *missing, const struct chain *chain);

#endif
