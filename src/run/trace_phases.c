// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/trace_phases.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/phases.h"
#include "base/clock.h"
#include "observe/syscalls.h"
#include "stack/catalog.h"
#include "stack/phasefile.h"

/* When a load is over, the server still has to see that its connections were closed, and to close them. */
static const int64_t settle_ns = 50 * NS_PER_MS;

struct phase_tracer {
	struct tracer tracer; /* the head */
	struct phasefile *file;
	struct phase_map map;
	struct phase_rule *rules;
	const char **kinds; /* the calls that are asked on what they were done */
	size_t n_kinds;
	struct traced traced;
	/* of the load that is being watched */
	struct syscalls *syscalls;
	struct cpu_then {
		pid_t pid;
		uint64_t start_ticks;
		int64_t cpu_ns;
	} * before;
	size_t n_before;
	int64_t begun_ns;
};

static struct phase_tracer *of(struct tracer *tracer)
{
	return (struct phase_tracer *)tracer; /* its first member */
}

/* The user's file, or that of the catalog; one of the user's own need not have it. */
static int read_file(struct phasefile **file, const struct plan *plan, struct err *err)
{
	char catalog[CATALOG_PATH_MAX], path[CATALOG_PATH_MAX + 32];
	int rc = catalog_find(plan->catalog, catalog, sizeof(catalog), err);

	snprintf(path, sizeof(path), "%s/phases.yaml", catalog);
	if (!rc && access(path, F_OK))
		rc = catalog_find(NULL, catalog, sizeof(catalog), err);
	if (rc && !plan->phases)
		return rc;
	return phasefile_load(file, plan->phases, catalog, PHASES_MAX, PHASE_NAME_MAX, err);
}

static int add_rules(struct phase_tracer *t, unsigned phase, char *const *calls, unsigned n,
    bool sockets_only, struct err *err)
{
	for (unsigned i = 0; i < n; i++) {
		if (!syscalls_knows(calls[i]))
			return err_set(err, -EINVAL, "phase '%s': there is no system call '%.32s'",
			    t->file->phases[phase].name, calls[i]);
		t->rules[t->map.n_rules++] =
		    (struct phase_rule){.call = calls[i], .sockets_only = sockets_only, .phase = phase};
		if (sockets_only)
			t->kinds[t->n_kinds++] = calls[i];
	}
	return 0;
}

/* From the file to a map. */
static int make_map(struct phase_tracer *t, struct err *err)
{
	size_t n = 0;
	int rc = 0;

	for (unsigned i = 0; i < t->file->phases_count; i++)
		n += t->file->phases[i].syscalls_count + t->file->phases[i].on_sockets_count;
	t->rules = calloc(n + 1, sizeof(*t->rules));
	t->kinds = calloc(n + 1, sizeof(*t->kinds));
	if (!t->rules || !t->kinds)
		return err_set(err, -ENOMEM, "out of memory");
	t->map.rules = t->rules;
	t->map.n_phases = t->file->phases_count;
	t->map.rest = (unsigned)phasefile_find(t->file, t->file->rest);
	for (unsigned i = 0; i < t->file->phases_count && !rc; i++) {
		const struct phasefile_phase *phase = &t->file->phases[i];

		snprintf(t->map.phases[i].name, PHASE_NAME_MAX, "%s", phase->name);
		t->map.phases[i].user = phase->user ? (unsigned)phasefile_find(t->file, phase->user) : i;
		rc = add_rules(t, i, phase->syscalls, phase->syscalls_count, false, err);
		if (!rc)
			rc = add_rules(t, i, phase->on_sockets, phase->on_sockets_count, true, err);
	}
	return rc;
}

/* Notes where the clocks of all processes stand. */
static int read_before(struct phase_tracer *t, struct procs *procs)
{
	size_t n = procs_count(procs);
	struct process_cpu *cpu = calloc(n + 1, sizeof(*cpu));

	t->before = calloc(n + 1, sizeof(*t->before));
	t->n_before = 0;
	if (!cpu || !t->before) {
		free(cpu);
		return -ENOMEM;
	}
	procs_read(procs, cpu);
	for (size_t i = 0; i < n; i++)
		t->before[t->n_before++] = (struct cpu_then){.pid = procs_facts(procs, i)->pid,
		    .start_ticks = procs_facts(procs, i)->start_ticks,
		    .cpu_ns = cpu[i].total_ns};
	free(cpu);
	return 0;
}

