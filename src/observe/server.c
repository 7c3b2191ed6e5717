// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/server.h"

#include <stdio.h>
#include <string.h>

#include "observe/listener.h"
#include "observe/procstat.h"
#include "observe/quota.h"
#include "observe/settings.h"

/* False when it has ended. */
static bool read_process(pid_t pid, struct server_process *process)
{
	struct procstat stat;
	char text[24];

	*process = (struct server_process){.pid = pid};
	if (procstat_read(pid, 0, &stat))
		return false;
	memcpy(process->comm, stat.comm, sizeof(process->comm));
	snprintf(text, sizeof(text), "%d", (int)pid);
	settings_file_limits("", text, &process->files);
	settings_cpus("", text, &process->cpus);
	quota_read("", text, &process->quota);
	return true;
}

void server_read_known(const struct addr *addr, const pid_t *pids, size_t n, struct server_facts *facts)
{
	*facts = (struct server_facts){
	    .is_unix = addr->sa.ss_family == AF_UNIX,
	    .is_local = addr_is_local(addr),
	};
	addr_format(addr, facts->address, sizeof(facts->address));
	if (listener_queue(addr, &facts->queue))
		facts->queue = (struct listen_queue){0};
	for (size_t i = 0; i < n && facts->n_processes < SERVER_PROCESSES_MAX; i++)
		facts->n_processes += read_process(pids[i], &facts->processes[facts->n_processes]);
}

void server_read(const struct addr *addr, struct server_facts *facts)
{
	pid_t pids[SERVER_PROCESSES_MAX];
	int n = listener_find(addr, pids, SERVER_PROCESSES_MAX);

	server_read_known(addr, pids, n > 0 ? (size_t)n : 0, facts);
}
