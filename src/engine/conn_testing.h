// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What tests of the state machine share: a worker whose io is scripted. It notes what is submitted, and the test says what
 * completes, and when; nothing is ever sent.
 */
#ifndef MAXQ_ENGINE_CONN_TESTING_H
#define MAXQ_ENGINE_CONN_TESTING_H

#include <string.h>

#include "base/unittest.h"
#include "engine/conn.h"
#include "engine/worker.h"

/* A whole response by http, which leaves the connection open. */
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

struct fixture {
	struct io io; /* the scripted one */
	/* Submitted since the last look: "connect send", or "connect0 send0" of several clients. */
	char calls[256];
	size_t sent;  /* bytes, since the beginning */
	bool sending; /* what a scripted send tells: the request has not wholly gone out */
	struct load_plan plan;
	struct control control;
	struct worker w;
};

/* A worker with so many clients, at most so many requests of "GET" to send, and times of a second. Never NULL. */
struct fixture *fixture_new(unsigned clients, bool keepalive, uint64_t requests);

/* The same of an open loop with that rate, whose pace the test sets. */
struct fixture *fixture_new_open(unsigned clients, bool keepalive, uint64_t rate, uint64_t requests);

/* Everything that was started must have ended, or be in flight; then all is freed. */
void fixture_free(struct fixture *f);

struct counts *counts_of(struct fixture *f);

/* The calls since the last look must be these. */
void expect_calls(struct fixture *f, const char *calls);

/* An event on a connection: one without more to say, a failure with an errno, and bytes that were received. */
void complete(struct fixture *f, uint32_t conn, enum io_event_kind kind);
void fail_by(struct fixture *f, uint32_t conn, enum io_operation op, int error);
void receive_bytes(struct fixture *f, uint32_t conn, const void *data, size_t len);
void receive(struct fixture *f, uint32_t conn, const char *text);

#endif
