// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Network interfaces that are at their limit: those with bytes waiting in the queue before them (rtnetlink(7), the statistics
 * of the root queueing discipline), and those that carry what their speed allows (/sys/class/net).
 */
#ifndef MAXQ_OBSERVE_LINKS_H
#define MAXQ_OBSERVE_LINKS_H

#include "sample/step.h"

/* An interface whose bytes a second are this share of its speed carries all that it can: frames have preambles and gaps. */
#define LINK_FULL 0.90

struct links;

/* 0 or -ENOMEM. Looks up which interfaces have a speed. `root` is as in observe/settings.h. */
int links_new(struct links **links, const char *root);
void links_free(struct links *links);

/* What they have carried since the last call, and what waits now. */
void links_read(struct links *links, struct link_state *state);

#endif
