// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/syscalls.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "observe/syscalls_bpf.h"

/* Made by bpftool from syscalls.bpf.c: it holds the program, and says what is in it. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-function"
#include <syscalls.skel.h>
#pragma GCC diagnostic pop

struct syscalls {
	struct syscalls_bpf *skeleton;
	size_t n_processes;
	struct process_facts *processes;
	const struct syscall_row *rows; /* ROWS_PER_PROCESS of each, mapped */
	size_t rows_bytes;
};

static int explain(int rc, struct err *err)
{
	if (access("/sys/kernel/btf/vmlinux", F_OK))
		return err_set(err, -ENOTSUP,
		    "cannot watch system calls: this kernel does not describe itself (no /sys/kernel/btf/vmlinux): use one with CONFIG_DEBUG_INFO_BTF, 5.18 or later");
	if (rc == -EPERM || rc == -EACCES)
		return err_set(err, rc,
		    "cannot watch system calls: BPF is not permitted here: run maxq as root, or with CAP_BPF and CAP_PERFMON");
	return err_set(err, rc,
	    "cannot watch system calls: BPF failed (%s): use a kernel of 5.18 or later with CONFIG_BPF_EVENTS",
	    strerror(-rc));
}

/* The calls whose first argument is to be looked at. */
static void set_kinds(struct syscalls_bpf *skeleton, const char *const *asks_kind, size_t n_kinds)
{
	for (size_t i = 0; i < n_kinds; i++) {
		int number = seccomp_syscall_resolve_name(asks_kind[i]);

		/* less than 0: of other architectures only */
		if (number >= 0 && number < SYSCALLS_MAX)
			skeleton->rodata->asks_kind[number] = true;
	}
}

/* Opens and loads it, for so many processes; nothing is attached yet. */
static int load(struct syscalls_bpf **skeleton, size_t n_processes, const char *const *asks_kind,
    size_t n_kinds, struct err *err)
{
	struct syscalls_bpf *s;
	int rc;

	libbpf_set_print(NULL);
	s = syscalls_bpf__open();
	if (!s)
		return explain(-errno, err);
	set_kinds(s, asks_kind, n_kinds);
	rc = bpf_map__set_max_entries(s->maps.rows, (unsigned)n_processes * ROWS_PER_PROCESS);
	if (!rc)
		rc = syscalls_bpf__load(s);
	if (rc) {
		syscalls_bpf__destroy(s);
		return explain(rc, err);
	}
	*skeleton = s;
	return 0;
}

int syscalls_check(struct err *err)
{
	struct syscalls_bpf *skeleton = NULL;
	int rc = load(&skeleton, 1, NULL, 0, err);

	if (rc || !skeleton)
		return rc;
	rc = syscalls_bpf__attach(skeleton);
	syscalls_bpf__destroy(skeleton);
	return rc ? explain(rc, err) : 0;
}

bool syscalls_knows(const char *name)
{
	return seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR;
}

/* Makes the process known to the programs, which know the others of its threads by that. One that has ended is left out. */
static int watch(struct syscalls *s, const struct process_facts *facts)
{
	struct thread fresh = {.process = (unsigned)s->n_processes, .is_new = true};
	int fd = (int)syscall(SYS_pidfd_open, facts->pid, 0), rc;

	if (fd < 0)
		return errno == ESRCH ? 0 : -errno;
	rc = bpf_map__update_elem(s->skeleton->maps.threads, &fd, sizeof(fd), &fresh, sizeof(fresh), BPF_ANY);
	close(fd);
	if (rc == -ENOENT || rc == -ESRCH)
		return 0;
	if (!rc)
		s->processes[s->n_processes++] = *facts;
	return rc;
}

static int map_rows(struct syscalls *s, size_t n_processes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t bytes = n_processes * ROWS_PER_PROCESS * sizeof(struct syscall_row);
	void *rows;

	s->rows_bytes = (bytes + page - 1) / page * page;
	rows = mmap(NULL, s->rows_bytes, PROT_READ, MAP_SHARED, bpf_map__fd(s->skeleton->maps.rows), 0);
	if (rows == MAP_FAILED)
		return -errno;
	s->rows = rows;
	return 0;
}

