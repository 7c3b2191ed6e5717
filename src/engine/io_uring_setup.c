// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/io_uring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	SUBMIT_MAX = 4096,
	COMPLETIONS_MAX = 64 * 1024,
	BUFFERS_MIN = 64,
	BUFFERS_MAX = 1024,
	BUFFERS_SIZE = 4 * 1024 * 1024, /* of all buffers */
};

void uring_free(struct io *io)
{
	struct io_uring_engine *e = uring_of(io);

	for (unsigned i = 0; e->slots && i < e->n_conns; i++)
		if (e->slots[i].fd >= 0)
			close(e->slots[i].fd);
	if (e->ring_ready)
		io_uring_queue_exit(&e->ring);
	if (e->buf_ring)
		munmap(e->buf_ring, e->buf_ring_size);
	free(e->buffers);
	free(e->slots);
	free(e->queue);
	free(e);
}

static unsigned power_of_two(unsigned least, unsigned n, unsigned most)
{
	while (least < n && least < most)
		least *= 2;
	return least;
}

/* The buffers: as many as there can be events at once, within reason. */
static int init_buffers(struct io_uring_engine *e)
{
	struct io_uring_buf_reg reg = {.bgid = URING_GROUP};
	void *memory;

	e->n_buffers = power_of_two(BUFFERS_MIN, e->n_conns, BUFFERS_MAX);
	e->buffer_size = BUFFERS_SIZE / BUFFERS_MAX;
	e->buffers = malloc(e->n_buffers * e->buffer_size);
	e->buf_ring_size = e->n_buffers * sizeof(struct io_uring_buf);
	memory = mmap(NULL, e->buf_ring_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!e->buffers || memory == MAP_FAILED)
		return -ENOMEM;
	e->buf_ring = memory;
	reg.ring_addr = (uint64_t)(uintptr_t)memory;
	reg.ring_entries = e->n_buffers;
	io_uring_buf_ring_init(e->buf_ring);
	for (unsigned i = 0; i < e->n_buffers; i++)
		uring_give_back(e, (int)i);
	return io_uring_register_buf_ring(&e->ring, &reg, 0);
}

static int init_ring(struct io_uring_engine *e, bool keepalive)
{
	struct io_uring_params params = {
	    .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_R_DISABLED |
		IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
	    .cq_entries = power_of_two(256, 4 * e->n_conns, COMPLETIONS_MAX),
	};
	int rc = io_uring_queue_init_params(
	    power_of_two(64, URING_CHAIN * e->n_conns, SUBMIT_MAX), &e->ring, &params);

	e->ring_ready = !rc;
	if (!rc)
		rc = init_buffers(e);
	if (!rc && !keepalive) /* direct descriptors */
		rc = io_uring_register_files_sparse(&e->ring, e->n_conns);
	return rc;
}

int io_uring_new(struct io **io, const struct io_spec *spec, struct err *err)
{
	struct io_uring_engine *e = calloc(1, sizeof(*e));
	int rc = -ENOMEM;

	if (!e)
		return err_set(err, -ENOMEM, "out of memory");
	e->io.ops = &uring_ops;
	e->n_conns = spec->n_conns;
	e->held = -1;
	e->queue_size = 2 * (size_t)spec->n_conns + 1;
	e->slots = calloc(spec->n_conns, sizeof(*e->slots));
	e->queue = calloc(e->queue_size, sizeof(*e->queue));
	for (unsigned i = 0; e->slots && i < spec->n_conns; i++)
		e->slots[i].fd = -1;
	if (e->slots && e->queue)
		rc = init_ring(e, spec->keepalive);
	if (rc) {
		uring_free(&e->io);
		return err_set(err, rc, "cannot set up io_uring: %s", strerror(-rc));
	}
	*io = &e->io;
	return 0;
}
