// SPDX-License-Identifier: GPL-3.0-or-later
/* A connection a request by io_uring: socket, connect, send, receive and close as one chain, by direct descriptors. */
#include <liburing.h>

#include "floor.h"

static struct floor f;
static struct io_uring ring;
static char data[FLOOR_CLIENTS_MAX][1024];

static struct io_uring_sqe *next(void)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	if (!sqe)
		floor_die("io_uring_get_sqe");
	return sqe;
}

static void link_next(struct io_uring_sqe *sqe, unsigned i, unsigned flags)
{
	sqe->flags |= (unsigned char)(IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS | flags);
	sqe->user_data = i;
}

static void ask(unsigned i)
{
	struct io_uring_sqe *sqe;

	while (io_uring_sq_space_left(&ring) < 5)
		io_uring_submit(&ring);
	sqe = next();
	io_uring_prep_socket_direct(sqe, f.addr.ss_family, SOCK_STREAM, 0, i, 0);
	link_next(sqe, i, 0);
	sqe = next();
	io_uring_prep_connect(sqe, (int)i, (struct sockaddr *)&f.addr, f.addr_len);
	link_next(sqe, i, IOSQE_FIXED_FILE);
	sqe = next();
	io_uring_prep_send(sqe, (int)i, f.requests, f.requests_len, MSG_NOSIGNAL);
	link_next(sqe, i, IOSQE_FIXED_FILE);
	sqe = next();
	io_uring_prep_recv(sqe, (int)i, data[i], f.response_len, MSG_WAITALL);
	link_next(sqe, i, IOSQE_FIXED_FILE);
	sqe = next();
	io_uring_prep_close_direct(sqe, i);
	sqe->user_data = i;
}

int main(int argc, char **argv)
{
	struct io_uring_params params = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
		IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
	    .cq_entries = 65536};

	floor_init(&f, argc, argv, floor_last_request);
	if (io_uring_queue_init_params(4096, &ring, &params) ||
	    io_uring_register_files_sparse(&ring, f.clients))
		floor_die("io_uring");
	for (unsigned i = 0; i < f.clients; i++)
		ask(i);
	while (floor_now_ns() < f.end_ns) {
		struct io_uring_cqe *cqe;

		io_uring_submit_and_wait(&ring, 1);
		while (!io_uring_peek_cqe(&ring, &cqe)) {
			unsigned i = (unsigned)cqe->user_data;

			if (cqe->res < 0) {
				errno = -cqe->res;
				floor_die("chain");
			}
			io_uring_cqe_seen(&ring, cqe);
			f.bytes += f.response_len;
			ask(i);
		}
	}
	return floor_report(&f);
}
