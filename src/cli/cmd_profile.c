// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "cli/install.h"
#include "cli/measure.h"
#include "cli/measure_fit.h"
#include "run/run.h"

static const char usage[] =
    "usage: maxq profile [OPTION]... TARGET|STACK...\n\n"
    "Where the CPU time of a request goes, phase by phase, in every process of the server: opening connections,\n"
    "reading, computing, writing, closing, waiting; user against system. TARGET is the URL of a server that runs,\n"
    "a STACK one of the catalog, which is launched. Loads that are watched take turns with loads that are not, so\n"
    "that what the watching costs is known. With --functions it is said function by function instead, by samples.\n";

/* One target, or stacks. */
static int set_operands(struct measure *m, int n, char **operands, struct err *err)
{
	if (n < 1 || n > PLAN_STACKS_MAX)
		return err_set(err, -1, "profile takes a target, or stacks: see 'maxq profile --help'");
	if (m->plan.requests && m->plan.n_clients != 1)
		return err_set(err, -1, "-n needs a number of clients: add -c N");
	if (strstr(operands[0], "://")) {
		if (n > 1)
			return err_set(err, -1, "profile takes one target, or stacks");
		if (measure_fit(m, OF_TARGETS, err))
			return -1;
		m->plan.target = operands[0];
		return url_parse(operands[0], &m->plan.url, err);
	}
	for (int i = 0; i < n; i++)
		m->plan.stacks[m->plan.n_stacks++] = operands[i];
	return measure_fit(m, OF_STACKS, err);
}

int cmd_profile(int argc, char **argv)
{
	struct measure m;
	struct err err;
	int rc = measure_parse(&m, MEASURE_PROFILE, argc, argv, &err);

	if (rc < 0)
		return cli_fail(EXIT_USAGE, &err);
	if (m.help)
		return measure_help(MEASURE_PROFILE, usage);
	if (set_operands(&m, rc, argv + 1, &err))
		return measure_refuse(&m, &err);
	if (m.plan.n_stacks && !m.quiet)
		install_hint(&m.plan);
	return measure_run(&m, run_profile);
}
