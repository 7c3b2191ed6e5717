// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/sides.h"
#include "report/gate.h"
#include "report/json.h"

static const char usage[] =
    "usage: maxq gate --baseline RUN|FILE [OPTION]... RUN|FILE\n"
    "       maxq gate [OPTION]... RUN|FILE\n\n"
    "Fails when a change made a service more expensive, for a job of continuous integration. Without --baseline the\n"
    "run must be one of 'maxq compare --ab', whose A is the baseline. A RUN is a number, last, -2, or KEY=VALUE for\n"
    "the newest one with that label.\n";

/* Without any bound: cost repeats within about 2 %, where throughput varies by 10 %. */
static const double default_cost_increase = 0.03;

struct gate_options {
	const char *baseline, *store, *markdown, *junit, *json;
	struct gate_bounds bounds;
	bool anyway, quiet, help;
};

struct judged {
	const struct gate *gate;
	struct compare_view view;
};

static struct gate_options *options_of(void *into)
{
	return into;
}

static int set_text(const char **text, const char *value)
{
	*text = value;
	return 0;
}

static int set_baseline(void *into, const char *value, struct err *err)
{
	(void)err;
	return set_text(&options_of(into)->baseline, value);
}

static int set_store(void *into, const char *value, struct err *err)
{
	(void)err;
	return set_text(&options_of(into)->store, value);
}

static int set_markdown(void *into, const char *value, struct err *err)
{
	(void)err;
	return set_text(&options_of(into)->markdown, value);
}

static int set_junit(void *into, const char *value, struct err *err)
{
	(void)err;
	return set_text(&options_of(into)->junit, value);
}

static int set_json(void *into, const char *value, struct err *err)
{
	(void)err;
	return set_text(&options_of(into)->json, value);
}

static int set_anyway(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	options_of(into)->anyway = true;
	return 0;
}

static int set_quiet(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	options_of(into)->quiet = true;
	return 0;
}

static int set_help(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	options_of(into)->help = true;
	return 0;
}

static int set_bound(void *into, enum figure figure, const char *value, struct err *err)
{
	char *end;
	double percent = strtod(value, &end);

	if (end == value || strcmp(end, "%") != 0 || !(percent >= 0 && percent <= 1000))
		return err_set(err, -EINVAL, "bad bound '%s': write it as 3%% or 0.5%%", value);
	options_of(into)->bounds.worse_by[figure] = percent / 100;
	return 0;
}

static int set_cost(void *into, const char *value, struct err *err)
{
	return set_bound(into, FIGURE_COST, value, err);
}

static int set_throughput(void *into, const char *value, struct err *err)
{
	return set_bound(into, FIGURE_THROUGHPUT, value, err);
}

static int set_p50(void *into, const char *value, struct err *err)
{
	return set_bound(into, FIGURE_P50, value, err);
}

static int set_p99(void *into, const char *value, struct err *err)
{
	return set_bound(into, FIGURE_P99, value, err);
}

static int set_errors(void *into, const char *value, struct err *err)
{
	return set_bound(into, FIGURE_ERRORS, value, err);
}

static const struct option_def options[] = {
    {0, "baseline", "RUN|FILE", 1, "what it is compared with", set_baseline},
    {0, "max-cost-increase", "PERCENT", 1,
	"CPU time a request may grow by so much (3%, if there is\nno other bound)", set_cost},
    {0, "max-throughput-decrease", "PERCENT", 1, "throughput may fall by so much", set_throughput},
    {0, "max-p50-increase", "PERCENT", 1, "half of the latencies may grow by so much", set_p50},
    {0, "max-p99-increase", "PERCENT", 1, "the 99th percentile of latency may grow by so much", set_p99},
    {0, "max-errors", "PERCENT", 1, "so many of the requests may fail", set_errors},
    {0, "anyway", NULL, 1, "even if the runs are not valid, or are not alike", set_anyway},
    {0, "markdown", "FILE|-", 1, "write a summary for the page of a job", set_markdown},
    {0, "junit", "FILE|-", 1, "write the outcome as JUnit's XML", set_junit},
    {0, "json", "FILE|-", 1, "write all of it as JSON", set_json},
    {0, "store", "FILE", 1, "the history ($MAXQ_STORE, or ~/.local/state/maxq/history.db)", set_store},
    {'q', "quiet", NULL, 1, "print nothing but errors", set_quiet},
    {'h', "help", NULL, 1, "show this", set_help},
    {0},
};

