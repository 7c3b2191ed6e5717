// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/fitness_fixture.h"

#include <stdio.h>

static void placement(void **state)
{
	struct fixture *x = *state;

	x->needs.generator = cpus("0-1");
	expect_advice(x, "cpus", LEVEL_WARNING, "--generator-cpus");
	x->needs.generator = cpus("1");
	expect_ok(x, "cpus");
	x->facts.allowed = cpus("0-1");
	expect_mend(x, "cpus", LEVEL_NOTE, "taskset -cp 0-3 $$");
	x->facts.cpuset = cpus("0-1");
	expect_advice(x, "cpus", LEVEL_NOTE, "--cpuset-cpus");
	x->facts.allowed = cpus("0");
	expect_advice(x, "cpus", LEVEL_WARNING, "two CPUs or more");
}

static void smt(void **state)
{
	struct fixture *x = *state;

	/* 0 and 2 are threads of one core, 1 and 3 of the other */
	x->facts.core_of[2] = 0;
	x->facts.core_of[3] = 1;
	expect_advice(x, "smt", LEVEL_WARNING, "add --generator-cpus 1,3");
	assert_non_null(strstr(judge(x, "smt")->found, "0,2"));
	x->facts.smt_switchable = true;
	expect(x, "smt", LEVEL_WARNING, "echo off | sudo tee /sys/devices/system/cpu/smt/control",
	    "add --generator-cpus 1,3");
	x->needs.generator = cpus("1,3");
	expect_ok(x, "smt");
	/* the only core: without its second thread there would be one CPU */
	x->facts.allowed = cpus("0,2");
	x->needs.generator = cpus("2");
	expect_advice(x, "smt", LEVEL_WARNING, "two cores or more");
}

static void governor(void **state)
{
	struct fixture *x = *state;

	x->facts.slow = cpus("2-3");
	snprintf(x->facts.governor, sizeof(x->facts.governor), "schedutil");
	expect_mend(x, "governor", LEVEL_WARNING,
	    "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor");
	assert_string_equal(judge(x, "governor")->found, "schedutil on CPUs 2-3");
	CPU_ZERO(&x->facts.governed);
	CPU_ZERO(&x->facts.slow);
	expect_ok(x, "governor");
}

static void turbo(void **state)
{
	struct fixture *x = *state;

	x->facts.turbo = TURBO_INTEL;
	expect_mend(
	    x, "turbo", LEVEL_NOTE, "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo");
	x->facts.turbo = TURBO_BOOST;
	expect_mend(x, "turbo", LEVEL_NOTE, "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost");
}

static void clocksource(void **state)
{
	struct fixture *x = *state;

	snprintf(x->facts.clocksource, sizeof(x->facts.clocksource), "kvm-clock");
	expect_ok(x, "clocksource");
	snprintf(x->facts.clocksource, sizeof(x->facts.clocksource), "acpi_pm");
	expect_mend(x, "clocksource", LEVEL_WARNING,
	    "echo tsc | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource");
	snprintf(x->facts.clocksources, sizeof(x->facts.clocksources), "kvm-clock acpi_pm");
	expect_mend(x, "clocksource", LEVEL_WARNING,
	    "echo kvm-clock | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource");
	/* a name that only contains the word is another one */
	snprintf(
	    x->facts.clocksources, sizeof(x->facts.clocksources), "hyperv_clocksource_tsc_page acpi_pm ");
	expect_advice(x, "clocksource", LEVEL_WARNING, "dmesg");
}

static void cpu_limit(void **state)
{
	struct fixture *x = *state;

	x->facts.quota = (struct cpu_quota){.cores = 4, .file = "/sys/fs/cgroup/a\\x2db.service/cpu.max"};
	expect_ok(x, "cpu-limit");
	x->facts.quota.cores = 1.5;
	expect_mend(
	    x, "cpu-limit", LEVEL_PROBLEM, "echo max | sudo tee '/sys/fs/cgroup/a\\x2db.service/cpu.max'");
	x->facts.quota.is_v1 = true;
	expect_mend(
	    x, "cpu-limit", LEVEL_PROBLEM, "echo -1 | sudo tee '/sys/fs/cgroup/a\\x2db.service/cpu.max'");
	x->facts.quota.is_outermost = true;
	expect_advice(x, "cpu-limit", LEVEL_PROBLEM, "without a CPU limit");
	/* a name that would end the quotes is not put into a command */
	x->facts.quota = (struct cpu_quota){.cores = 1.5, .file = "/sys/fs/cgroup/a'; reboot; '/cpu.max"};
	expect_advice(x, "cpu-limit", LEVEL_PROBLEM, "write max into that file");
}

static void virtual_machine(void **state)
{
	struct fixture *x = *state;

	x->facts.is_virtual = true;
	expect_advice(x, "virtual-machine", LEVEL_NOTE, "costs");
}

static void steal(void **state)
{
	struct fixture *x = *state;

	x->since_boot.steal_ns = 20000;
	expect_advice(x, "steal", LEVEL_NOTE, "ask the provider");
	x->since_boot.steal_ns = 0;
	x->sample.host = (struct host_cpu){.busy_ns = 200, .idle_ns = 99301, .steal_ns = 499};
	expect_ok(x, "steal");
	x->sample.host = (struct host_cpu){.busy_ns = 200, .idle_ns = 99200, .steal_ns = 600};
	expect_advice(x, "steal", LEVEL_PROBLEM, "ask the provider");
	/* without a sample there is the past only */
	x->findings.n = 0;
	judge_steal(&x->since_boot, NULL, &x->findings);
	assert_int_equal(x->findings.list[0].level, LEVEL_OK);
	/* a machine that tells nothing */
	x->since_boot = (struct host_cpu){0};
	judge_steal(&x->since_boot, NULL, &x->findings);
	assert_int_equal(x->findings.list[1].level, LEVEL_OK);
}

static void other_processes(void **state)
{
	struct fixture *x = *state;

	x->sample.n_busy = 2;
	x->sample.busy[0] = (struct other_process){"backup", 7, 0.3};
	x->sample.busy[1] = (struct other_process){"cron", 8, 0.04};
	x->sample.busy_cores = 0.35;
	expect(x, "other-processes", LEVEL_PROBLEM, "", "end them, or wait until they have ended");
	assert_string_equal(judge(x, "other-processes")->found, "0.35 cores busy: backup (7) 0.30");
	x->sample.busy[1].busy = 0.2;
	x->sample.busy_cores = 0.5;
	expect(x, "other-processes", LEVEL_PROBLEM, "", "end them, or wait until they have ended");
	assert_string_equal(
	    judge(x, "other-processes")->found, "0.50 cores busy: backup (7) 0.30, cron (8) 0.20");
	x->sample.n_busy = 0;
	expect_advice(x, "other-processes", LEVEL_WARNING, "top");
	x->sample.busy_cores = 0.4;
	expect_ok(x, "other-processes");
	x->sample.n_busy = 1;
	x->sample.busy[0].busy = x->sample.busy_cores = 0.04;
	expect_ok(x, "other-processes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    ON_FIXTURE(placement),
	    ON_FIXTURE(smt),
	    ON_FIXTURE(governor),
	    ON_FIXTURE(turbo),
	    ON_FIXTURE(clocksource),
	    ON_FIXTURE(cpu_limit),
	    ON_FIXTURE(virtual_machine),
	    ON_FIXTURE(steal),
	    ON_FIXTURE(other_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