/* A process that was not there had used nothing. */
static int64_t cpu_before(const struct phase_tracer *t, const struct process_facts *facts)
{
	for (size_t i = 0; i < t->n_before; i++)
		if (t->before[i].pid == facts->pid && t->before[i].start_ticks == facts->start_ticks)
			return t->before[i].cpu_ns;
	return 0;
}

static void end_load(struct phase_tracer *t)
{
	syscalls_free(t->syscalls);
	free(t->before);
	t->syscalls = NULL;
	t->before = NULL;
}

static int phases_begin(struct tracer *tracer, struct procs *procs, struct err *err)
{
	struct phase_tracer *t = of(tracer);
	int rc = read_before(t, procs);

	if (rc)
		err_set(err, rc, "out of memory");
	else
		rc = syscalls_begin(&t->syscalls, procs, t->kinds, t->n_kinds, err);
	t->begun_ns = clock_ns();
	if (rc)
		end_load(t);
	return rc;
}

/* Which of the traced processes is charged for this one: itself, or the first of its component for one that came later. */
static size_t who_pays(const struct process_syscalls *did, size_t n, const struct process_facts *facts)
{
	for (size_t i = 0; i < n; i++)
		if (did[i].facts.pid == facts->pid && did[i].facts.start_ticks == facts->start_ticks)
			return i;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(did[i].facts.component, facts->component))
			return i;
	return n;
}

/* Adds what was traced to what was before, with the CPU time by the clocks of the same processes. */
static int add_load(struct phase_tracer *t, const struct procs *procs, const struct process_cpu *now,
    const struct process_syscalls *did, size_t n)
{
	int64_t *cpu_ns = calloc(n + 1, sizeof(*cpu_ns));
	int rc = cpu_ns ? 0 : -ENOMEM;

	for (size_t i = 0; i < procs_count(procs) && !rc; i++) {
		const struct process_facts *facts = procs_facts(procs, i);

		cpu_ns[who_pays(did, n, facts)] += now[i].total_ns - cpu_before(t, facts);
	}
	for (size_t i = 0; i < n && !rc; i++)
		rc = traced_add(&t->traced, &did[i], cpu_ns[i]);
	free(cpu_ns);
	return rc;
}

static int phases_end(
    struct tracer *tracer, struct procs *procs, const struct step_sample *sample, struct err *err)
{
	struct phase_tracer *t = of(tracer);
	struct process_syscalls *did = NULL;
	struct process_cpu *now;
	size_t n = 0;
	int rc;

	clock_sleep_until(clock_ns() + settle_ns);
	rc = syscalls_end(t->syscalls, &did, &n, err);
	procs_refresh(procs);
	now = calloc(procs_count(procs) + 1, sizeof(*now));
	if (!rc && now) {
		procs_read(procs, now);
		t->traced.requests += sample->counts.completed;
		t->traced.elapsed_ns += clock_ns() - t->begun_ns;
		rc = add_load(t, procs, now, did, n);
	}
	if (!now || rc == -ENOMEM)
		rc = err_set(err, -ENOMEM, "out of memory");
	free(now);
	syscalls_release(did, n);
	end_load(t);
	return rc;
}

static int phases_tell(struct tracer *tracer, const struct step *untraced, const struct step *traced,
    struct result *result, struct err *err)
{
	struct phase_tracer *t = of(tracer);

	phases_free(result->phases);
	result->phases = phases_make(&t->traced, &t->map, untraced, traced);
	return result->phases ? 0 : err_set(err, -ENOMEM, "out of memory");
}

static void phases_tracer_free(struct tracer *tracer)
{
	struct phase_tracer *t = of(tracer);

	end_load(t);
	traced_release(&t->traced);
	free(t->rules);
	free(t->kinds);
	phasefile_free(t->file);
	free(t);
}

int trace_phases_new(struct tracer **tracer, const struct plan *plan, struct err *err)
{
	struct phase_tracer *t = calloc(1, sizeof(*t));
	int rc;

	if (!t) {
		err_set(err, -ENOMEM, "out of memory");
		return -ENOMEM;
	}
	t->tracer = (struct tracer){.name = "phases",
	    .begin = phases_begin,
	    .end = phases_end,
	    .tell = phases_tell,
	    .free = phases_tracer_free};
	rc = read_file(&t->file, plan, err);
	if (!rc)
		rc = make_map(t, err);
	if (rc)
		phases_tracer_free(&t->tracer);
	else
		*tracer = &t->tracer;
	return rc;
}

int trace_phases_check(const struct plan *plan, struct err *err)
{
	struct tracer *tracer;
	int rc = trace_phases_new(&tracer, plan, err);

	if (rc)
		return rc;
	tracer->free(tracer);
	return syscalls_check(err);
}
