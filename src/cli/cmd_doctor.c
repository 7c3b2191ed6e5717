// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/measure.h"
#include "run/doctor.h"

static const char usage[] =
    "usage: maxq doctor [OPTION]... [TARGET]\n\n"
    "Looks whether this machine is fit to measure, and changes nothing: limits of files and queues, ports, CPUs and\n"
    "their clocks, limits of control groups, steal, and who else is busy. With a TARGET also how that server is set\n"
    "up. Each finding says what it does to the results, and which command mends it:\n\n"
    "  ok        as it should be\n"
    "  note      worth knowing; costs nothing as planned\n"
    "  warning   may change the results\n"
    "  problem   the results would not be valid, or there would be none: exit status 4\n";

int cmd_doctor(int argc, char **argv)
{
	struct measure m;
	struct err err;
	int rc = measure_parse(&m, MEASURE_DOCTOR, argc, argv, &err);

	if (rc < 0)
		return cli_fail(EXIT_USAGE, &err);
	if (m.help)
		return measure_help(MEASURE_DOCTOR, usage);
	if (rc > 1)
		return cli_fail(
		    EXIT_USAGE, &(struct err){"doctor takes at most one target: see 'maxq doctor --help'"});
	if (m.plan.n_clients > 1)
		return cli_fail(EXIT_USAGE,
		    &(struct err){"doctor takes one number of clients: the largest that is planned"});
	m.plan.target = rc ? argv[1] : NULL;
	if (rc && url_parse(argv[1], &m.plan.url, &err))
		return cli_fail(EXIT_USAGE, &err);
	return measure_run(&m, run_doctor);
}
