// SPDX-License-Identifier: GPL-3.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/fitness.h"

/* A port in TIME_WAIT is reused after so long on loopback, or anywhere else; seconds. */
static const double reuse_s = 1, time_wait_s = 60;

static const int64_t mib = 1024 * 1024;

/* The stacks of a bench all run at the same time, with their interpreters. */
static const int64_t memory_limit_least_mib = 1024;

/* A share of the time that is more than housekeeping. */
static const double memory_pressure_most = 0.01;

enum { LIMIT_TEXT = 32 };

static int64_t largest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static const char *limit_text(char text[LIMIT_TEXT], int64_t limit)
{
	if (limit == INT64_MAX)
		snprintf(text, LIMIT_TEXT, "no limit");
	else
		snprintf(text, LIMIT_TEXT, "%" PRId64, limit);
	return text;
}

/* A shell's limits are those of what it starts: prlimit(1) raises them for the shell that the command is typed into. */
static void mend_files(const struct machine_facts *facts, int64_t needed, struct finding *f)
{
	int64_t soft = largest(FILES_SOFT_ADVISED, needed), hard = largest(FILES_HARD_ADVISED, needed);
	char nr_open[64] = "";

	if (facts->nr_open >= 0 && facts->nr_open < hard)
		snprintf(nr_open, sizeof(nr_open), "sudo sysctl -w fs.nr_open=%" PRId64 " && ", hard);
	finding_mend(f, "%ssudo prlimit --pid $$ --nofile=%" PRId64 ":%" PRId64, nr_open, soft, hard);
}

static void judge_open_files(
    const struct machine_facts *facts, const struct fitness_needs *needs, struct findings *findings)
{
	/* a proxy holds two connections for each client */
	int64_t least = (int64_t)needs->clients + FILES_BESIDE,
		proxy = 2 * (int64_t)needs->clients + FILES_BESIDE;
	const struct file_limits *files = &facts->files;
	char soft[LIMIT_TEXT], hard[LIMIT_TEXT];
	struct finding *f;

	if (files->soft < 0 || files->hard < 0)
		return;
	f = findings_add(findings, "open-files");
	finding_found(
	    f, "soft limit %s, hard limit %s", limit_text(soft, files->soft), limit_text(hard, files->hard));
	if (files->hard < proxy) {
		finding_wanted(f, "hard limit %" PRId64, proxy);
		mend_files(facts, proxy, f);
	}
	if (files->hard < least) {
		finding_judge(
		    f, LEVEL_PROBLEM, "%u clients cannot connect: each needs an open file", needs->clients);
	} else if (files->hard < proxy) {
		finding_judge(f, LEVEL_WARNING,
		    "a proxy needs two open files a client: it will refuse some of %u clients",
		    needs->clients);
	} else if (files->soft < proxy) {
		finding_wanted(f, "soft limit %" PRId64, proxy);
		finding_judge(f, LEVEL_NOTE,
		    "maxq raises it for itself and what it launches; other servers started from here keep it");
		finding_mend(f, "ulimit -Sn %" PRId64,
		    files->hard < FILES_SOFT_ADVISED ? files->hard : largest(FILES_SOFT_ADVISED, proxy));
	}
}

static void judge_file_max(
    const struct machine_facts *facts, const struct fitness_needs *needs, struct findings *findings)
{
	/* a connection is a file at both of its ends, and a proxy makes a second one */
	int64_t both_ends = 2 * (int64_t)needs->clients, wanted = 2 * both_ends + 1024;
	int64_t left = facts->file_max - largest(facts->files_allocated, 0);
	char text[LIMIT_TEXT];
	struct finding *f;

	if (facts->file_max < 0)
		return;
	f = findings_add(findings, "file-max");
	finding_found(f, "%s for the whole machine, %" PRId64 " in use", limit_text(text, facts->file_max),
	    largest(facts->files_allocated, 0));
	if (left >= wanted)
		return;
	finding_wanted(f, "%" PRId64 " more than are in use", wanted);
	finding_judge(f, left < both_ends ? LEVEL_PROBLEM : LEVEL_WARNING,
	    "no process of this machine can open another file when they are used up");
	finding_mend(f, "sudo sysctl -w fs.file-max=%" PRId64,
	    largest(facts->files_allocated, 0) + largest(wanted, 1000000));
}

static void judge_somaxconn(
    const struct machine_facts *facts, const struct fitness_needs *needs, struct findings *findings)
{
	int64_t advised = largest(BACKLOG_ADVISED, needs->clients);
	struct finding *f;

	if (facts->somaxconn < 0)
		return;
	f = findings_add(findings, "somaxconn");
	finding_found(f, "%" PRId64, facts->somaxconn);
	if (facts->somaxconn >= advised)
		return;
	finding_wanted(f, "%" PRId64, advised);
	finding_mend(f, "sudo sysctl -w net.core.somaxconn=%" PRId64, advised);
	if (facts->somaxconn < needs->clients)
		finding_judge(f, LEVEL_WARNING,
		    "no server can let %u clients wait to be accepted; those beyond try again a second later",
		    needs->clients);
	else
		finding_judge(f, LEVEL_NOTE,
		    "a server that asks for a longer queue gets this; enough for %u clients", needs->clients);
}

