// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/fitness_fixture.h"

static void a_good_machine(void **state)
{
	struct fixture *x = *state;

	judge(x, "");
	assert_int_equal(x->findings.n, 22);
	for (size_t i = 0; i < x->findings.n; i++) {
		const struct finding *f = &x->findings.list[i];

		assert_string_equal(level_name(f->level), "ok");
		assert_true(*f->found);
		assert_string_equal(f->effect, "");
		assert_string_equal(f->mend, "");
		assert_string_equal(f->advice, "");
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(f->name, x->findings.list[j].name);
	}
	assert_int_equal(findings_worst(&x->findings), LEVEL_OK);
}

static void unknown_facts_make_no_finding(void **state)
{
	struct fixture *x = *state;

	x->facts.files.soft = x->facts.file_max = x->facts.somaxconn = x->facts.syn_backlog = -1;
	x->facts.port_first = x->facts.memory_bytes = -1;
	x->facts.memory_pressure = -1;
	x->facts.turbo = TURBO_NONE;
	x->facts.clocksource[0] = '\0';
	assert_null(judge(x, "open-files"));
	assert_null(judge(x, "file-max"));
	assert_null(judge(x, "somaxconn"));
	assert_null(judge(x, "syn-backlog"));
	assert_null(judge(x, "ports"));
	assert_null(judge(x, "memory"));
	assert_null(judge(x, "memory-pressure"));
	assert_null(judge(x, "turbo"));
	assert_null(judge(x, "clocksource"));
	assert_int_equal(findings_worst(&x->findings), LEVEL_OK);
}

static void open_files(void **state)
{
	struct fixture *x = *state;

	x->facts.files = (struct file_limits){1024, 524288};
	expect_mend(x, "open-files", LEVEL_NOTE, "ulimit -Sn 65536");
	x->facts.files = (struct file_limits){1024, 4096};
	expect_mend(x, "open-files", LEVEL_NOTE, "ulimit -Sn 4096");
	x->facts.files = (struct file_limits){1024, 2112};
	expect_mend(x, "open-files", LEVEL_NOTE, "ulimit -Sn 2112");
	x->facts.files = (struct file_limits){1024, 2111};
	expect_mend(x, "open-files", LEVEL_WARNING, "sudo prlimit --pid $$ --nofile=65536:131072");
	x->facts.files = (struct file_limits){1024, 1088};
	expect_mend(x, "open-files", LEVEL_WARNING, "sudo prlimit --pid $$ --nofile=65536:131072");
	x->facts.files = (struct file_limits){1024, 1087};
	expect_mend(x, "open-files", LEVEL_PROBLEM, "sudo prlimit --pid $$ --nofile=65536:131072");
	/* more than the kernel lets anybody have */
	x->facts.nr_open = 65536;
	expect_mend(x, "open-files", LEVEL_PROBLEM,
	    "sudo sysctl -w fs.nr_open=131072 && sudo prlimit --pid $$ --nofile=65536:131072");
	x->facts.nr_open = 1048576;
	x->needs.clients = 100000;
	expect_mend(x, "open-files", LEVEL_PROBLEM, "sudo prlimit --pid $$ --nofile=200064:200064");
	x->facts.files = (struct file_limits){INT64_MAX, INT64_MAX};
	expect_ok(x, "open-files");
}

static void file_max(void **state)
{
	struct fixture *x = *state;

	x->facts.file_max = 6120;
	expect_ok(x, "file-max");
	x->facts.file_max = 6119;
	expect_mend(x, "file-max", LEVEL_WARNING, "sudo sysctl -w fs.file-max=1001000");
	x->facts.file_max = 1000 + 2047;
	expect_mend(x, "file-max", LEVEL_PROBLEM, "sudo sysctl -w fs.file-max=1001000");
}

static void somaxconn(void **state)
{
	struct fixture *x = *state;

	x->facts.somaxconn = 4096;
	expect_mend(x, "somaxconn", LEVEL_NOTE, "sudo sysctl -w net.core.somaxconn=8191");
	x->facts.somaxconn = 128;
	expect_mend(x, "somaxconn", LEVEL_WARNING, "sudo sysctl -w net.core.somaxconn=8191");
	x->needs.clients = 128;
	expect_mend(x, "somaxconn", LEVEL_NOTE, "sudo sysctl -w net.core.somaxconn=8191");
	x->needs.clients = 20000;
	x->facts.somaxconn = 8191;
	expect_mend(x, "somaxconn", LEVEL_WARNING, "sudo sysctl -w net.core.somaxconn=20000");
}

static void syn_backlog(void **state)
{
	struct fixture *x = *state;

	x->facts.syn_backlog = 1024;
	x->facts.syncookies = 0;
	expect_ok(x, "syn-backlog");
	x->facts.syn_backlog = 512;
	expect_mend(x, "syn-backlog", LEVEL_WARNING, "sudo sysctl -w net.ipv4.tcp_max_syn_backlog=8191");
	x->facts.syncookies = 1;
	expect_mend(x, "syn-backlog", LEVEL_NOTE, "sudo sysctl -w net.ipv4.tcp_max_syn_backlog=8191");
}

