// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/perf_ring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int perf_ring_map(struct perf_ring *ring, int fd, unsigned pages)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *map = mmap(NULL, (1 + pages) * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	*ring = (struct perf_ring){.page = map, .data = (unsigned char *)map + page, .size = pages * page};
	return 0;
}

void perf_ring_unmap(struct perf_ring *ring)
{
	if (ring->page)
		munmap(ring->page, (size_t)(ring->data - (unsigned char *)ring->page) + ring->size);
	*ring = (struct perf_ring){0};
}

size_t perf_ring_begin(const struct perf_ring *ring)
{
	return ring->page->data_tail;
}

const struct perf_event_header *perf_ring_next(struct perf_ring *ring, size_t *at, unsigned char *copy)
{
	/* pairs with the kernel's barrier between its data and data_head */
	size_t head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
	size_t offset = *at & (ring->size - 1), first = ring->size - offset;
	const struct perf_event_header *header = (const void *)(ring->data + offset);
	size_t size;

	/* records are of multiples of 8 bytes, and so a header never wraps around */
	if (head - *at < sizeof(*header))
		return NULL;
	size = header->size;
	if (size < sizeof(*header) || size > head - *at)
		return NULL;
	*at += size;
	if (size <= first)
		return header;
	memcpy(copy, ring->data + offset, first);
	memcpy(copy + first, ring->data, size - first);
	return (const void *)copy;
}

void perf_ring_release(struct perf_ring *ring, size_t at)
{
	/* all reading is done before the kernel may write there */
	__atomic_store_n(&ring->page->data_tail, at, __ATOMIC_RELEASE);
}
