// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/samples_open.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/pids.h"

/* 512 KiB of each ring: what an ordinary user may lock (kernel.perf_event_mlock_kb). */
enum { RING_PAGES = 128, FDS_MAX = 8192 };

static int open_clock(pid_t tid, int cpu, unsigned frequency_hz, bool all)
{
	struct perf_event_attr attr = {
	    .size = sizeof(attr),
	    .type = PERF_TYPE_SOFTWARE,
	    .config = PERF_COUNT_SW_CPU_CLOCK,
	    .sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_CALLCHAIN,
	    .sample_period = (uint64_t)(NS_PER_S / frequency_hz), /* ns of the clock */
	    .disabled = 1,
	    .inherit = !all,
	    .exclude_kernel = !all,
	    .exclude_hv = 1,
	    .exclude_idle = 1,
	    .comm = 1,
	    .comm_exec = 1,
	    .task = 1,
	    .sample_max_stack = SAMPLES_DEPTH_MAX,
	};

	return (int)syscall(SYS_perf_event_open, &attr, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/* Keeps an open event, whose records go into the CPU's ring, which the first of them makes: 0 or negative errno. */
static int keep(struct samples_events *e, struct samples_ring *ring, int fd)
{
	int *fds;

	if (e->n_fds == FDS_MAX) {
		close(fd);
		return -EMFILE;
	}
	fds = realloc(e->fds, (e->n_fds + 1) * sizeof(*fds));
	if (!fds) {
		close(fd);
		return -ENOMEM;
	}
	e->fds = fds;
	e->fds[e->n_fds++] = fd;
	if (!ring->ring.page) {
		ring->fd = fd;
		return perf_ring_map(&ring->ring, fd, RING_PAGES);
	}
	return ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, ring->fd) ? -errno : 0;
}

static int complain(int rc, struct err *err)
{
	char paranoid[16] = "?";

	if (file_read_text("/proc/sys/kernel/perf_event_paranoid", paranoid, sizeof(paranoid)) > 0)
		paranoid[strcspn(paranoid, "\n")] = '\0';
	if (rc == -EACCES || rc == -EPERM)
		return err_set(err, rc,
		    "cannot sample functions: this user may not (kernel.perf_event_paranoid is %s): run maxq as root, "
		    "or set that to 2",
		    paranoid);
	if (rc == -ENOSYS)
		return err_set(err, rc, "cannot sample functions: this kernel has no perf events");
	if (rc == -EMFILE)
		return err_set(err, rc,
		    "cannot sample functions: too many threads for the limit of open files: raise 'ulimit -n'");
	return err_set(err, rc, "cannot sample functions: %s", strerror(-rc));
}

/* One event for each CPU. */
static int open_all(struct samples_events *e, unsigned frequency_hz, struct python_bpf *bpf, struct err *err)
{
	e->all = true;
	for (size_t i = 0; i < e->n_rings; i++) {
		struct samples_ring *ring = &e->rings[i];
		int fd = open_clock(-1, ring->cpu, frequency_hz, true);
		int rc = fd < 0 ? -errno : keep(e, ring, fd);

		if (!rc && bpf)
			rc = python_bpf_attach(bpf, fd, ring->cpu, &ring->bpf_id, err);
		if (rc)
			return rc;
	}
	return 0;
}

/* One for each thread on each CPU: an event that is inherited has a ring only when it is of one CPU. */
static int open_thread(struct samples_events *e, pid_t tid, unsigned frequency_hz)
{
	for (size_t i = 0; i < e->n_rings; i++) {
		int fd = open_clock(tid, e->rings[i].cpu, frequency_hz, false);
		int rc = fd < 0 ? -errno : keep(e, &e->rings[i], fd);

		if (rc == -ESRCH) /* it has ended */
			return 0;
		if (rc)
			return rc;
	}
	return 0;
}

static int open_threads(
    struct samples_events *e, const struct process_facts *const *processes, size_t n, unsigned frequency_hz)
{
	pid_t tids[PIDS_MAX];
	int rc = 0;

	e->all = false;
	for (size_t i = 0; i < n && !rc; i++) {
		int n_tids = pids_threads(processes[i]->pid, tids);

		for (int t = 0; t < n_tids && !rc; t++)
			rc = open_thread(e, tids[t], frequency_hz);
	}
	return rc;
}

static void close_events(struct samples_events *e)
{
	for (size_t i = 0; i < e->n_rings; i++)
		perf_ring_unmap(&e->rings[i].ring);
	for (size_t i = 0; i < e->n_fds; i++)
		close(e->fds[i]);
	free(e->fds);
	e->fds = NULL;
	e->n_fds = 0;
}

int samples_events_open(struct samples_events *e, const struct process_facts *const *processes, size_t n,
    const cpu_set_t *cpus, unsigned frequency_hz, struct python_bpf *bpf, struct err *err)
{
	struct err why = {.msg = ""};
	int rc;

	*e = (struct samples_events){0};
	e->rings = calloc(CPU_SETSIZE, sizeof(*e->rings));
	if (!e->rings)
		return err_set(err, -ENOMEM, "out of memory");
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, cpus))
			e->rings[e->n_rings++].cpu = cpu;
	rc = open_all(e, frequency_hz, bpf, &why);
	if (rc == -EACCES || rc == -EPERM) {
		close_events(e);
		rc = open_threads(e, processes, n, frequency_hz);
	}
	if (rc) {
		samples_events_close(e);
		return *why.msg ? err_set(err, rc, "cannot sample functions: %s", why.msg)
				: complain(rc, err);
	}
	return 0;
}

void samples_events_close(struct samples_events *e)
{
	close_events(e);
	free(e->rings);
	*e = (struct samples_events){0};
}

void samples_events_switch(const struct samples_events *e, bool on)
{
	for (size_t i = 0; i < e->n_fds; i++)
		ioctl(e->fds[i], on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE, 0);
}