static int show_help(void)
{
	printf("%s\nOptions (and their defaults):\n", usage);
	options_help(options, 1, stdout);
	fputs(
	    "\nA bound fails when the whole 95 % interval of the change is beyond it, and is kept when all of it is within.\n"
	    "Exit status: 0 passed, 3 failed, 4 too noisy to say (and what would be needed), 1 could not tell, 2 usage.\n",
	    stdout);
	return EXIT_MEASURED;
}

static int write_text(const void *what, FILE *out, struct err *err)
{
	const struct judged *j = what;

	(void)err;
	gate_print(j->gate, &j->view, out);
	return 0;
}

static int write_markdown(const void *what, FILE *out, struct err *err)
{
	const struct judged *j = what;

	(void)err;
	gate_markdown(j->gate, &j->view, out);
	return 0;
}

static int write_junit(const void *what, FILE *out, struct err *err)
{
	const struct judged *j = what;

	(void)err;
	gate_junit(j->gate, &j->view, out);
	return 0;
}

static int write_json(const void *what, FILE *out, struct err *err)
{
	const struct judged *j = what;
	json_t *json = gate_json(j->gate, &j->view);
	int rc = json ? json_print(json, out, err) : err_set(err, -ENOMEM, "out of memory");

	json_decref(json);
	return rc;
}

static int deliver(const struct gate_options *o, const struct judged *j, struct err *err)
{
	bool is_taken =
	    output_is_stdout(o->markdown) || output_is_stdout(o->junit) || output_is_stdout(o->json);
	int rc = 0;

	if (!o->quiet && !is_taken)
		rc = output_write("-", write_text, j, err);
	if (!rc && o->markdown)
		rc = output_write(o->markdown, write_markdown, j, err);
	if (!rc && o->junit)
		rc = output_write(o->junit, write_junit, j, err);
	if (!rc && o->json)
		rc = output_write(o->json, write_json, j, err);
	return rc;
}

/* The exit status; 1 with a message. */
static int judge(const struct gate_options *o, const char *run, struct err *err)
{
	static const int statuses[] = {[GATE_PASSED] = EXIT_MEASURED,
	    [GATE_NOISY] = EXIT_NOT_VALID,
	    [GATE_FAILED] = EXIT_GATE,
	    [GATE_UNKNOWN] = EXIT_CANNOT};
	struct gate gate = {0};
	struct sides sides;
	int status = EXIT_CANNOT, rc = sides_open(&sides, o->baseline, run, o->store, err);

	if (!rc)
		rc = sides_compare(&sides, o->anyway, err);
	if (!rc && gate_judge(&sides.comparison, &o->bounds, o->anyway, &gate))
		rc = err_set(err, -ENOMEM, "out of memory");
	if (!rc)
		rc = deliver(o, &(struct judged){&gate, sides_view(&sides)}, err);
	if (!rc)
		status = statuses[gate.verdict];
	if (!rc && status == EXIT_CANNOT)
		err_set(err, 0, "the gate cannot tell: not all that has a bound was measured in both runs");
	gate_release(&gate);
	sides_release(&sides);
	return status;
}

int cmd_gate(int argc, char **argv)
{
	char **list = sides_protect(argc, argv);
	struct gate_options o = {0};
	bool has_bound = false;
	struct err err;
	int n, status;

	if (!list)
		return cli_fail(EXIT_CANNOT, &(struct err){"out of memory"});
	gate_bounds_init(&o.bounds);
	n = options_parse(options, 1, &o, argc, list, &err);
	for (int i = 0; i < FIGURE_COUNT; i++)
		has_bound |= !isnan(o.bounds.worse_by[i]);
	if (!has_bound)
		o.bounds.worse_by[FIGURE_COST] = default_cost_increase;
	if (n < 0) {
		status = cli_fail(EXIT_USAGE, &err);
	} else if (o.help) {
		status = show_help();
	} else if (n != 1) {
		status =
		    cli_fail(EXIT_USAGE, &(struct err){"gate takes one run or file: see 'maxq gate --help'"});
	} else {
		status = judge(&o, list[1], &err);
		if (status == EXIT_CANNOT)
			cli_fail(EXIT_CANNOT, &err);
	}
	free(list);
	return status;
}
