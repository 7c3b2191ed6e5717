// SPDX-License-Identifier: GPL-3.0-or-later
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/fitness.h"
#include "base/cpus.h"

/* With keep-alive so many connections are opened at a time by a thread of the generator. */
enum { OPENED_AT_A_TIME = 64 };

/* How servers are told the length of the queue, by the name of their command. */
static const struct {
	const char *comm, *setting;
} backlog_settings[] = {
    {"nginx", "'listen ... backlog=%d;'"},
    {"uwsgi", "'listen = %d'"},
    {"gunicorn", "'--backlog %d'"},
    {"apache2", "'ListenBackLog %d'"},
    {"haproxy", "'backlog %d'"},
    {"lighttpd", "'server.listen-backlog = %d'"},
    {"php-fpm", "'listen.backlog = %d'"},
    {"maxq", "'--backlog %d'"},
};

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* A command for each process of the server, its number between `before` and `after`. */
static void mend_each(
    const struct server_facts *server, const char *before, const char *after, struct finding *f)
{
	char pids[SERVER_PROCESSES_MAX * 12] = "";
	size_t used = 0;

	if (server->n_processes == 1) {
		finding_mend(f, "%s%d%s", before, (int)server->processes[0].pid, after);
		return;
	}
	for (unsigned i = 0; i < server->n_processes; i++)
		used +=
		    (size_t)snprintf(pids + used, sizeof(pids) - used, " %d", (int)server->processes[i].pid);
	finding_mend(f, "for p in%s; do %s$p%s; done", pids, before, after);
}

static void advise_backlog(const struct server_facts *server, int64_t wanted, bool raised, struct finding *f)
{
	const char *comm = server->n_processes ? server->processes[0].comm : "";
	const char *then = raised ? "then " : "";

	for (size_t i = 0; i < sizeof(backlog_settings) / sizeof(backlog_settings[0]); i++) {
		char setting[64];
		const char *number = strstr(backlog_settings[i].setting, "%d");

		if (strncmp(comm, backlog_settings[i].comm, strlen(backlog_settings[i].comm)) != 0)
			continue;
		snprintf(setting, sizeof(setting), "%.*s%" PRId64 "%s",
		    (int)(number - backlog_settings[i].setting), backlog_settings[i].setting, wanted,
		    number + 2);
		finding_advice(f, "%sgive %s %s and start it again", then, comm, setting);
		return;
	}
	finding_advice(
	    f, "%sstart the server again with a backlog of %" PRId64 " for listen(2)", then, wanted);
}

static void judge_backlog(const struct server_facts *server, const struct machine_facts *facts,
    const struct fitness_needs *needs, struct findings *findings)
{
	int64_t at_once = needs->keepalive ? OPENED_AT_A_TIME * (int64_t)needs->threads : needs->clients;
	int64_t advised = larger(BACKLOG_ADVISED, needs->clients), backlog = server->queue.backlog;
	bool raise = facts->somaxconn >= 0 && facts->somaxconn < needs->clients;
	struct finding *f = findings_add(findings, "server-backlog");

	if (at_once > needs->clients)
		at_once = needs->clients;
	if (!raise && facts->somaxconn >= 0 && facts->somaxconn < advised)
		advised = facts->somaxconn; /* no server gets more, and it is enough */
	finding_found(f, "%" PRId64 ", %u waiting now, %u listening socket%s", backlog, server->queue.waiting,
	    server->queue.listeners, server->queue.listeners == 1 ? "" : "s");
	if (backlog >= needs->clients)
		return;
	finding_wanted(f, "%u", needs->clients);
	if (raise)
		finding_mend(f, "sudo sysctl -w net.core.somaxconn=%" PRId64, advised);
	advise_backlog(server, advised, raise, f);
	if (backlog >= at_once)
		finding_judge(f, LEVEL_NOTE,
		    "enough for connections that stay open; with --no-keepalive %u clients can wait at once",
		    needs->clients);
	else if (server->is_unix)
		finding_judge(f, needs->keepalive ? LEVEL_WARNING : LEVEL_PROBLEM,
		    "connections beyond it are refused at once: requests fail");
	else
		finding_judge(f, LEVEL_WARNING,
		    "connections beyond it are dropped, and tried again a second later: throughput is the queue's");
}

