// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The connection of one client and the request that it carries: the state machine of the load generator.
 */
#ifndef MAXQ_ENGINE_CONN_H
#define MAXQ_ENGINE_CONN_H

#include "codec/response.h"
#include "engine/io.h"

struct worker;

/*
 *                     +--------------- failure ---------------+
 *                     v                                       |
 *   CLOSED ---> CONNECTING ---> READY ---> AWAITING --- response ---> CLOSED or READY, and the next turn
 *     ^              |                        |
 *     +--- due --- PAUSED <----- failure -----+               no turn left: FINISHED
 *
 * A client has one request in flight, or with pipelining several: it sends as many as have been answered at once. Responses
 * come in the order of the requests, so a connection reads one response at a time. What fails a connection fails all
 * requests on it; those that follow a response by which the server announces its close are sent anew on the next one.
 *
 * In an open loop a client's turn only brings it to rest, CLOSED or, with keep-alive, READY or on the way there; a request is
 * given to it when one arrives (conn_arrivals).
 */
enum conn_state {
	/*
	 * No connection, and nothing to do before the next turn or, with keep-alive, before set-up comes to it.
	 * conn_set_up or conn_turn: CONNECTING.
	 */
	CONN_CLOSED,
	/*
	 * A connection is being opened: with keep-alive in set-up, where no request waits for it yet, else for the request
	 * in flight, which goes out with it. Opened: READY, or on to AWAITING. Failed or due: PAUSED.
	 */
	CONN_CONNECTING,
	/* Open, without a request: until the load begins, or one arrives. Then: AWAITING. Closed by the peer: PAUSED. */
	CONN_READY,
	/*
	 * A request was sent, its response has not wholly come. Whole: the client's next turn, on this connection if it
	 * can be reused, else from CLOSED. Failed or due: from CLOSED or PAUSED.
	 */
	CONN_AWAITING,
	/* After failures in a row, so that a dead server is not hammered. Due: set-up again, or the client's next turn. */
	CONN_PAUSED,
	/* The client has had its last turn; the connection is closed. */
	CONN_FINISHED,
};

struct conn {
	uint8_t state;      /* enum conn_state */
	bool unasked;       /* bytes came without a request: the next request will fail on them */
	bool resting;       /* it is in the worker's ring of clients that rest */
	uint8_t answered;   /* whole responses on this connection; 2: or more */
	uint8_t failures;   /* in a row, since the last whole response */
	uint16_t in_flight; /* requests of this client that were counted as started and have not ended */
	uint16_t unsent;    /* the latest of these, which have not been given to the io of this connection */
	uint16_t oldest;    /* of those in flight: its place in the worker's started_ns of this client */
	uint64_t size;      /* bytes of the response so far */
	struct response response;
};

/* Set-up: opens the connection of a CLOSED client ahead of its first turn. */
void conn_set_up(struct worker *w, uint32_t i);

/* The client's turn to send what it may; with nothing left to send and nothing in flight it finishes. */
void conn_turn(struct worker *w, uint32_t i);

/* Open loop: gives the requests that have arrived to clients that rest, as long as there are both. */
void conn_arrivals(struct worker *w);

/* Something completed on its connection. */
void conn_handle(struct worker *w, const struct io_event *event);

/* Its due time has come: a timeout, or the end of a pause. */
void conn_due(struct worker *w, uint32_t i);

#endif
