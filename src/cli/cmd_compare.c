// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "cli/measure.h"
#include "cli/measure_fit.h"
#include "cli/output.h"
#include "cli/sides.h"
#include "report/json.h"
#include "run/run.h"

static const char usage[] =
    "usage: maxq compare [OPTION]... A B\n"
    "       maxq compare --ab [OPTION]... TARGET_A TARGET_B | STACK_A STACK_B\n\n"
    "What differs between two runs, and how sure that is. A and B are runs of the history (a number, last, -2, or\n"
    "KEY=VALUE for the newest one with that label) or files that --json wrote. Only --anyway, --json, --markdown,\n"
    "--store and --quiet are for these.\n\n"
    "With --ab both are measured now, in turn: A B B A or B A A B, as chance has it. So a machine that drifts or is\n"
    "shared favours neither: to compare two versions, this is the way.\n";

static int write_json(const void *what, FILE *out, struct err *err)
{
	json_t *json = compare_json(what);
	int rc = json ? json_print(json, out, err) : err_set(err, -1, "out of memory");

	json_decref(json);
	return rc;
}

static int write_markdown(const void *what, FILE *out, struct err *err)
{
	(void)err;
	compare_markdown(what, out);
	return 0;
}

static int write_text(const void *what, FILE *out, struct err *err)
{
	(void)err;
	compare_print(what, out);
	return 0;
}

static int compare_stored(const struct measure *m, const char *a, const char *b, struct err *err)
{
	struct compare_view view;
	struct sides sides;
	int rc = sides_open(&sides, a, b, m->store, err);

	if (!rc)
		rc = sides_compare(&sides, m->anyway, err);
	view = sides_view(&sides);
	if (!rc && !m->quiet && !output_is_stdout(m->json) && !output_is_stdout(m->markdown))
		rc = output_write("-", write_text, &view, err);
	if (!rc && m->json)
		rc = output_write(m->json, write_json, &view, err);
	if (!rc && m->markdown)
		rc = output_write(m->markdown, write_markdown, &view, err);
	sides_release(&sides);
	return rc;
}

/* Two runs that were measured already. */
static int compare_past(struct measure *m, char **operands)
{
	struct err err;

	if (measure_fit(m, OF_RUNS, &err))
		return measure_refuse(m, &err);
	return compare_stored(m, operands[0], operands[1], &err) ? cli_fail(EXIT_CANNOT, &err)
								 : EXIT_MEASURED;
}

/* Two targets, or two stacks, measured now. */
static int compare_now(struct measure *m, char **operands)
{
	bool a_is_url = strstr(operands[0], "://"), b_is_url = strstr(operands[1], "://");
	struct err err;

	if (a_is_url != b_is_url)
		return cli_fail(
		    EXIT_USAGE, &(struct err){"--ab takes two targets or two stacks, not one of each"});
	if (measure_fit(m, a_is_url ? OF_TARGETS : OF_STACKS, &err))
		return measure_refuse(m, &err);
	if (m->plan.n_clients > 1)
		return cli_fail(EXIT_USAGE, &(struct err){"compare takes one number of clients"});
	for (int i = 0; i < 2 && a_is_url; i++)
		if (url_parse(operands[i], i ? &m->plan.url_b : &m->plan.url, &err))
			return cli_fail(EXIT_USAGE, &err);
	for (int i = 0; i < 2 && !a_is_url; i++)
		m->plan.stacks[m->plan.n_stacks++] = operands[i];
	m->plan.target = a_is_url ? operands[0] : NULL;
	if (!m->has_seed)
		m->plan.seed = ab_seed();
	return measure_run(m, a_is_url ? run_ab : run_bench);
}

int cmd_compare(int argc, char **argv)
{
	char **list = sides_protect(argc, argv);
	struct measure m;
	struct err err;
	int n, status = EXIT_MEASURED;

	if (!list)
		return cli_fail(EXIT_CANNOT, &(struct err){"out of memory"});
	n = measure_parse(&m, MEASURE_COMPARE, argc, list, &err);
	if (n < 0)
		status = cli_fail(EXIT_USAGE, &err);
	else if (m.help)
		status = measure_help(MEASURE_COMPARE, usage);
	else if (n != 2)
		status = cli_fail(EXIT_USAGE, &(struct err){"compare takes two: see 'maxq compare --help'"});
	else if (m.plan.is_ab)
		status = compare_now(&m, list + 1);
	else
		status = compare_past(&m, list + 1);
	free(list);
	return status;
}