static void judge_syn_backlog(
    const struct machine_facts *facts, const struct fitness_needs *needs, struct findings *findings)
{
	int64_t advised = largest(BACKLOG_ADVISED, needs->clients);
	struct finding *f;

	if (facts->syn_backlog < 0)
		return;
	f = findings_add(findings, "syn-backlog");
	finding_found(f, "%" PRId64 ", SYN cookies %s", facts->syn_backlog,
	    facts->syncookies < 0   ? "not known"
		: facts->syncookies ? "on"
				    : "off");
	if (facts->syn_backlog >= needs->clients)
		return;
	finding_wanted(f, "%" PRId64, advised);
	finding_mend(f, "sudo sysctl -w net.ipv4.tcp_max_syn_backlog=%" PRId64, advised);
	/* the kernel looks at it only without SYN cookies; with them the server's own backlog bounds the queue */
	if (facts->syncookies == 0)
		finding_judge(f, LEVEL_WARNING,
		    "connections that begin while so many others do are dropped, and tried again a second later");
	else
		finding_judge(f, LEVEL_NOTE, "none while SYN cookies are on");
}

/*
 * How many connections a second the ports last for, when each is in TIME_WAIT after its connection. Those that are now may
 * be other targets', for which the same ports can be used again, so they are only shown.
 */
static double ports_per_s(const struct machine_facts *facts, int64_t ports)
{
	/* the kernel tells an old connection's segments from a new one's by their timestamps */
	bool reused = facts->tw_reuse > 0 && facts->timestamps != 0;

	return (double)ports / (reused ? reuse_s : time_wait_s);
}

/* The widest range that leaves bench the ports below it for its servers: only where it is wider, and enough. */
static void widen_range(int64_t ports, int64_t wanted, struct finding *f)
{
	enum { FIRST = 30000, LAST = 65535 };

	if (LAST - FIRST + 1 > ports && LAST - FIRST + 1 >= wanted)
		finding_mend(f, "sudo sysctl -w net.ipv4.ip_local_port_range=\"%d %d\"", FIRST, LAST);
}

static void mend_ports(
    const struct machine_facts *facts, int64_t ports, const struct fitness_needs *needs, struct finding *f)
{
	if (!facts->timestamps)
		finding_mend(f, "sudo sysctl -w net.ipv4.tcp_timestamps=1");
	else if (facts->tw_reuse == 0)
		finding_mend(f, "sudo sysctl -w net.ipv4.tcp_tw_reuse=2");
	else
		widen_range(ports, (int64_t)(needs->connections_per_s * reuse_s), f);
}

static void judge_ports(
    const struct machine_facts *facts, const struct fitness_needs *needs, struct findings *findings)
{
	int64_t ports = facts->port_last - facts->port_first + 1;
	double per_s;
	struct finding *f;

	if (needs->no_ports || facts->port_first < 0 || ports < 0)
		return;
	f = findings_add(findings, "ports");
	per_s = ports_per_s(facts, ports);
	finding_found(f, "%" PRId64 " (%" PRId64 "-%" PRId64 "), %" PRId64 " sockets in TIME_WAIT", ports,
	    facts->port_first, facts->port_last, largest(facts->time_wait, 0));
	if (ports < needs->clients) {
		finding_wanted(f, "one for each of %u clients", needs->clients);
		finding_judge(
		    f, LEVEL_PROBLEM, "only %" PRId64 " clients of one address can be connected", ports);
		widen_range(ports, needs->clients, f);
		finding_advice(f, "or use a unix socket, which needs no port");
	} else if (!needs->keepalive && !needs->reset && per_s < needs->connections_per_s) {
		finding_wanted(f, "enough for %.0f connections a second", needs->connections_per_s);
		finding_judge(f, LEVEL_PROBLEM,
		    "beyond %.0f connections a second, closed by FIN, ports run out after %.1f s: requests fail",
		    per_s, (double)ports / needs->connections_per_s);
		mend_ports(facts, ports, needs, f);
		finding_advice(f, "or close by RST, which leaves no TIME_WAIT: --close rst");
	}
}

