// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/checks.h"
#include "analysis/fitness.h"
#include "base/cpus.h"

/* Processes that do too little to be named are too many together at this share of all CPUs. */
static const double busy_all = 0.10;

/* CPUs that remain for the generator when the server's cores are its own alone. */
static void other_cores(const struct machine_facts *facts, const cpu_set_t *server, cpu_set_t *others)
{
	*others = facts->allowed;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		for (int s = 0; s < CPU_SETSIZE && CPU_ISSET(cpu, others); s++)
			if (CPU_ISSET(s, server) && facts->core_of[s] == facts->core_of[cpu])
				CPU_CLR(cpu, others);
}

/* Fewer CPUs than the machine has: by a control group, or by what this process was started with. */
static void judge_fewer(const struct machine_facts *facts, struct finding *f)
{
	cpu_set_t beyond = facts->online;
	char all[CPUS_TEXT_MAX];

	cpus_subtract(&beyond, &facts->allowed);
	if (!CPU_COUNT(&facts->online) || !CPU_COUNT(&beyond))
		return;
	cpus_format(&facts->online, all, sizeof(all));
	finding_wanted(f, "%.200s", all);
	finding_judge(f, LEVEL_NOTE,
	    "what others do on the machine's other CPUs still shares caches, memory and power with this");
	if (CPU_COUNT(&facts->cpuset) && !CPU_EQUAL(&facts->cpuset, &facts->online))
		finding_advice(f,
		    "start the container or unit with more CPUs (docker run --cpuset-cpus, systemd AllowedCPUs=)");
	else
		finding_mend(f, "taskset -cp %.200s $$", all);
}

static void judge_placement(
    const struct machine_facts *facts, const struct fitness_needs *needs, struct findings *findings)
{
	struct finding *f = findings_add(findings, "cpus");
	char allowed[CPUS_TEXT_MAX], generator[CPUS_TEXT_MAX], server[CPUS_TEXT_MAX];

	cpus_format(&facts->allowed, allowed, sizeof(allowed));
	cpus_format(&needs->generator, generator, sizeof(generator));
	cpus_format(&needs->server, server, sizeof(server));
	finding_found(f, "%.100s%s%.100s%s%.100s", allowed, *generator ? ", generator on " : "", generator,
	    *server ? ", server on " : "", server);
	if (CPU_COUNT(&facts->allowed) < 2) {
		finding_wanted(f, "2 CPUs");
		finding_judge(f, LEVEL_WARNING,
		    "server and generator share one CPU: throughput is that of both, and only the cost is the server's");
		finding_advice(f, "measure on a machine with two CPUs or more, or compare costs only");
	} else if (cpus_overlap(&needs->generator, &needs->server)) {
		finding_wanted(f, "CPUs of their own for generator and server");
		finding_judge(
		    f, LEVEL_WARNING, "the generator takes CPU time from the server that it measures");
		finding_advice(f, "name others by --generator-cpus or --server-cpus");
	} else {
		judge_fewer(facts, f);
	}
}

static void judge_smt(
    const struct machine_facts *facts, const struct fitness_needs *needs, struct findings *findings)
{
	char text[CPUS_TEXT_MAX];
	cpu_set_t shared, others;
	struct finding *f;

	if (!CPU_COUNT(&facts->online))
		return;
	CPU_ZERO(&shared);
	for (int g = 0; g < CPU_SETSIZE; g++)
		for (int s = 0; s < CPU_SETSIZE && CPU_ISSET(g, &needs->generator); s++)
			if (g != s && CPU_ISSET(s, &needs->server) &&
			    facts->core_of[g] == facts->core_of[s]) {
				CPU_SET(g, &shared);
				CPU_SET(s, &shared);
			}
	f = findings_add(findings, "smt");
	if (!CPU_COUNT(&shared)) {
		finding_found(f, "no core is shared by generator and server");
		return;
	}
	cpus_format(&shared, text, sizeof(text));
	finding_found(f, "CPUs %.200s are threads of cores that generator and server share", text);
	finding_wanted(f, "cores of their own");
	finding_judge(f, LEVEL_WARNING,
	    "two threads of a core slow each other down: cost grows with the load, up to double");
	other_cores(facts, &needs->server, &others);
	cpus_format(&others, text, sizeof(text));
	if (CPU_COUNT(&others))
		finding_advice(f, "add --generator-cpus %.200s", text);
	else
		finding_advice(f, "use a machine with two cores or more");
	if (CPU_COUNT(&others) && facts->smt_switchable)
		finding_mend(f, "echo off | sudo tee /sys/devices/system/cpu/smt/control");
}

