// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * All that was sampled in one step: what analysis works on. Filled by run/, window by window.
 */
#ifndef MAXQ_SAMPLE_STEP_H
#define MAXQ_SAMPLE_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "sample/hist_series.h"
#include "sample/ranks.h"
#include "sample/window.h"

enum { COMPONENT_NAME_MAX = 48, COMM_MAX = 16, STATUS_CODES = 600 };

/* The machine, as it is. */
struct host_facts {
	unsigned cpus; /* that this process may use */
	char cpu_model[96];
	char kernel[96];
	uint64_t memory_bytes;
	char virtualisation[64]; /* "none", or whose virtual machine this is; empty: not known */
};

/* CPU time of several CPUs together, or a difference of two. `busy` contains irq and softirq, not steal. */
struct host_cpu {
	int64_t busy_ns, irq_ns, softirq_ns, steal_ns, idle_ns;
};

/* A process of the server's side. */
struct process_facts {
	char component
	    [COMPONENT_NAME_MAX]; /* of the catalog; the command's name where maxq did not start it */
	char comm[COMM_MAX];
	pid_t pid;
	uint64_t start_ticks; /* since boot: with the pid, tells a process from any other */
	unsigned threads;
	unsigned cpus; /* that it may run on */
	/* In the measured windows; NAN: unknown */
	double busiest_thread; /* share of a core that its busiest thread used */
	double waited;         /* its threads were ready to run but did not: in cores */
	double quota;          /* cores that its control group may use; INFINITY: no limit */
};

/* The process of others that used the most. */
struct other_process {
	char comm[COMM_MAX]; /* empty: none */
	pid_t pid;
	double busy; /* of one core */
};

/*
 * CPU time of a process. `total_ns` is exact; how it splits into user and system is known only from the kernel's ticks,
 * which user_ns and system_ns count and which need not add up to it.
 */
struct process_cpu {
	int64_t total_ns, user_ns, system_ns;
};

/* The queues of connections that wait to be accepted by the server, at one moment. */
struct queue_state {
	/* Of the longest one, or the longest of those that are full: */
	char component[COMPONENT_NAME_MAX]; /* whose it is; empty: none is known */
	uint32_t waiting, backlog;          /* so many wait; so many may */
	bool full;                          /* the next connection is refused or dropped */
	uint64_t
	    overflows; /* TCP connections that the kernel dropped for want of room in a queue: a difference */
	/* Connections that were accepted, with something to read: of the component that has the most */
	char unread_component[COMPONENT_NAME_MAX]; /* empty: nobody looked */
	uint32_t unread;
};

/* What the server was short of, as it shows in waiting for memory: differences. */
struct memory_state {
	bool is_own; /* what is said is of its control groups alone; else of the whole machine */
	/* Some of these processes waited for memory (PSI, "some"), for so long; -1: the kernel does not tell. */
	int64_t stalled_ns;
	uint64_t
	    refused;     /* so often a group was at its limit, and the kernel looked for pages to take away */
	uint64_t killed; /* processes that it ended for want of memory */
	uint64_t major_faults; /* of the server's processes: pages read from disk or swap */
};

/* The process of the server's that is the nearest to its limit of open files. */
struct files_state {
	char component[COMPONENT_NAME_MAX]; /* empty: none is known */
	pid_t pid;
	int64_t open, limit;
	bool full; /* it can open no other file */
};

enum { LINK_NAME_MAX = 16 };

/* The network interface that is at its limit; when several are, the one that carried the most. */
struct link_state {
	char name[LINK_NAME_MAX]; /* empty: none is at its limit */
	int64_t bytes;            /* that it carried, in its busier direction */
	bool has_queue;           /* bytes waited in its queue; else it carried what its speed allows */
};

/* What the observers saw over one window: differences, over `elapsed_ns` (they read shortly after its ends). */
struct observed {
	int64_t elapsed_ns;
	struct host_cpu host; /* all CPUs */
	struct host_cpu used; /* those that generator and server may use */
	struct queue_state queue;
	struct memory_state memory;
	struct files_state files;
	struct link_state link;
	int64_t own_ns;     /* CPU time of this process: the generator, and what merges and watches */
	size_t n_processes; /* those that were known then; ones that came later did nothing yet */
	struct process_cpu *processes;
};

/* Owns all that it points to. */
struct step_sample {
	unsigned clients, threads;
	const char *io;           /* the engine that ran, static text */
	uint64_t rate;            /* open loop: arrivals a second that were asked for; 0: closed */
	const char *arrival;      /* and how they come, static text */
	int64_t latency_limit_ns; /* beyond which a response counts as late; 0: none */
	unsigned
	    rounds; /* loads that it was sampled from, one after the other; others may have been between them */
	size_t n_windows, room;
	size_t warmup_windows;   /* the first of them, which are not measured */
	int64_t later_warmup_ns; /* of later rounds, which have no windows here */
	struct window *windows;
	struct observed *observed; /* of each window */
	size_t n_processes;
	struct process_facts *processes;
	struct hist *latency; /* of the measured windows, once step_sample_conclude was called */
	struct hist_series
	    latencies; /* of each window; once concluded, of each that is measured; of several rounds, of each round */

	/* of the whole step, warm-up and the last responses after the last window included */
	struct counts counts;
	uint64_t in_flight;
	uint64_t unsent; /* open loop: arrivals that were never started */
	uint64_t status[STATUS_CODES];
	int first_error[FAILURE_COUNT];       /* the positive errno of the first failure of a kind, or 0 */
	const char *first_why[FAILURE_COUNT]; /* or what its decoder said, static text; else NULL */
	unsigned clients_connected;
	unsigned used_cpus;         /* so many may generator and server use; 0: unknown */
	double others_busy;         /* cores of them that processes used which are neither; NAN: unknown */
	struct other_process other; /* the busiest of these */
	double kernel_busy;         /* cores of them that the kernel's own threads used; NAN: unknown */
	double generator_quota;     /* cores that this process's control group may use; INFINITY: no limit */
	/* How far the clock was off in the measured time, as a share of it: against another one, and by suspension. */
	double clock_off;
	/* of whole responses, head and body: the shortest and the longest in bytes; 0: none, or not known */
	uint64_t size_min, size_max;

	/* of a load of several machines: each of them; not the sample's own, they live as long as the machines */
	unsigned n_ranks;
	const struct rank_share *ranks;
};

/* 0 or -ENOMEM. Release also what is half initialised or zero. */
int step_sample_init(struct step_sample *sample);
void step_sample_release(struct step_sample *sample);

/*
 * Appends a window with its latencies (NULL: they are not known); `observed->processes` is copied. -ENOMEM leaves the sample
 * as it was.
 */
int step_sample_add(struct step_sample *sample, const struct window *window, const struct observed *observed,
    const struct hist *latency);

/*
 * All windows are there, and the first `warmup_windows` are not measured (or a few more, see hist_series_drop): forgets their
 * latencies, and adds up the others. Called once.
 */
void step_sample_conclude(struct step_sample *sample, size_t warmup_windows);

/*
 * Appends the measured windows and all counts of a later round of the same step; its warm-up is left out. Shares (busiest
 * threads, others) become means over the rounds. -ENOMEM: the sample is not to be used any more.
 */
int step_sample_append(struct step_sample *sample, const struct step_sample *round);

/* What process `i` used in window `w`. */
struct process_cpu step_sample_process(const struct step_sample *sample, size_t w, size_t i);

#endif
