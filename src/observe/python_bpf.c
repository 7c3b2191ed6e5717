// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/python_bpf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <python.skel.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { EVENTS_MAX = 1024 };

struct python_bpf {
	struct python_bpf_program *skeleton;
	size_t n;
	int fds[EVENTS_MAX]; /* events that carry the records */
};

/* libbpf says much on standard error, which is not ours to write to. */
static int silent(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

int python_bpf_new(struct python_bpf **bpf, struct err *err)
{
	struct python_bpf *b = calloc(1, sizeof(*b));
	struct stat namespace;
	int rc = 0;

	if (!b)
		return err_set(err, -ENOMEM, "out of memory");
	libbpf_set_print(silent);
	b->skeleton = stat("/proc/self/ns/pid", &namespace) ? NULL : python_bpf_program__open();
	if (!b->skeleton) {
		rc = -errno;
	} else {
		b->skeleton->rodata->namespace_dev = namespace.st_dev;
		b->skeleton->rodata->namespace_ino = namespace.st_ino;
		rc = python_bpf_program__load(b->skeleton);
	}
	if (rc) {
		python_bpf_free(b);
		return err_set(err, rc, "cannot load a BPF program: %s", strerror(-rc));
	}
	*bpf = b;
	return 0;
}

void python_bpf_free(struct python_bpf *bpf)
{
	if (!bpf)
		return;
	for (size_t i = 0; i < bpf->n; i++)
		close(bpf->fds[i]);
	python_bpf_program__destroy(bpf->skeleton);
	free(bpf);
}

int python_bpf_attach(struct python_bpf *bpf, int fd, int cpu, uint64_t *id, struct err *err)
{
	struct perf_event_attr attr = {
	    .size = sizeof(attr),
	    .type = PERF_TYPE_SOFTWARE,
	    .config = PERF_COUNT_SW_BPF_OUTPUT,
	    .sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_RAW,
	    .sample_period = 1,
	};
	int output;

	if (bpf->n == EVENTS_MAX)
		return err_set(err, -ENOBUFS, "more than %d CPUs", EVENTS_MAX);
	output = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (output < 0)
		return err_set(err, -errno, "cannot open an event for BPF: %s", strerror(errno));
	bpf->fds[bpf->n++] = output;
	/* its records go where the samples go, and so come just before the sample that they belong to */
	if (ioctl(output, PERF_EVENT_IOC_SET_OUTPUT, fd) || ioctl(output, PERF_EVENT_IOC_ID, id) ||
	    bpf_map_update_elem(bpf_map__fd(bpf->skeleton->maps.rings), &cpu, &output, BPF_ANY) ||
	    ioctl(fd, PERF_EVENT_IOC_SET_BPF, bpf_program__fd(bpf->skeleton->progs.python_sample)))
		return err_set(err, -errno, "cannot attach a BPF program: %s", strerror(errno));
	return 0;
}

void python_bpf_add(struct python_bpf *bpf, pid_t pid, const struct python_layout *layout)
{
	(void)bpf_map_update_elem(bpf_map__fd(bpf->skeleton->maps.processes), &pid, layout, BPF_ANY);
}
