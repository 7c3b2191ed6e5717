// SPDX-License-Identifier: GPL-3.0-or-later
/* Between the commands: exit statuses, and the main functions of all. */
#ifndef MAXQ_CLI_CLI_H
#define MAXQ_CLI_CLI_H

#include "base/err.h"

enum exit_status {
	EXIT_MEASURED = 0,
	EXIT_CANNOT = 1, /* could not run, or could not deliver */
	EXIT_USAGE = 2,
	EXIT_GATE = 3,      /* a gate or comparison failed */
	EXIT_NOT_VALID = 4, /* measured, but the result is not valid */
	EXIT_SIGNAL = 128,  /* plus the signal */
};

/* Prints "maxq: MESSAGE" to standard error and returns the status. */
int cli_fail(enum exit_status status, const struct err *err);

/* Each takes its arguments with argv[0] being its own name, and returns the exit status. */
int cmd_load(int argc, char **argv);
int cmd_sweep(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_layers(int argc, char **argv);
int cmd_profile(int argc, char **argv);
int cmd_stacks(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_history(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_forget(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_gate(int argc, char **argv);
int cmd_help(int argc, char **argv);

#endif
