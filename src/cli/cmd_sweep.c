// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>

#include "cli/measure.h"
#include "run/run.h"

static int show_help(void)
{
	fputs(
	    "usage: maxq [sweep] [OPTION]... TARGET\n\n"
	    "Raises the load on a target until throughput plateaus; says the maximum, what a request costs, and what\n"
	    "ran out. TARGET is a URL: http://HOST[:PORT]/PATH or http://unix:/path/to.sock:/PATH\n",
	    stdout);
	measure_help(MEASURE_SWEEP, stdout);
	return EXIT_MEASURED;
}

int cmd_sweep(int argc, char **argv)
{
	struct measure m;
	struct report report;
	struct err err;
	int rc = measure_parse(&m, MEASURE_SWEEP, argc, argv, &err);

	if (rc < 0)
		return cli_fail(EXIT_USAGE, &err);
	if (m.help)
		return show_help();
	if (rc != 1)
		return cli_fail(EXIT_USAGE, &(struct err){"sweep takes one target: see 'maxq sweep --help'"});
	m.plan.target = argv[1];
	if (url_parse(argv[1], &m.plan.url, &err))
		return cli_fail(EXIT_USAGE, &err);
	rc = measure_begin(&m, &err);
	if (rc)
		return cli_fail(EXIT_CANNOT, &err);
	run_describe(&m.plan, "sweep", &report);
	rc = run_sweep(&m.plan, &m.text.sink, &report, &err);
	return measure_end(&m, rc, &report, &err);
}
