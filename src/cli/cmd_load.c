// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>

#include "cli/measure.h"
#include "run/run.h"

static int show_help(void)
{
	fputs("usage: maxq load [OPTION]... TARGET\n\n"
	      "Holds one load on a target and reports throughput, latency, errors and cost.\n"
	      "TARGET is a URL: http://HOST[:PORT]/PATH or http://unix:/path/to.sock:/PATH\n",
	    stdout);
	measure_help(MEASURE_LOAD, stdout);
	return EXIT_MEASURED;
}

int cmd_load(int argc, char **argv)
{
	struct measure m;
	struct report report;
	struct err err;
	int rc = measure_parse(&m, MEASURE_LOAD, argc, argv, &err);

	if (rc < 0)
		return cli_fail(EXIT_USAGE, &err);
	if (m.help)
		return show_help();
	if (rc != 1)
		return cli_fail(EXIT_USAGE, &(struct err){"load takes one target: see 'maxq load --help'"});
	if (m.plan.n_clients > 1)
		return cli_fail(
		    EXIT_USAGE, &(struct err){"load takes one number of clients; a list is for sweep"});
	m.plan.target = argv[1];
	if (url_parse(argv[1], &m.plan.url, &err))
		return cli_fail(EXIT_USAGE, &err);
	rc = measure_begin(&m, &err);
	if (rc)
		return cli_fail(EXIT_CANNOT, &err);
	run_describe(&m.plan, "load", &report);
	rc = run_load(&m.plan, &m.text.sink, &report, &err);
	return measure_end(&m, rc, &report, &err);
}