static void judge_memory(const struct machine_facts *facts, struct findings *findings)
{
	int64_t swapped = largest(facts->swap_used_bytes, 0);
	int64_t wanted = largest(256 * mib, facts->memory_bytes / 20);
	struct finding *f;

	if (facts->memory_bytes < 0 || facts->available_bytes < 0)
		return;
	f = findings_add(findings, "memory");
	finding_found(f, "%" PRId64 " of %" PRId64 " MiB available, %" PRId64 " MiB swapped out",
	    facts->available_bytes / mib, facts->memory_bytes / mib, swapped / mib);
	if (facts->available_bytes < wanted) {
		finding_wanted(f, "%" PRId64 " MiB", wanted / mib);
		finding_judge(
		    f, LEVEL_WARNING, "the kernel stops processes to find memory, and may end them");
		finding_advice(
		    f, "end what is not needed: 'ps -e -o rss,pid,comm --sort -rss' shows the largest");
	} else if (swapped > 0) {
		finding_wanted(f, "nothing swapped out");
		finding_judge(
		    f, LEVEL_NOTE, "a page that comes back from disk stops its process for milliseconds");
		if (facts->available_bytes - swapped > wanted)
			finding_mend(f, "sudo swapoff -a");
		else
			finding_advice(f, "end what is not needed, then 'sudo swapoff -a'");
	}
}

/* What launched servers share with maxq; those that run already have groups of their own. */
static void judge_memory_limit(const struct machine_facts *facts, struct findings *findings)
{
	const struct memory_limit *limit = &facts->memory_limit;
	struct finding *f = findings_add(findings, "memory-limit");

	if (limit->bytes == INT64_MAX) {
		finding_found(f, "none");
		return;
	}
	finding_found(f, "%" PRId64 " MiB, by '%.250s', %" PRId64 " of it in use with caches",
	    limit->bytes / mib, limit->file, largest(limit->used_bytes, 0) / mib);
	if (limit->bytes >= memory_limit_least_mib * mib)
		return;
	finding_wanted(f, "none below %" PRId64 " MiB", memory_limit_least_mib);
	finding_judge(f, LEVEL_WARNING,
	    "servers that are launched from here must fit into it: what does not is read again from disk, or ended");
	if (limit->is_outermost)
		finding_advice(f,
		    "start the container with more memory (docker run --memory, Kubernetes limits.memory)");
	else if (strchr(limit->file, '\''))
		finding_advice(f, "write %s into that file", limit->is_v1 ? "-1" : "max");
	else
		finding_mend(f, "echo %s | sudo tee '%.500s'", limit->is_v1 ? "-1" : "max", limit->file);
}

static void judge_memory_pressure(const struct machine_facts *facts, struct findings *findings)
{
	struct finding *f;

	if (facts->memory_pressure < 0)
		return;
	f = findings_add(findings, "memory-pressure");
	finding_found(
	    f, "processes waited for memory %.1f %% of the last ten seconds", 100 * facts->memory_pressure);
	if (facts->memory_pressure <= memory_pressure_most)
		return;
	finding_wanted(f, "at most %.0f %%", 100 * memory_pressure_most);
	finding_judge(
	    f, LEVEL_WARNING, "whoever waits for a page does nothing else: latencies have long tails");
	finding_advice(f,
	    "end what is not needed: 'ps -e -o rss,pid,comm --sort -rss' shows the largest; a control group can be short alone");
}

void judge_limits(
    const struct machine_facts *facts, const struct fitness_needs *needs, struct findings *findings)
{
	judge_open_files(facts, needs, findings);
	judge_file_max(facts, needs, findings);
	judge_somaxconn(facts, needs, findings);
	judge_syn_backlog(facts, needs, findings);
	judge_ports(facts, needs, findings);
	judge_memory(facts, findings);
	judge_memory_limit(facts, findings);
	judge_memory_pressure(facts, findings);
}

/* Gives up the command for the advice, before what was advised already. */
static void advise_instead(struct finding *f, const char *advice)
{
	char before[FINDING_TEXT_MAX];

	memcpy(before, f->advice, sizeof(before));
	finding_advice(f, "%s%s%s", advice, *before ? "; " : "", before);
	f->mend[0] = '\0';
}

void mend_from_outside(const struct machine_facts *facts, struct findings *findings)
{
	static const char set_net[] = "sudo sysctl -w net.", set_fs[] = "sudo sysctl -w fs.";

	for (size_t i = 0; i < findings->n; i++) {
		struct finding *f = &findings->list[i];
		const char *files = strstr(f->mend, "--nofile=");
		char advice[FINDING_TEXT_MAX];

		if (facts->limits_fixed && files) {
			snprintf(advice, sizeof(advice),
			    "not even root may raise it here: start the container with --ulimit nofile=%.*s",
			    (int)strcspn(files + 9, " ;"), files + 9);
			advise_instead(f, advice);
		} else if (facts->sysctl_fixed && !strncmp(f->mend, set_net, strlen(set_net))) {
			/* of the network namespace, and so the container's own */
			snprintf(advice, sizeof(advice),
			    "it is read-only here: start the container with --sysctl %.200s",
			    f->mend + strlen("sudo sysctl -w "));
			advise_instead(f, advice);
		} else if ((facts->sysctl_fixed && !strncmp(f->mend, set_fs, strlen(set_fs))) ||
		    (facts->sys_fixed && strstr(f->mend, "tee /sys/devices/"))) {
			snprintf(advice, sizeof(advice),
			    "it is read-only here: on the container's host, %.300s", f->mend);
			advise_instead(f, advice);
		}
	}
}
