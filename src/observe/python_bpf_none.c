// SPDX-License-Identifier: GPL-3.0-or-later
/* In the place of python_bpf.c where what it is built with is not there. */
#include <errno.h>

#include "observe/python_bpf.h"

int python_bpf_new(struct python_bpf **bpf, struct err *err)
{
	(void)bpf;
	return err_set(err, -ENOTSUP, "maxq was built without clang, bpftool and libbpf-dev");
}

void python_bpf_free(struct python_bpf *bpf)
{
	(void)bpf;
}

int python_bpf_attach(struct python_bpf *bpf, int fd, int cpu, uint64_t *id, struct err *err)
{
	(void)bpf;
	(void)fd;
	(void)cpu;
	(void)id;
	return err_set(err, -ENOTSUP, "maxq was built without BPF");
}

void python_bpf_add(struct python_bpf *bpf, pid_t pid, const struct python_layout *layout)
{
	(void)bpf;
	(void)pid;
	(void)layout;
}
