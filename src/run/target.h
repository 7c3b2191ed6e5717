// SPDX-License-Identifier: GPL-3.0-or-later
/* What is to be loaded, made ready: its address, the request, the processes that serve it, and who runs on which CPU. */
#ifndef MAXQ_RUN_TARGET_H
#define MAXQ_RUN_TARGET_H

#include "base/addr.h"
#include "codec/codec.h"
#include "engine/load.h"
#include "observe/procs.h"
#include "run/plan.h"

struct target {
	const struct plan *plan;
	struct load_gate *gate; /* that holds back each load; NULL: none */
	struct url url;
	char text[URL_TEXT_MAX];
	struct addr addr;
	uint8_t *request;
	size_t request_len;
	bool is_head;
	bool keepalive;
	const char *why_unanswered; /* static text for struct load_plan, or NULL */
	struct body_spec body;
	struct procs *procs;   /* of the server; empty where they are not known */
	cpu_set_t server_cpus; /* that they may use together; empty: not known */
	cpu_set_t generator_cpus;
	unsigned number; /* with machines: among the targets that they have opened */
};

/*
 * Resolves the URL, refuses what is not this machine unless the plan allows it, and sees that something can be connected
 * to; no request is sent. *target is zero or complete.
 */
int target_open(struct target *target, const struct plan *plan, const struct url *url, struct err *err);
void target_close(struct target *target);

/*
 * For a server that maxq did not start: looks for its processes by who listens, and chooses the generator's CPUs besides
 * theirs where that is possible. Finding nobody is no error: costs are then unknown.
 */
void target_find_server(struct target *target);

/*
 * The same by hand, where a server is several: adds the processes that listen on `addr`, as `component` (NULL: each under
 * its own command's name), and says how many listen, or negative errno. Once all are added, target_place chooses the
 * generator's CPUs.
 */
int target_add_server(struct target *target, const struct addr *addr, const char *component);
void target_place(struct target *target);
/* -EADDRNOTAVAIL where so many clients, each with a connection that stays, would need more local ports than there are. */
int target_check_ports(const struct target *target, unsigned clients, struct err *err);

/* How many CPUs the server has to itself: without the generator's, unless it has no others; 0: not known. */
unsigned target_server_cpus(const struct target *target);

/* The CPUs of generator and server together; of an unpinned generator all. */
void target_used_cpus(const struct target *target, cpu_set_t *used);

/* Keeps the calling thread, which works beside the load, on the generator's CPUs. */
void target_pin_self(const struct target *target);

#endif
