// SPDX-License-Identifier: GPL-3.0-or-later
/* The ring buffer that the kernel writes the records of perf events into (perf_event_open(2)): one writer, one reader. */
#ifndef MAXQ_OBSERVE_PERF_RING_H
#define MAXQ_OBSERVE_PERF_RING_H

#include <linux/perf_event.h>
#include <stddef.h>

enum { PERF_RING_RECORD_MAX = 65536 }; /* of one record: its size is 16 bits */

struct perf_ring {
	struct perf_event_mmap_page *page; /* NULL: none */
	unsigned char *data;
	size_t size; /* of data, a power of two */
};

/* Maps the ring of event `fd`, of so many pages of data (a power of two): 0 or negative errno. */
int perf_ring_map(struct perf_ring *ring, int fd, unsigned pages);
void perf_ring_unmap(struct perf_ring *ring);

/*
 * The next record, or NULL. It lies in the ring, or in `copy` (PERF_RING_RECORD_MAX bytes) if it wraps around, and is valid until
 * perf_ring_release, which gives the kernel back the room of all that was read.
 */
const struct perf_event_header *perf_ring_next(struct perf_ring *ring, size_t *at, unsigned char *copy);

/* Where reading begins: pass it on to perf_ring_next, and in the end here. */
size_t perf_ring_begin(const struct perf_ring *ring);
void perf_ring_release(struct perf_ring *ring, size_t at);

#endif
