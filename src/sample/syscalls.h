// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the threads of a process did over some time, by system call: every piece of their time on a CPU belongs to the call that
 * they were in, or to the one that they had returned from last.
 */
#ifndef MAXQ_SAMPLE_SYSCALLS_H
#define MAXQ_SAMPLE_SYSCALLS_H

#include "sample/step.h"

enum { SYSCALL_NAME_MAX = 32 };

struct syscall_use {
	char name[SYSCALL_NAME_MAX];
	bool on_socket;       /* on a descriptor that is a socket; false also where nobody asked */
	uint64_t calls;       /* that returned */
	int64_t system_ns;    /* on a CPU, inside of it */
	int64_t user_ns;      /* on a CPU after it, until the next one; without softirqs */
	int64_t softirq_ns;   /* of `system_ns`: the kernel handled softirqs, whoever caused them */
	int64_t interrupt_ns; /* softirqs after it, while the program would have run: in neither */
	int64_t off_ns;       /* not on a CPU */
	int64_t delay_ns;     /* of `off_ns`: ready to run; 0 also where the kernel does not tell */
	int64_t stolen_ns;    /* of all on a CPU: the hypervisor gave it to others */
	uint64_t voluntary;   /* times that a thread left its CPU to wait */
	uint64_t involuntary; /* and that it was made to */
};

/* Children that came meanwhile are their parent's. */
struct process_syscalls {
	struct process_facts facts;
	size_t n_uses;
	struct syscall_use *uses; /* from malloc */
};

#endif
