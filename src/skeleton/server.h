// SPDX-License-Identifier: GPL-3.0-or-later
/* Between the files of the skeleton server: its threads and their connections. */
#ifndef MAXQ_SKELETON_SERVER_H
#define MAXQ_SKELETON_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "codec/request.h"
#include "skeleton/answer.h"
#include "skeleton/serve.h"

enum { IO_SIZE = 64 * 1024 };

/* What one thread has served. Written by it alone, read by any that is asked for /stats. */
struct served {
	atomic_uint_fast64_t requests, connections, bytes_in, bytes_out;
};

struct peer {
	int fd;
	bool closing;    /* once all is sent; nothing more is read */
	bool dead;       /* cannot be written to any more */
	unsigned n_late; /* answers of it that wait in the thread's queue */
	struct request request;
	uint8_t *unsent; /* from malloc; nothing is read while there is any */
	size_t unsent_len, unsent_at;
	LIST_ENTRY(peer) entry; /* of the thread's peers, or of its spare ones */
};

/* A delayed answer, ready to be sent. The queue is ordered by time, and keeps the order of each peer's answers. */
struct late {
	int64_t due_ns;
	struct peer *peer; /* NULL: closed meanwhile */
	bool close;
	TAILQ_ENTRY(late) entry;
	size_t len;
	uint8_t bytes[];
};

struct server_thread {
	struct server *server;
	int epoll;
	LIST_HEAD(peer_list, peer) peers;
	struct peer_list spare;
	TAILQ_HEAD(late_queue, late) late;
	struct served served;
	pthread_t thread;
	bool running;
	size_t out_len;
	uint8_t in[IO_SIZE], out[IO_SIZE];
};

struct server {
	struct serve_options options;
	bool faulty; /* any fault is asked for */
	struct answers answers;
	uint8_t hello[512]; /* the whole response to GET /hello on a connection that stays open */
	size_t hello_len;
	int listeners[SERVE_LISTEN_MAX];
	int stop; /* an eventfd in every thread's epoll */
	struct server_thread *threads;
	unsigned n_threads;
	atomic_uint_fast64_t nth;         /* of the last request, for the faults */
	_Atomic int64_t first_request_ns; /* 0: none yet */
};

/* Queues the answer to the peer's request in `out`, or in the queue of delayed ones; marks the peer as closing if it is. */
void respond_to(struct server_thread *t, struct peer *peer);
/* To what is not a request. */
void respond_bad(struct server_thread *t, struct peer *peer);

/* Prepares what can be prepared. */
void respond_init(struct server *server);

/* Sends what is in `out` to the peer, behind what is still unsent. Never closes it: see `dead`. */
void peer_flush(struct server_thread *t, struct peer *peer);

/* One more counted; without the cost of a locked instruction, as only one thread writes. */
static inline void served_add(atomic_uint_fast64_t *counter, uint64_t n)
{
	atomic_store_explicit(
	    counter, atomic_load_explicit(counter, memory_order_relaxed) + n, memory_order_relaxed);
}

#endif
