// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/measure.h"
#include "run/run.h"

static const char usage[] = "usage: maxq load [OPTION]... TARGET\n\n"
			    "Holds one load on a target and reports throughput, latency, errors and cost.\n"
			    "TARGET is a URL: http://HOST[:PORT]/PATH or http://unix:/path/to.sock:/PATH\n";

int cmd_load(int argc, char **argv)
{
	return measure_target(MEASURE_LOAD, usage, run_load, argc, argv);
}
