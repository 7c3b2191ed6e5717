// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/measure.h"
#include "run/run.h"

static const char usage[] =
    "usage: maxq [sweep] [OPTION]... TARGET\n\n"
    "Raises the load on a target until throughput plateaus; says the maximum, what a request costs, and what\n"
    "ran out. TARGET is a URL: http://HOST[:PORT]/PATH or http://unix:/path/to.sock:/PATH\n";

int cmd_sweep(int argc, char **argv)
{
	return measure_target(MEASURE_SWEEP, usage, run_sweep, argc, argv);
}
