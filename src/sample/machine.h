// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How the machine and a server on it are set up: read by observe/, judged by analysis/. What could not be read is -1,
 * an empty text or an empty set.
 */
#ifndef MAXQ_SAMPLE_MACHINE_H
#define MAXQ_SAMPLE_MACHINE_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sample/step.h"

enum { MACHINE_NAME_MAX = 48, QUOTA_FILE_MAX = 600, SERVER_PROCESSES_MAX = 64, BUSY_MAX = 3 };

/* The limit of open files of one process (getrlimit(2)); INT64_MAX: none. */
struct file_limits {
	int64_t soft, hard;
};

/* The tightest CPU limit of a process's control group and the groups above it. */
struct cpu_quota {
	double cores; /* CPU time a second that all of the group's processes may use; INFINITY: no limit */
	char file[QUOTA_FILE_MAX]; /* where it is set */
	bool is_v1;                /* by cpu.cfs_quota_us; else by cpu.max */
	bool is_outermost;         /* set on the topmost group that is visible from here: a container's own */
};

/* The tightest memory limit of a process's control group and the groups above it. */
struct memory_limit {
	int64_t bytes;      /* INT64_MAX: no limit */
	int64_t used_bytes; /* of it, caches included; -1: not known */
	char file[QUOTA_FILE_MAX];
	bool is_v1, is_outermost; /* as of struct cpu_quota */
};

enum turbo { TURBO_NONE, TURBO_OFF, TURBO_INTEL, TURBO_BOOST }; /* the last two: on, and by which switch */

struct machine_facts {
	struct file_limits files; /* of this process */
	int64_t nr_open, file_max, files_allocated;
	int64_t somaxconn, syn_backlog, syncookies;
	int64_t port_first, port_last, time_wait, tw_reuse, timestamps;
	int64_t memory_bytes, available_bytes, swap_used_bytes;
	struct memory_limit memory_limit;
	double
	    memory_pressure; /* share of the last ten seconds in which some process waited for memory; -1 */
	cpu_set_t online, allowed, cpuset; /* that there are; that we may use; that our control group may */
	int16_t core_of[CPU_SETSIZE];      /* the first CPU on the same core, for all that are online */
	cpu_set_t governed, slow;          /* have a frequency governor; another one than "performance" */
	char governor[MACHINE_NAME_MAX];   /* of the first slow one, else of the first governed one */
	bool smt_switchable;               /* the kernel can switch the second threads of cores off */
	enum turbo turbo;
	char clocksource[MACHINE_NAME_MAX];
	char clocksources[256]; /* that could be used, separated by spaces */
	bool is_virtual;
	/* what a container may not change, even as root: sysctls, /sys, hard limits */
	bool sysctl_fixed, sys_fixed, limits_fixed;
	struct cpu_quota quota;
};

/* A process that holds the server's listening socket. */
struct server_process {
	pid_t pid;
	char comm[COMM_MAX];
	struct file_limits files;
	cpu_set_t cpus;
	struct cpu_quota quota;
};

/* Listening sockets that get the connections to one address. */
struct listen_queue {
	unsigned listeners;
	uint32_t backlog; /* the smallest: how many connections may wait to be accepted */
	uint32_t waiting; /* all together, now */
};

struct server_facts {
	char address[160];
	bool is_unix, is_local;
	bool answers;              /* takes connections, although no listening socket was found */
	struct listen_queue queue; /* listeners 0: none was found */
	unsigned n_processes;      /* 0: not visible */
	struct server_process processes[SERVER_PROCESSES_MAX];
};

/* What was seen in a short time in which nothing was measured. */
struct machine_sample {
	double elapsed_s;
	struct host_cpu host;
	unsigned n_busy; /* the busiest first */
	struct other_process busy[BUSY_MAX];
	double busy_cores; /* used by all processes but maxq and the kernel */
};

#endif
