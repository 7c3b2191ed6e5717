// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>

#include "cli/measure.h"
#include "run/run.h"

static int show_help(void)
{
	fputs(
	    "usage: maxq bench [OPTION]... [STACK]...\n\n"
	    "Launches stacks of the catalog, sweeps each, and ranks them. A STACK is a chain of components from front to\n"
	    "back, each with the link that leads to it: nginx,uwsgi@uwsgi+unix,skeleton. Without one: the default suite.\n",
	    stdout);
	measure_help(MEASURE_BENCH, stdout);
	return EXIT_MEASURED;
}

int cmd_bench(int argc, char **argv)
{
	struct measure m;
	struct report report;
	struct err err;
	int rc = measure_parse(&m, MEASURE_BENCH, argc, argv, &err);

	if (rc < 0)
		return cli_fail(EXIT_USAGE, &err);
	if (m.help)
		return show_help();
	if (rc > PLAN_STACKS_MAX)
		return cli_fail(EXIT_USAGE, &(struct err){"too many stacks"});
	for (int i = 0; i < rc; i++)
		m.plan.stacks[m.plan.n_stacks++] = argv[1 + i];
	rc = measure_begin(&m, &err);
	if (rc)
		return cli_fail(EXIT_CANNOT, &err);
	run_describe(&m.plan, "bench", &report);
	rc = run_bench(&m.plan, &m.text.sink, &report, &err);
	return measure_end(&m, rc, &report, &err);
}
