// SPDX-License-Identifier: GPL-3.0-or-later
/* SIGINT, SIGTERM and SIGHUP as something to ask for: the only mutable state of the program that is not passed around. */
#ifndef MAXQ_BASE_INTERRUPT_H
#define MAXQ_BASE_INTERRUPT_H

/*
 * From now on these signals are noted, but for those that were ignored, as nohup and shells in the background have it:
 * they stay so. A second one of them ends the program at once. SIGPIPE is ignored.
 */
void interrupt_watch(void);

/* And this one: by it, mpirun can tell all that it started to stop. */
void interrupt_watch_also(int signal);

/* The signal that came, or 0. */
int interrupt_signal(void);

/* Blocks all signals in the calling thread, and those that it starts, so that the first thread gets them. */
void interrupt_block(void);

#endif
