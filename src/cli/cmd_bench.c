// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/install.h"
#include "cli/measure.h"
#include "cli/measure_fit.h"
#include "run/run.h"

static const char usage[] =
    "usage: maxq bench [OPTION]... [STACK]...\n\n"
    "Launches stacks of the catalog, sweeps each, and ranks them; with --layers, says what each of their layers\n"
    "costs. A STACK is a chain of components from front to back, each with the link that leads to it, such as\n"
    "nginx,uwsgi@uwsgi+unix,skeleton. Without one: a suite.\n";

int cmd_bench(int argc, char **argv)
{
	struct measure m;
	struct err err;
	int rc = measure_parse(&m, MEASURE_BENCH, argc, argv, &err);

	if (rc < 0)
		return cli_fail(EXIT_USAGE, &err);
	if (m.help)
		return measure_help(MEASURE_BENCH, usage);
	if (rc > PLAN_STACKS_MAX)
		return cli_fail(EXIT_USAGE, &(struct err){"too many stacks"});
	if (rc && m.plan.suite)
		return cli_fail(EXIT_USAGE, &(struct err){"bench takes stacks or --suite, not both"});
	if (!rc && m.plan.layers)
		return cli_fail(EXIT_USAGE,
		    &(struct err){
			"--layers takes stacks, such as nginx,uwsgi,flask: see 'maxq bench --help'"});
	if (measure_fit(&m, OF_STACKS, &err))
		return measure_refuse(&m, &err);
	for (int i = 0; i < rc; i++)
		m.plan.stacks[m.plan.n_stacks++] = argv[1 + i];
	/* what is missing on a server's machine is said by that one */
	if (!m.quiet && !m.plan.server)
		install_hint(&m.plan);
	return measure_run(&m, run_bench);
}
