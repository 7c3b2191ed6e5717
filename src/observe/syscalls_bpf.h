// SPDX-License-Identifier: GPL-3.0-or-later
/* What syscalls.bpf.c, which runs in the kernel, and syscalls.c have in common. Plain C types only: both compile it. */
#ifndef MAXQ_OBSERVE_SYSCALLS_BPF_H
#define MAXQ_OBSERVE_SYSCALLS_BPF_H

#include <stdbool.h>

/*
 * Each watched process has a row for each system call, and each of these is there twice: for descriptors that are
 * sockets, and for all others. No architecture has so many calls; what is beyond shares the last number.
 */
enum { SYSCALLS_MAX = 512, ROWS_PER_PROCESS = 2 * SYSCALLS_MAX };

/* What one call did since the watching began, in all threads of a process. Times are of CLOCK_MONOTONIC. */
struct syscall_row {
	unsigned long long calls;        /* that returned */
	unsigned long long system_ns;    /* on a CPU, inside of it */
	unsigned long long user_ns;      /* on a CPU after it, until the next one; without softirqs */
	unsigned long long softirq_ns;   /* of `system_ns`: the kernel handled softirqs */
	unsigned long long interrupt_ns; /* softirqs that came after it, while the program ran: in neither */
	unsigned long long off_ns;       /* not on a CPU */
	unsigned long long delay_ns;     /* of `off_ns`: ready to run */
	long long stolen_ns;          /* of the above, on a CPU: what the thread's own clock does not have */
	unsigned long long voluntary; /* times that it left the CPU to wait */
	unsigned long long involuntary; /* and that it was made to */
};

/* A watched thread. */
struct thread {
	unsigned long long since_ns;     /* its time is charged up to here; 0: it is not on a CPU */
	unsigned long long on_since_ns;  /* when it came to the CPU; 0: nobody saw it */
	unsigned long long clock_ns;     /* its own clock, then */
	unsigned long long off_since_ns; /* when it left the CPU; 0: not yet */
	unsigned long long softirq_since_ns;
	unsigned long long run_delay_ns; /* all that it ever waited for a CPU, when it left it */
	unsigned process;                /* its place among the watched ones */
	unsigned row, off_row;           /* of the call; and of the one in which it left the CPU */
	bool is_in_call;
	bool is_new; /* only its process is known yet */
};

#endif
