// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/past.h"
#include "report/history.h"
#include "report/plot.h"
#include "report/text.h"

static const char usage[] =
    "usage: maxq history [OPTION]...\n\n"
    "Lists the runs that were kept, the newest first: number, time, command, target (or suite, or stacks), the\n"
    "maximum throughput, what a request cost there, and whether the result is valid. 'maxq show RUN' shows one.\n";

enum { LIMIT_TABLE = 20, LIMIT_PLOT = 200 };

/* Of different targets, or by different commands, figures cannot be compared: those like the newest one are kept. */
static size_t keep_same(struct run_summary *runs, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(runs[i].target, runs[0].target) != 0 ||
		    strcmp(runs[i].command, runs[0].command) != 0)
			continue;
		if (i != kept) {
			struct run_summary other = runs[kept];

			runs[kept] = runs[i];
			runs[i] = other;
		}
		kept++;
	}
	return kept;
}

static int plot(struct run_summary *runs, size_t n, struct err *err)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	struct plot_style style = {
	    .utf8 = text_is_utf8(),
	    .color = isatty(STDOUT_FILENO) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0,
	};
	size_t not_valid = 0;
	char title[256];

	n = n ? keep_same(runs, n) : 0;
	for (size_t i = 0; i < n; i++)
		not_valid += !runs[i].valid;
	if (n > 1) {
		snprintf(title, sizeof(title), "%s of %.60s, %zu runs", runs[0].command, runs[0].target, n);
		history_print_text(title, stdout);
		if (not_valid)
			printf(", %zu of them not valid", not_valid);
		putchar('\n');
	}
	return plot_print(runs, n, &style, stdout, err);
}

static int history(struct past *past, struct err *err)
{
	struct run_summary *runs = NULL;
	int n, rc = past_open(past, false, err);

	if (rc)
		return rc;
	if (!past->has_limit)
		past->filter.limit = past->plot ? LIMIT_PLOT : LIMIT_TABLE;
	n = store_list(past->store, &past->filter, &runs, err);
	if (n < 0)
		return n;
	if (past->plot)
		rc = plot(runs, (size_t)n, err);
	else if (n)
		history_print(runs, (size_t)n, stdout);
	else
		fputs("maxq: no such run in the history\n", stderr);
	store_free_list(runs, (size_t)n);
	return rc;
}

int cmd_history(int argc, char **argv)
{
	struct past past;
	struct err err;
	int rc = past_parse(&past, PAST_HISTORY, argc, argv, &err), status = EXIT_MEASURED;

	if (rc < 0)
		status = cli_fail(EXIT_USAGE, &err);
	else if (past.help)
		status = past_help(PAST_HISTORY, usage);
	else if (rc)
		status = cli_fail(
		    EXIT_USAGE, &(struct err){"history takes no operands: see 'maxq history --help'"});
	else if (history(&past, &err))
		status = cli_fail(EXIT_CANNOT, &err);
	past_close(&past);
	return status;
}
