// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Is this machine fit to measure what is planned? Facts and needs in, findings out, each with its effect and what mends
 * it: pure functions. A fact that is not known makes no finding. docs/method.md says why each bound is what it is.
 */
#ifndef MAXQ_ANALYSIS_FITNESS_H
#define MAXQ_ANALYSIS_FITNESS_H

#include "analysis/findings.h"
#include "sample/machine.h"

/* What is planned. */
struct fitness_needs {
	unsigned clients;         /* the largest number at a time */
	unsigned threads;         /* of the generator */
	bool keepalive, reset;    /* connections stay open; are closed by RST */
	bool no_ports;            /* unix sockets only */
	double connections_per_s; /* without keep-alive */
	cpu_set_t generator;      /* its CPUs; empty: any */
	cpu_set_t server;         /* those of a server that is kept to some; empty: any, or not known */
};

/* Files, sockets, ports, memory. */
void judge_limits(
    const struct machine_facts *facts, const struct fitness_needs *needs, struct findings *findings);

/* CPUs: which, shared by whom, how fast, how limited, and what tells the time. */
void judge_cpus(
    const struct machine_facts *facts, const struct fitness_needs *needs, struct findings *findings);

/* What the hypervisor took since the machine's boot, and while nothing was measured (NULL: nobody looked). */
void judge_steal(
    const struct host_cpu *since_boot, const struct machine_sample *sample, struct findings *findings);

/* Who else used the `cpus` CPUs while nothing was measured. */
void judge_busy(const struct machine_sample *sample, unsigned cpus, struct findings *findings);

/* The server that is to be loaded. */
void judge_server(const struct server_facts *server, const struct machine_facts *facts,
    const struct fitness_needs *needs, struct findings *findings);

/* The command that lifts the limit; `outermost` is the advice where it is a container's own. */
void mend_quota(const struct cpu_quota *quota, const char *outermost, struct finding *finding);

/*
 * After all others: commands that cannot work from here, because this is a container, become advice for whoever starts it.
 */
void mend_from_outside(const struct machine_facts *facts, struct findings *findings);

/* What the talk that this program comes from asks for, and so the least that is worth setting: see docs/method.md. */
enum { BACKLOG_ADVISED = 8191, FILES_SOFT_ADVISED = 65536, FILES_HARD_ADVISED = 131072 };

/* Files that a process has open beside its connections: standard streams, epoll, logs. */
enum { FILES_BESIDE = 64 };

#endif