static void ports(void **state)
{
	static const char rst[] = "or close by RST, which leaves no TIME_WAIT: --close rst";
	static const char more[] = "sudo sysctl -w net.ipv4.ip_local_port_range=\"30000 65535\"";
	struct fixture *x = *state;

	/* with keep-alive a port for each client is enough, however long it stays in TIME_WAIT */
	x->facts.tw_reuse = 0;
	expect_ok(x, "ports");
	x->needs.keepalive = false;
	expect(x, "ports", LEVEL_PROBLEM, "sudo sysctl -w net.ipv4.tcp_tw_reuse=2", rst);
	/* 28232 ports, a minute each */
	assert_non_null(strstr(judge(x, "ports")->effect, "beyond 471 connections a second"));
	x->needs.reset = true;
	expect_ok(x, "ports");
	x->needs.reset = false;
	x->facts.tw_reuse = 2;
	expect_ok(x, "ports");
	/* without timestamps the kernel cannot reuse them */
	x->facts.timestamps = 0;
	expect(x, "ports", LEVEL_PROBLEM, "sudo sysctl -w net.ipv4.tcp_timestamps=1", rst);
	x->facts.timestamps = 1;
	x->needs.connections_per_s = 30000;
	expect(x, "ports", LEVEL_PROBLEM, more, rst);
	x->needs.keepalive = true;
	x->facts.port_last = x->facts.port_first + 1022;
	expect(x, "ports", LEVEL_PROBLEM, more, "or use a unix socket, which needs no port");
	x->facts.port_last++;
	expect_ok(x, "ports");
	/* a command that would not suffice, or make the range narrower, is none */
	x->needs.keepalive = false;
	x->needs.connections_per_s = 40000;
	expect(x, "ports", LEVEL_PROBLEM, "", rst);
	x->needs.connections_per_s = 30000;
	x->facts.port_first = 40000;
	x->facts.port_last = 65535;
	expect(x, "ports", LEVEL_PROBLEM, more, rst);
	x->facts.port_first = 1024;
	x->needs.connections_per_s = 70000;
	expect(x, "ports", LEVEL_PROBLEM, "", rst);
	x->needs.no_ports = true;
	assert_null(judge(x, "ports"));
}

static void memory(void **state)
{
	struct fixture *x = *state;

	x->facts.swap_used_bytes = INT64_C(1) << 30;
	expect_mend(x, "memory", LEVEL_NOTE, "sudo swapoff -a");
	/* there is no room for what is swapped out */
	x->facts.available_bytes = INT64_C(1) << 30;
	expect_advice(x, "memory", LEVEL_NOTE, "end what is not needed");
	x->facts.available_bytes = INT64_C(300) << 20;
	expect_advice(x, "memory", LEVEL_WARNING, "end what is not needed");
}

/* What root itself cannot do here is no command, but says who can. */
static void containers(void **state)
{
	static const char ulimit[] =
	    "not even root may raise it here: start the container with --ulimit nofile=65536:131072";
	struct fixture *x = *state;

	x->facts.files = (struct file_limits){64, 64};
	x->facts.somaxconn = 128;
	x->facts.file_max = 1001;
	x->facts.turbo = TURBO_INTEL;
	x->facts.tw_reuse = 0;
	x->needs.keepalive = false;
	x->server.processes[0].files.soft = 64;
	expect_mend(x, "somaxconn", LEVEL_WARNING, "sudo sysctl -w net.core.somaxconn=8191");
	x->facts.limits_fixed = x->facts.sysctl_fixed = x->facts.sys_fixed = true;
	expect(x, "open-files", LEVEL_PROBLEM, "", ulimit);
	expect(x, "server-files", LEVEL_PROBLEM, "", ulimit);
	expect(x, "somaxconn", LEVEL_WARNING, "",
	    "it is read-only here: start the container with --sysctl net.core.somaxconn=8191");
	expect(x, "file-max", LEVEL_PROBLEM, "",
	    "it is read-only here: on the container's host, sudo sysctl -w fs.file-max=1001000");
	expect(x, "turbo", LEVEL_NOTE, "",
	    "it is read-only here: on the container's host, echo 1 | sudo tee "
	    "/sys/devices/system/cpu/intel_pstate/no_turbo");
	expect(x, "ports", LEVEL_PROBLEM, "",
	    "it is read-only here: start the container with --sysctl net.ipv4.tcp_tw_reuse=2; or close by RST, "
	    "which leaves no TIME_WAIT: --close rst");
	/* a soft limit is everybody's to raise */
	x->facts.files = (struct file_limits){64, 524288};
	expect_mend(x, "open-files", LEVEL_NOTE, "ulimit -Sn 65536");
}

static void memory_of_a_group(void **state)
{
	struct fixture *x = *state;
	struct memory_limit *limit = &x->facts.memory_limit;

	*limit = (struct memory_limit){
	    .bytes = INT64_C(1024) << 20, .used_bytes = 5 << 20, .file = "/g/memory.max"};
	expect_ok(x, "memory-limit");
	limit->bytes--;
	expect_mend(x, "memory-limit", LEVEL_WARNING, "echo max | sudo tee '/g/memory.max'");
	limit->is_v1 = true;
	expect_mend(x, "memory-limit", LEVEL_WARNING, "echo -1 | sudo tee '/g/memory.max'");
	limit->is_outermost = true;
	expect_advice(x, "memory-limit", LEVEL_WARNING, "container");
	x->facts.memory_pressure = 0.01;
	expect_ok(x, "memory-pressure");
	x->facts.memory_pressure = 0.011;
	expect_advice(x, "memory-pressure", LEVEL_WARNING, "ps -e");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    ON_FIXTURE(a_good_machine),
	    ON_FIXTURE(unknown_facts_make_no_finding),
	    ON_FIXTURE(memory_of_a_group),
	    ON_FIXTURE(open_files),
	    ON_FIXTURE(file_max),
	    ON_FIXTURE(somaxconn),
	    ON_FIXTURE(syn_backlog),
	    ON_FIXTURE(ports),
	    ON_FIXTURE(memory),
	    ON_FIXTURE(containers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
