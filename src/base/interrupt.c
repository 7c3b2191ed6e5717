// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t came;

static void note(int signal)
{
	if (came) {
		/* asked twice: the default action, now; children notice that we are gone */
		struct sigaction action = {.sa_handler = SIG_DFL};

		sigaction(signal, &action, NULL);
		raise(signal);
		return;
	}
	came = signal;
}

static void watch(int signal)
{
	struct sigaction action = {.sa_handler = note}, before;

	if (!sigaction(signal, NULL, &before) && before.sa_handler == SIG_IGN)
		return;
	sigaction(signal, &action, NULL);
}

void interrupt_watch(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	watch(SIGINT);
	watch(SIGTERM);
	watch(SIGHUP);
	sigaction(SIGPIPE, &ignore, NULL);
}

void interrupt_watch_also(int signal)
{
	watch(signal);
}

int interrupt_signal(void)
{
	return came;
}

void interrupt_block(void)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
}