static int begin(struct syscalls *s, const struct procs *procs, size_t n, struct err *err)
{
	int rc = map_rows(s, n);

	for (size_t i = 0; i < n && !rc; i++)
		if (procs_alive(procs, i))
			rc = watch(s, procs_facts(procs, i));
	if (!rc)
		rc = syscalls_bpf__attach(s->skeleton);
	if (rc)
		return explain(rc, err);
	s->skeleton->bss->is_active = true;
	return 0;
}

int syscalls_begin(struct syscalls **syscalls, const struct procs *procs, const char *const *asks_kind,
    size_t n_kinds, struct err *err)
{
	size_t n = procs_count(procs);
	struct syscalls *s = calloc(1, sizeof(*s));
	int rc;

	if (!s) {
		err_set(err, -ENOMEM, "out of memory");
		return -ENOMEM;
	}
	s->processes = calloc(n + 1, sizeof(*s->processes));
	rc = s->processes ? load(&s->skeleton, n + 1, asks_kind, n_kinds, err)
			  : err_set(err, -ENOMEM, "out of memory");
	if (!rc && s->skeleton)
		rc = begin(s, procs, n, err);
	if (rc) {
		syscalls_free(s);
		return rc;
	}
	*syscalls = s;
	return 0;
}

static bool is_used(const struct syscall_row *row)
{
	return row->calls || row->system_ns || row->user_ns || row->off_ns || row->interrupt_ns;
}

static struct syscall_use use_of(const struct syscall_row *row, unsigned number, bool on_socket)
{
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)number);
	struct syscall_use use = {
	    .on_socket = on_socket,
	    .calls = row->calls,
	    .system_ns = (int64_t)row->system_ns,
	    .user_ns = (int64_t)row->user_ns,
	    .softirq_ns = (int64_t)row->softirq_ns,
	    .interrupt_ns = (int64_t)row->interrupt_ns,
	    .off_ns = (int64_t)row->off_ns,
	    .delay_ns = (int64_t)row->delay_ns,
	    .stolen_ns = row->stolen_ns,
	    .voluntary = row->voluntary,
	    .involuntary = row->involuntary,
	};

	if (name)
		snprintf(use.name, sizeof(use.name), "%s", name);
	else
		snprintf(use.name, sizeof(use.name), "syscall_%u", number);
	free(name);
	return use;
}

static int collect(const struct syscalls *s, size_t i, struct process_syscalls *process)
{
	const struct syscall_row *rows = s->rows + i * ROWS_PER_PROCESS;

	process->facts = s->processes[i];
	process->uses = calloc(ROWS_PER_PROCESS, sizeof(*process->uses));
	if (!process->uses)
		return -ENOMEM;
	for (unsigned row = 0; row < ROWS_PER_PROCESS; row++)
		if (is_used(&rows[row]))
			process->uses[process->n_uses++] = use_of(&rows[row], row / 2, row % 2);
	return 0;
}

int syscalls_end(struct syscalls *s, struct process_syscalls **processes, size_t *n, struct err *err)
{
	struct process_syscalls *list;
	int rc = 0;

	s->skeleton->bss->is_active = false;
	syscalls_bpf__detach(s->skeleton);
	list = calloc(s->n_processes + 1, sizeof(*list));
	for (size_t i = 0; list && i < s->n_processes && !rc; i++)
		rc = collect(s, i, &list[i]);
	if (!list || rc) {
		syscalls_release(list, s->n_processes);
		return err_set(err, -ENOMEM, "out of memory");
	}
	*processes = list;
	*n = s->n_processes;
	return 0;
}

void syscalls_release(struct process_syscalls *processes, size_t n)
{
	for (size_t i = 0; processes && i < n; i++)
		free(processes[i].uses);
	free(processes);
}

void syscalls_free(struct syscalls *s)
{
	if (!s)
		return;
	if (s->rows)
		munmap((void *)s->rows, s->rows_bytes);
	syscalls_bpf__destroy(s->skeleton);
	free(s->processes);
	free(s);
}
