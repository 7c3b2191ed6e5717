// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>

#include "cli/past.h"
#include "report/history.h"

static const char usage[] =
    "usage: maxq forget [OPTION]... RUN...\n"
    "       maxq forget --before TIME | --label KEY[=VALUE]\n\n"
    "Deletes runs from the history, with all that belongs to them, and lists what it deleted. RUN is a number,\n"
    "last, or -1 for the last one, -2 for the one before it.\n";

/* The runs of these names, or those of the filter: how many, for store_free_list. */
static int choose(struct past *past, int n_names, struct run_summary **runs, struct err *err)
{
	struct run_summary *all = NULL;
	int n = store_list(past->store, &past->filter, &all, err), kept = 0;

	if (n < 0)
		return n;
	for (int i = 0; i < n_names; i++) {
		int64_t id = store_find(past->store, past->operands[i], err);
		int at = kept;

		if (id < 0) {
			store_free_list(all, (size_t)n);
			return (int)id;
		}
		while (at < n && all[at].id != id)
			at++;
		/* named twice, or by somebody else deleted since */
		if (at < n) {
			struct run_summary chosen = all[at];

			all[at] = all[kept];
			all[kept++] = chosen;
		}
	}
	for (int i = n_names ? kept : n; i < n; i++)
		run_summary_release(&all[i]);
	*runs = all;
	return n_names ? kept : n;
}

static int forget_all(struct store *store, const struct run_summary *runs, size_t n, struct err *err)
{
	int rc = store_begin(store, err);

	for (size_t i = 0; i < n && !rc; i++)
		rc = store_forget(store, runs[i].id, err);
	if (!rc)
		rc = store_commit(store, err);
	if (rc)
		store_rollback(store);
	return rc;
}

static int forget(struct past *past, int n_names, struct err *err)
{
	struct run_summary *runs = NULL;
	int n, rc = past_open(past, false, err);

	if (rc)
		return rc;
	n = choose(past, n_names, &runs, err);
	if (n < 0)
		return n;
	rc = forget_all(past->store, runs, (size_t)n, err);
	if (!rc && n)
		history_print(runs, (size_t)n, stdout);
	if (!rc)
		printf("%d run%s deleted\n", n, n == 1 ? "" : "s");
	store_free_list(runs, (size_t)n);
	return rc;
}

int cmd_forget(int argc, char **argv)
{
	struct past past;
	struct err err;
	int rc = past_parse(&past, PAST_FORGET, argc, argv, &err), status = EXIT_MEASURED;
	bool has_filter = past.filter.before || past.filter.n_labels;

	if (rc < 0)
		status = cli_fail(EXIT_USAGE, &err);
	else if (past.help)
		status = past_help(PAST_FORGET, usage);
	else if ((rc > 0) == has_filter)
		status = cli_fail(EXIT_USAGE,
		    &(struct err){"forget takes runs, or --before or --label: see 'maxq forget --help'"});
	else if (forget(&past, rc, &err))
		status = cli_fail(EXIT_CANNOT, &err);
	past_close(&past);
	return status;
}