static void judge_server_files(
    const struct server_facts *server, const struct fitness_needs *needs, struct findings *findings)
{
	int64_t wanted = (int64_t)needs->clients + FILES_BESIDE, least = INT64_MAX, all = 0;
	char after[64];
	struct finding *f;

	for (unsigned i = 0; i < server->n_processes; i++) {
		int64_t soft = server->processes[i].files.soft;

		if (soft < 0)
			return;
		least = soft < least ? soft : least;
		all += soft < INT32_MAX ? soft : INT32_MAX;
	}
	f = findings_add(findings, "server-files");
	if (least == INT64_MAX)
		finding_found(f, "no limit");
	else
		finding_found(f, "soft limit %" PRId64, least);
	if (least >= wanted)
		return;
	finding_wanted(f, "%" PRId64, wanted);
	finding_judge(f, all < needs->clients ? LEVEL_PROBLEM : LEVEL_WARNING,
	    "a process of the server that has so many connections accepts no more: clients wait in vain");
	wanted = larger(FILES_SOFT_ADVISED, wanted);
	snprintf(after, sizeof(after), " --nofile=%" PRId64 ":%" PRId64, wanted,
	    larger(FILES_HARD_ADVISED, wanted));
	mend_each(server, "sudo prlimit --pid ", after, f);
}

/* A server that may run everywhere meets the generator on every CPU. */
static void judge_server_cpus(
    const struct server_facts *server, const struct machine_facts *facts, struct findings *findings)
{
	char text[CPUS_TEXT_MAX], before[CPUS_TEXT_MAX + 32];
	cpu_set_t server_cpus, left = facts->allowed, half;
	int n = CPU_COUNT(&facts->allowed);
	struct finding *f;

	CPU_ZERO(&server_cpus);
	CPU_ZERO(&half);
	for (unsigned i = 0; i < server->n_processes; i++)
		CPU_OR(&server_cpus, &server_cpus, &server->processes[i].cpus);
	if (!CPU_COUNT(&server_cpus))
		return;
	f = findings_add(findings, "server-cpus");
	cpus_format(&server_cpus, text, sizeof(text));
	finding_found(f, "%.200s", text);
	cpus_subtract(&left, &server_cpus);
	if (CPU_COUNT(&left) || n < 2)
		return;
	for (int i = 0; i < n / 2; i++)
		CPU_SET(cpus_nth(&facts->allowed, i), &half);
	cpus_format(&half, text, sizeof(text));
	finding_wanted(f, "some CPUs only, such as %.200s", text);
	finding_judge(f, LEVEL_NOTE, "the generator has no CPU to itself: both slow each other down");
	snprintf(before, sizeof(before), "sudo taskset -acp %.400s ", text);
	mend_each(server, before, "", f);
}

static void judge_server_quota(const struct server_facts *server, struct findings *findings)
{
	const struct server_process *tightest = NULL;
	struct finding *f;

	for (unsigned i = 0; i < server->n_processes; i++)
		if (!tightest || server->processes[i].quota.cores < tightest->quota.cores)
			tightest = &server->processes[i];
	if (!tightest)
		return;
	f = findings_add(findings, "server-cpu-limit");
	if (!isfinite(tightest->quota.cores)) {
		finding_found(f, "none");
		return;
	}
	finding_found(f, "%.4g cores, by '%.250s'", tightest->quota.cores, tightest->quota.file);
	if (tightest->quota.cores >= CPU_COUNT(&tightest->cpus))
		return;
	finding_wanted(f, "none below %d cores", CPU_COUNT(&tightest->cpus));
	finding_judge(f, LEVEL_WARNING, "the maximum is that of the limit: over it the server stands still");
	mend_quota(&tightest->quota,
	    "start its container without a CPU limit, if it is not the limit that is to be measured", f);
}

/* Who listens there, if anybody: false when there is no more to look at. */
static bool judge_listener(const struct server_facts *server, struct findings *findings)
{
	struct finding *f = findings_add(findings, "server");

	finding_found(f, "%s", server->address);
	if (!server->is_local) {
		finding_judge(f, LEVEL_NOTE, "it is not this machine: how it is set up is not known");
		finding_advice(f, "run maxq doctor there, too");
	} else if (!server->queue.listeners && server->answers) {
		finding_judge(f, LEVEL_NOTE,
		    "it answers, but does not listen in this network namespace: how it is set up is not known");
		finding_advice(f, "run maxq doctor where it runs, such as in its container");
	} else if (!server->queue.listeners) {
		finding_wanted(f, "a server");
		finding_judge(f, LEVEL_PROBLEM, "nobody listens there");
		finding_advice(f, "start the server");
	} else if (!server->n_processes) {
		finding_wanted(f, "its processes");
		finding_judge(
		    f, LEVEL_WARNING, "they are another user's: their limits and costs are not known");
		finding_advice(f, "run maxq as root");
	} else {
		finding_found(f, "%s: %s, %u process%s", server->address, server->processes[0].comm,
		    server->n_processes, server->n_processes == 1 ? "" : "es");
	}
	return server->is_local && server->queue.listeners;
}

void judge_server(const struct server_facts *server, const struct machine_facts *facts,
    const struct fitness_needs *needs, struct findings *findings)
{
	if (!judge_listener(server, findings))
		return;
	judge_backlog(server, facts, needs, findings);
	if (!server->n_processes)
		return;
	judge_server_files(server, needs, findings);
	judge_server_cpus(server, facts, findings);
	judge_server_quota(server, findings);
}
