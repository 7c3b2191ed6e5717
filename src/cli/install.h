// SPDX-License-Identifier: GPL-3.0-or-later
/* Packages that stacks lack: to tell of them, and to install them. */
#ifndef MAXQ_CLI_INSTALL_H
#define MAXQ_CLI_INSTALL_H

#include "run/plan.h"
#include "stack/missing.h"

/*
 * Installs what is missing by the script `install-packages`, which lies beside this program; it says what it runs. 0 also
 * when nothing is missing.
 */
int install_missing(const struct missing *missing, struct err *err);

/* Before a bench: says on standard error, in one line, what all of its stacks lack. What cannot be read is left to the bench. */
void install_hint(const struct plan *plan);

#endif
