// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/fitness_fixture.h"

#include <stdio.h>

static void server(void **state)
{
	struct fixture *x = *state;

	x->server.n_processes = 0;
	expect_advice(x, "server", LEVEL_WARNING, "as root");
	assert_non_null(judge(x, "server-backlog"));
	assert_null(judge(x, "server-files"));
	x->server.queue.listeners = 0;
	expect_advice(x, "server", LEVEL_PROBLEM, "start the server");
	assert_null(judge(x, "server-backlog"));
	x->server.answers = true;
	expect_advice(x, "server", LEVEL_NOTE, "container");
	x->server.is_local = false;
	expect_advice(x, "server", LEVEL_NOTE, "there");
	assert_null(judge(x, "server-backlog"));
}

static void server_backlog(void **state)
{
	static const char nginx[] = "give nginx 'listen ... backlog=8191;' and start it again";
	struct fixture *x = *state;

	x->server.queue.backlog = 1024;
	expect_ok(x, "server-backlog");
	x->server.queue.backlog = 511;
	expect(x, "server-backlog", LEVEL_NOTE, "", nginx);
	/* 64 connections at a time are opened with keep-alive, by each thread */
	x->server.queue.backlog = 64;
	expect(x, "server-backlog", LEVEL_NOTE, "", nginx);
	x->needs.threads = 2;
	expect(x, "server-backlog", LEVEL_WARNING, "", nginx);
	x->needs.threads = 1;
	x->needs.keepalive = false;
	expect(x, "server-backlog", LEVEL_WARNING, "", nginx);
	x->server.is_unix = true;
	expect(x, "server-backlog", LEVEL_PROBLEM, "", nginx);
	x->needs.clients = 64;
	expect_ok(x, "server-backlog");
	/* more than the kernel allows: that first */
	x->needs.clients = 1024;
	x->facts.somaxconn = 128;
	snprintf(x->server.processes[0].comm, COMM_MAX, "php-fpm8.2");
	expect(x, "server-backlog", LEVEL_PROBLEM, "sudo sysctl -w net.core.somaxconn=8191",
	    "then give php-fpm8.2 'listen.backlog = 8191' and start it again");
	/* what the kernel allows is enough, if less than we would advise */
	x->facts.somaxconn = 4096;
	snprintf(x->server.processes[0].comm, COMM_MAX, "node");
	expect(x, "server-backlog", LEVEL_PROBLEM, "",
	    "start the server again with a backlog of 4096 for listen(2)");
}

static void server_files(void **state)
{
	static const char mend[] = "sudo prlimit --pid 100 --nofile=65536:131072";
	struct fixture *x = *state;

	x->server.processes[0].files.soft = 1088;
	expect_ok(x, "server-files");
	x->server.processes[0].files.soft = 1024;
	expect_mend(x, "server-files", LEVEL_WARNING, mend);
	x->server.processes[0].files.soft = 1023;
	expect_mend(x, "server-files", LEVEL_PROBLEM, mend);
	/* two processes share the clients, though not always evenly */
	x->server.n_processes = 2;
	x->server.processes[1] = good_process(200);
	expect_mend(x, "server-files", LEVEL_WARNING,
	    "for p in 100 200; do sudo prlimit --pid $p --nofile=65536:131072; done");
	x->server.processes[1].files.soft = -1;
	assert_null(judge(x, "server-files"));
}

static void server_cpus(void **state)
{
	struct fixture *x = *state;

	x->server.processes[0].cpus = cpus("0-3");
	expect_mend(x, "server-cpus", LEVEL_NOTE, "sudo taskset -acp 0-1 100");
	x->server.processes[0].cpus = cpus("0-2");
	expect_ok(x, "server-cpus");
	/* there is nothing to choose from */
	x->facts.allowed = x->server.processes[0].cpus = cpus("0");
	expect_ok(x, "server-cpus");
}

static void server_cpu_limit(void **state)
{
	struct fixture *x = *state;
	struct cpu_quota *quota = &x->server.processes[1].quota;

	x->server.n_processes = 2;
	x->server.processes[1] = good_process(200);
	*quota = (struct cpu_quota){.cores = 0.5, .file = "/sys/fs/cgroup/web/cpu.max"};
	expect_mend(x, "server-cpu-limit", LEVEL_WARNING, "echo max | sudo tee '/sys/fs/cgroup/web/cpu.max'");
	quota->cores = 1;
	expect_ok(x, "server-cpu-limit");
	quota->cores = 0.5;
	quota->is_outermost = true;
	expect_advice(x, "server-cpu-limit", LEVEL_WARNING, "without a CPU limit");
}

/* The largest server that is looked at: its commands are whole. */
static void many_processes(void **state)
{
	struct fixture *x = *state;
	const struct finding *f;

	x->server.n_processes = SERVER_PROCESSES_MAX;
	for (int i = 0; i < SERVER_PROCESSES_MAX; i++) {
		x->server.processes[i] = good_process(4194304 - i);
		x->server.processes[i].files.soft = 8;
	}
	f = judge(x, "server-files");
	assert_int_equal(f->level, LEVEL_PROBLEM);
	assert_string_equal(f->mend + strlen(f->mend) - 6, "; done");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    ON_FIXTURE(server),
	    ON_FIXTURE(server_backlog),
	    ON_FIXTURE(server_files),
	    ON_FIXTURE(server_cpus),
	    ON_FIXTURE(server_cpu_limit),
	    ON_FIXTURE(many_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
