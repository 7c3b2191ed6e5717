// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <string.h>

#include "cli/past.h"

static const char usage[] =
    "usage: maxq export [OPTION]... RUN...\n\n"
    "Writes runs of the history as JSON, with all that is kept of them, for 'maxq import'.\n"
    "RUN is a number, last, or -1 for the last one, -2 for the one before it.\n";

/* Of those names: a new reference, or NULL with a message. */
static json_t *export_runs(struct store *store, char **names, int n, struct err *err)
{
	json_t *runs = json_array();

	for (int i = 0; i < n; i++) {
		int64_t id = store_find(store, names[i], err);
		json_t *run = id < 0 ? NULL : store_export(store, id, err);

		if (!run || json_array_append_new(runs, run)) {
			json_decref(runs);
			return NULL;
		}
	}
	return json_pack("{s: i, s: o}", "maxq_runs", 1, "runs", runs);
}

static int export_to_file(struct past *past, char **names, int n, struct err *err)
{
	json_t *json = NULL;
	FILE *out;
	int rc = past_open(past, false, err);

	if (!rc) {
		json = export_runs(past->store, names, n, err);
		rc = json ? 0 : -EIO;
	}
	if (rc)
		return rc;
	out = past_open_output(past, err);
	if (!out) {
		json_decref(json);
		return -EIO;
	}
	if (json_dumpf(json, out, JSON_INDENT(1) | JSON_REAL_PRECISION(STORE_DIGITS)) ||
	    fputc('\n', out) == EOF)
		rc = err_set(err, -EIO, "cannot write the runs: %s", strerror(errno));
	json_decref(json);
	if (past_close_output(past, out, !rc, rc ? NULL : err))
		rc = -EIO;
	return rc;
}

int cmd_export(int argc, char **argv)
{
	struct past past;
	struct err err;
	int rc = past_parse(&past, PAST_EXPORT, argc, argv, &err), status = EXIT_MEASURED;

	if (rc < 0)
		status = cli_fail(EXIT_USAGE, &err);
	else if (past.help)
		status = past_help(PAST_EXPORT, usage);
	else if (!rc)
		status = cli_fail(EXIT_USAGE, &(struct err){"export takes runs: see 'maxq export --help'"});
	else if (export_to_file(&past, past.operands, rc, &err))
		status = cli_fail(EXIT_CANNOT, &err);
	past_close(&past);
	return status;
}
