// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/measure.h"
#include "cli/measure_fit.h"
#include "run/run.h"

static const char usage[] =
    "usage: maxq layers [OPTION]... TARGET --below TARGET [--below TARGET]...\n\n"
    "What each layer of your own service costs: TARGET is its front, and each --below a server that it passes\n"
    "requests on to, from top to bottom. All of them run already. Measures them in interleaved rounds, with a\n"
    "connection a request, and says what each component costs within the whole, and what each layer adds.\n"
    "For stacks of the catalog: maxq bench --layers.\n";

int cmd_layers(int argc, char **argv)
{
	struct measure m;
	struct err err;
	int rc = measure_parse(&m, MEASURE_LAYERS, argc, argv, &err);

	if (rc < 0)
		return cli_fail(EXIT_USAGE, &err);
	if (m.help)
		return measure_help(MEASURE_LAYERS, usage);
	if (rc != 1 || !m.plan.n_below)
		return cli_fail(EXIT_USAGE,
		    &(struct err){
			"layers takes one target, and at least one --below: see 'maxq layers --help'"});
	m.plan.target = argv[1];
	if (url_parse(argv[1], &m.plan.url, &err) || measure_fit(&m, OF_TARGETS, &err))
		return measure_refuse(&m, &err);
	return measure_run(&m, run_layers);
}
