// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "analysis/fitness.h"
#include "base/clock.h"
#include "base/cpus.h"
#include "observe/busy.h"
#include "observe/host.h"
#include "observe/server.h"
#include "observe/settings.h"
#include "run/machines.h"
#include "run/run.h"

enum { ADDRS_MAX = 16 };

static const int64_t sample_ns = NS_PER_S;

/* Everything that is known before it is judged: too large for a stack. */
struct examination {
	struct fitness_needs needs;
	struct machine_facts facts;
	struct host_cpu since_boot;
	struct machine_sample sample;
	struct server_facts server;
	bool has_server;
};

static struct fitness_needs needs_of(const struct plan *plan)
{
	struct fitness_needs needs = {
	    .clients = plan->n_clients ? 0 : RUN_CLIENTS_MAX_DEFAULT,
	    .threads = plan->threads,
	    .keepalive = plan_keepalive(plan, plan->url.protocol),
	    .reset = plan->reset,
	    .no_ports = plan->target && plan->url.is_unix,
	    .connections_per_s = plan->connections_per_s,
	    .generator = plan->generator_cpus,
	    .server = plan->server_cpus,
	};

	for (size_t i = 0; i < plan->n_clients; i++)
		if (plan->clients[i] > needs.clients)
			needs.clients = plan->clients[i];
	return needs;
}

static void examine_machine(struct examination *e)
{
	struct host_cpu of_allowed;

	settings_read("", &e->facts);
	if (host_read(&e->facts.allowed, &e->since_boot, &of_allowed))
		e->since_boot = (struct host_cpu){0};
}

/* The address of the target that somebody listens on, or else answers at, or else the first. */
static int examine_target(struct examination *e, const struct plan *plan, struct err *err)
{
	struct addr addrs[ADDRS_MAX];
	int n = addr_resolve(&plan->url, addrs, ADDRS_MAX, err);

	for (int i = 0; i < n; i++) {
		server_read(&addrs[i], &e->server);
		if (e->server.queue.listeners)
			break;
	}
	for (int i = 0; i < n && !e->server.queue.listeners && !e->server.answers; i++) {
		int fd = addr_is_local(&addrs[i]) ? addr_connect(&addrs[i], NS_PER_S) : -EPERM;

		if (fd >= 0) {
			close(fd);
			server_read(&addrs[i], &e->server);
			e->server.answers = true;
		}
	}
	e->has_server = n > 0;
	return n < 0 ? n : 0;
}

/* The CPUs of a server that is kept to some of those that we may use; empty when it may run on all of them. */
static void find_server_cpus(const struct examination *e, cpu_set_t *cpus)
{
	cpu_set_t left = e->facts.allowed;

	CPU_ZERO(cpus);
	for (unsigned i = 0; i < e->server.n_processes; i++)
		CPU_OR(cpus, cpus, &e->server.processes[i].cpus);
	cpus_subtract(&left, cpus);
	if (!CPU_COUNT(&left))
		CPU_ZERO(cpus);
}

/* As bench and sweep place them: the server where it is, or on the first CPU; the generator on the others. */
static void place(struct examination *e)
{
	struct fitness_needs *needs = &e->needs;
	cpu_set_t left = e->facts.allowed;

	if (!CPU_COUNT(&needs->server) && e->has_server) {
		find_server_cpus(e, &needs->server);
	} else if (!CPU_COUNT(&needs->server)) {
		cpus_subtract(&left, &needs->generator);
		if (CPU_COUNT(&left) && CPU_COUNT(&e->facts.allowed) > 1)
			CPU_SET(cpus_nth(&left, 0), &needs->server);
	}
	if (CPU_COUNT(&needs->generator) || !CPU_COUNT(&needs->server))
		return;
	needs->generator = e->facts.allowed;
	cpus_subtract(&needs->generator, &needs->server);
}

static void judge(const struct examination *e, const struct machine_sample *sample, struct findings *findings)
{
	unsigned cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);

	judge_limits(&e->facts, &e->needs, findings);
	judge_cpus(&e->facts, &e->needs, findings);
	judge_steal(&e->since_boot, sample, findings);
	if (sample)
		judge_busy(sample, cpus, findings);
	if (e->has_server)
		judge_server(&e->server, &e->facts, &e->needs, findings);
	mend_from_outside(&e->facts, findings);
}

/* What else the machine does, besides the target's processes. */
static int watch(struct examination *e, struct err *err)
{
	struct procs *procs;
	int rc = procs_new(&procs, err);

	if (rc)
		return rc;
	for (unsigned i = 0; e->has_server && i < e->server.n_processes; i++)
		procs_add_tree(procs, e->server.processes[i].pid, NULL, NULL);
	rc = busy_sample(procs, sample_ns, &e->sample, err);
	procs_free(procs);
	return rc;
}

int run_doctor(const struct plan *plan, struct sink *sink, struct report *report, struct err *err)
{
	struct examination *e;
	int rc = 0;

	if (plan->machines)
		return plan->machines->examine(plan->machines, sink, report, err);
	e = calloc(1, sizeof(*e));
	report->findings = calloc(1, sizeof(*report->findings));
	if (!e || !report->findings) {
		rc = err_set(err, -ENOMEM, "out of memory");
		goto out;
	}
	e->needs = needs_of(plan);
	examine_machine(e);
	if (plan->target)
		rc = examine_target(e, plan, err);
	if (!rc && !plan->quick)
		rc = watch(e, err);
	if (rc)
		goto out;
	place(e);
	report->server_cpus = e->needs.server;
	report->generator_cpus = e->needs.generator;
	judge(e, plan->quick ? NULL : &e->sample, report->findings);
	report->complete = true;
	if (sink->findings)
		sink->findings(sink, report->findings);
out:
	free(e);
	return rc;
}

static void examine_known(struct examination *e, const struct target *target)
{
	pid_t pids[SERVER_PROCESSES_MAX];
	size_t n = procs_count(target->procs);

	if (n > SERVER_PROCESSES_MAX)
		n = SERVER_PROCESSES_MAX;
	for (size_t i = 0; i < n; i++)
		pids[i] = procs_facts(target->procs, i)->pid;
	server_read_known(&target->addr, pids, n, &e->server);
	e->server.answers = true;
	e->has_server = true;
}

void run_quick_check(const struct plan *plan, const struct target *target, const cpu_set_t *server_cpus,
    const cpu_set_t *generator_cpus, struct sink *sink, struct report *report)
{
	struct examination *e = calloc(1, sizeof(*e));
	struct findings *findings = calloc(1, sizeof(*findings));

	/* what matters is on other machines: doctor looks there */
	if (!e || !findings || plan->machines) {
		free(e);
		free(findings);
		return;
	}
	e->needs = needs_of(plan);
	e->needs.server = *server_cpus;
	e->needs.generator = *generator_cpus;
	examine_machine(e);
	if (target) {
		examine_known(e, target);
		find_server_cpus(e, &e->needs.server);
	}
	judge(e, NULL, findings);
	for (size_t i = 0; i < findings->n && sink->warn; i++)
		if (findings->list[i].level >= LEVEL_WARNING)
			sink->warn(sink, &findings->list[i]);
	report->findings = findings;
	free(e);
}
