// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/past.h"
#include "report/json_file.h"
#include "report/json_read.h"

static const char usage[] =
    "usage: maxq import [OPTION]... FILE\n\n"
    "Reads runs that 'maxq export' wrote, or one result that --json wrote, into the history; - is standard input.\n"
    "What is there already is left as it is.\n";

enum { RUNS_FORMAT = 1, UID_TEXT = 64 };

/* FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/): enough to know a result again that was imported before. */
static uint64_t hash(const char *text)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		value = (value ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return value;
}

/* A result, as the run that an export would have made of it, but for what only a history knows. NULL with a message. */
static json_t *run_of_result(json_t *json, struct err *err)
{
	char uid[UID_TEXT], host[FINGERPRINT_MAX];
	struct run_summary s = {0};
	struct document document;
	json_t *run = NULL;
	char *text;

	if (json_read(json_incref(json), &document, err))
		return NULL;
	text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(STORE_DIGITS));
	if (!strcmp(document.report.command, "doctor")) {
		err_set(err, -EPROTO, "what doctor found is no run");
	} else if (text && !summarize_run(&document.report, &s)) {
		snprintf(uid, sizeof(uid), "result-%016llx", (unsigned long long)hash(text));
		host_fingerprint(&document.report.host, host, sizeof(host));
		run = json_pack("{s: s, s: s, s: O, s: s, s: s, s: s, s: i, s: i, s: O}", "uid", uid,
		    "started_at", s.started_at, "maxq", json_object_get(json, "maxq"), "command", s.command,
		    "target", s.target, "host", host, "valid", s.valid, "complete", s.complete, "document",
		    json);
		if (run && s.maximum_rps > 0)
			json_object_set_new(run, "maximum_rps", json_real(s.maximum_rps));
		if (run && s.cost_us > 0)
			json_object_set_new(run, "cost_us", json_real(s.cost_us));
	}
	if (!run && strcmp(document.report.command, "doctor") != 0)
		err_set(err, -ENOMEM, "out of memory");
	run_summary_release(&s);
	document_release(&document);
	free(text);
	return run;
}

static json_t *read_file(const char *name, struct err *err)
{
	json_t *json;
	FILE *in = !strcmp(name, "-") ? stdin : fopen(name, "re");

	if (!in) {
		err_set(err, -errno, "cannot open '%s': %s", name, strerror(errno));
		return NULL;
	}
	json = json_file_read(in, name, JSON_FILE_MAX, err);
	if (in != stdin)
		fclose(in);
	return json;
}

/* Either all of them or none: counts those that are new, and those that were there. */
static int import_runs(
    struct store *store, const json_t *runs, unsigned *n, unsigned *n_known, struct err *err)
{
	int rc = store_begin(store, err);

	for (size_t i = 0; i < json_array_size(runs) && !rc; i++) {
		int64_t id = store_import(store, json_array_get(runs, i), err);

		*n += id > 0;
		*n_known += id == -EEXIST;
		rc = id < 0 && id != -EEXIST ? (int)id : 0;
	}
	if (!rc)
		rc = store_commit(store, err);
	if (rc)
		store_rollback(store);
	return rc;
}

static int import(struct past *past, const char *name, struct err *err)
{
	json_t *json = read_file(name, err), *runs = NULL, *run;
	unsigned n = 0, n_known = 0;
	int rc = json ? 0 : -EIO;

	if (!rc && json_object_get(json, "maxq_runs")) {
		runs = json_incref(json_object_get(json, "runs"));
		if (json_integer_value(json_object_get(json, "maxq_runs")) != RUNS_FORMAT ||
		    !json_is_array(runs))
			rc = err_set(err, -EPROTO, "'%s' was written by a newer maxq: use that one", name);
	} else if (!rc) {
		run = run_of_result(json, err);
		runs = run ? json_pack("[o]", run) : NULL;
		rc = runs ? 0 : -EPROTO;
	}
	if (!rc)
		rc = past_open(past, true, err);
	if (!rc)
		rc = import_runs(past->store, runs, &n, &n_known, err);
	json_decref(runs);
	json_decref(json);
	if (rc)
		return rc;
	printf("%u run%s imported", n, n == 1 ? "" : "s");
	if (n_known)
		printf(", %u already there", n_known);
	putchar('\n');
	return 0;
}

int cmd_import(int argc, char **argv)
{
	struct past past;
	struct err err;
	int rc = past_parse(&past, PAST_IMPORT, argc, argv, &err), status = EXIT_MEASURED;

	if (rc < 0)
		status = cli_fail(EXIT_USAGE, &err);
	else if (past.help)
		status = past_help(PAST_IMPORT, usage);
	else if (rc != 1)
		status =
		    cli_fail(EXIT_USAGE, &(struct err){"import takes one file: see 'maxq import --help'"});
	else if (import(&past, past.operands[0], &err))
		status = cli_fail(EXIT_CANNOT, &err);
	past_close(&past);
	return status;
}