static void judge_governor(const struct machine_facts *facts, struct findings *findings)
{
	struct finding *f = findings_add(findings, "governor");
	char slow[CPUS_TEXT_MAX];

	if (!CPU_COUNT(&facts->governed)) {
		finding_found(f, "the CPUs' frequency is not set from here");
		return;
	}
	finding_found(f, "%s", facts->governor);
	if (!CPU_COUNT(&facts->slow))
		return;
	cpus_format(&facts->slow, slow, sizeof(slow));
	finding_found(f, "%s on CPUs %.200s", facts->governor, slow);
	finding_wanted(f, "performance");
	finding_judge(
	    f, LEVEL_WARNING, "the clock follows the load: a request costs more at low load than at high");
	finding_mend(f, "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor");
}

static void judge_turbo(const struct machine_facts *facts, struct findings *findings)
{
	struct finding *f;

	if (facts->turbo == TURBO_NONE)
		return;
	f = findings_add(findings, "turbo");
	finding_found(f, "%s", facts->turbo == TURBO_OFF ? "off" : "on");
	if (facts->turbo == TURBO_OFF)
		return;
	finding_wanted(f, "off, to repeat a result closely");
	finding_judge(f, LEVEL_NOTE, "the clock depends on heat, and on how many cores are busy");
	if (facts->turbo == TURBO_INTEL)
		finding_mend(f, "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo");
	else
		finding_mend(f, "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost");
}

