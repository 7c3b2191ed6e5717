// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The queues of connections that wait to be accepted, of all sockets on which the server's processes listen: also of those
 * behind its front, where the load generator sees nothing. And the requests that wait on connections which were accepted.
 */
#ifndef MAXQ_OBSERVE_QUEUES_H
#define MAXQ_OBSERVE_QUEUES_H

#include "observe/procs.h"

struct queues;

/* 0 or -ENOMEM. */
int queues_new(struct queues **queues);
void queues_free(struct queues *queues);

/* Looks up on which sockets the processes listen. Costs a system call for each open file of theirs. */
void queues_find(struct queues *queues, const struct procs *procs);

/*
 * Reads them, or, so that it takes no more than a fiftieth of the time, does not: then no component is named. `state->overflows` are those of our network namespace since it began. At every fifth reading also on how many
 * connections of theirs something came that nobody has read, as long as there are few enough sockets to look at all of them.
 */
void queues_read(struct queues *queues, struct queue_state *state);

#endif