/* True if `name` is a word of the text. */
static bool has_word(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
		if ((at == text || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	return false;
}

static void judge_clocksource(const struct machine_facts *facts, struct findings *findings)
{
	/* those that no library can read without a system call, and most of them only over a slow bus */
	static const char slow[] = "hpet acpi_pm jiffies refined-jiffies pit";
	struct finding *f;

	if (!*facts->clocksource)
		return;
	f = findings_add(findings, "clocksource");
	finding_found(f, "%s", facts->clocksource);
	if (!has_word(slow, facts->clocksource))
		return;
	finding_wanted(f, "tsc, or the hypervisor's own");
	finding_judge(f, LEVEL_WARNING,
	    "to read the time, once a response, is a system call of a microsecond or more: the generator is slower");
	if (has_word(facts->clocksources, "tsc"))
		finding_mend(f,
		    "echo tsc | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource");
	else if (has_word(facts->clocksources, "kvm-clock"))
		finding_mend(f,
		    "echo kvm-clock | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource");
	else
		finding_advice(f,
		    "the kernel does not trust this CPU's own counter: 'sudo dmesg | grep -i tsc' says why");
}

void mend_quota(const struct cpu_quota *quota, const char *outermost, struct finding *finding)
{
	if (quota->is_outermost)
		finding_advice(finding, "%s", outermost);
	else if (strchr(quota->file, '\''))
		finding_advice(finding, "write %s into that file", quota->is_v1 ? "-1" : "max");
	else /* names of groups have spaces and backslashes */
		finding_mend(
		    finding, "echo %s | sudo tee '%.500s'", quota->is_v1 ? "-1" : "max", quota->file);
}

static void judge_quota(const struct machine_facts *facts, struct findings *findings)
{
	const struct cpu_quota *quota = &facts->quota;
	struct finding *f = findings_add(findings, "cpu-limit");

	if (!isfinite(quota->cores)) {
		finding_found(f, "none");
		return;
	}
	finding_found(f, "%.4g cores, by '%.250s'", quota->cores, quota->file);
	if (quota->cores >= CPU_COUNT(&facts->allowed))
		return;
	finding_wanted(f, "none below %d cores", CPU_COUNT(&facts->allowed));
	finding_judge(f, LEVEL_PROBLEM,
	    "what is over the limit stands still until the next period: the limit is measured, not the server");
	mend_quota(quota,
	    "start the container without a CPU limit (docker run without --cpus, Kubernetes without limits.cpu)",
	    f);
}

static void judge_virtual(const struct machine_facts *facts, struct findings *findings)
{
	struct finding *f = findings_add(findings, "virtual-machine");

	if (!facts->is_virtual) {
		finding_found(f, "no");
		return;
	}
	finding_found(f, "yes");
	finding_wanted(f, "a machine of one's own");
	finding_judge(
	    f, LEVEL_NOTE, "other guests share caches, memory and power, and sometimes CPUs (steal)");
	finding_advice(
	    f, "compare costs rather than throughput, and within one run rather than between days");
}

void judge_cpus(
    const struct machine_facts *facts, const struct fitness_needs *needs, struct findings *findings)
{
	judge_placement(facts, needs, findings);
	judge_smt(facts, needs, findings);
	judge_governor(facts, findings);
	judge_turbo(facts, findings);
	judge_clocksource(facts, findings);
	judge_quota(facts, findings);
	judge_virtual(facts, findings);
}

void judge_steal(
    const struct host_cpu *since_boot, const struct machine_sample *sample, struct findings *findings)
{
	static const char advice[] =
	    "ask the provider for CPUs of your own, or measure elsewhere or at another time";
	double wanted_ns = (double)(since_boot->busy_ns + since_boot->steal_ns);
	double boot = wanted_ns > 0 ? (double)since_boot->steal_ns / wanted_ns : 0, now = 0;
	struct finding *f = findings_add(findings, "steal");

	if (sample) {
		const struct host_cpu *h = &sample->host;
		double all_ns = (double)(h->busy_ns + h->idle_ns + h->steal_ns);

		now = all_ns > 0 ? (double)h->steal_ns / all_ns : 0;
		finding_found(f, "%.2f %% of all CPU time now, %.1f %% of what was wanted since boot",
		    100 * now, 100 * boot);
	} else {
		finding_found(f, "%.1f %% of the CPU time that was wanted since boot", 100 * boot);
	}
	if (now <= STEAL_MAX && boot <= STEAL_MAX)
		return;
	finding_wanted(f, "at most %.1f %%", 100 * STEAL_MAX);
	finding_advice(f, advice);
	if (now > STEAL_MAX)
		finding_judge(f, LEVEL_PROBLEM,
		    "the hypervisor gives our CPUs to others: throughput is theirs as much as the server's");
	else
		finding_judge(
		    f, LEVEL_NOTE, "it can come again under load, and is then measured in every step");
}

void judge_busy(const struct machine_sample *sample, unsigned cpus, struct findings *findings)
{
	struct finding *f = findings_add(findings, "other-processes");
	char names[256] = "";
	size_t used = 0;

	for (unsigned i = 0; i < sample->n_busy && sample->busy[i].busy > OTHERS_BUSY_MAX; i++) {
		const struct other_process *p = &sample->busy[i];

		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s (%d) %.2f", i ? ", " : "",
		    p->comm, (int)p->pid, p->busy);
	}
	finding_found(f, "%.2f cores busy%s%s", sample->busy_cores, used ? ": " : "", names);
	if (!used && sample->busy_cores <= busy_all * cpus)
		return;
	finding_wanted(f, "none over %.2f of a core", OTHERS_BUSY_MAX);
	finding_judge(f, used ? LEVEL_PROBLEM : LEVEL_WARNING,
	    "they take CPU time from the server and the generator, at times of their own");
	if (used) /* no command: who knows whose work it is */
		finding_advice(f, "end them, or wait until they have ended");
	else
		finding_advice(f, "many that do little: 'top' shows them");
}
