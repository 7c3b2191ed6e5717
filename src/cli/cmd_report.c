// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/past.h"
#include "report/html.h"
#include "report/json_read.h"

static const char usage[] =
    "usage: maxq report [OPTION]... [RUN|FILE]...\n\n"
    "Writes runs as a page to be looked at in a browser: charts and tables in one file that needs no network.\n"
    "RUN is a run of the history: its number, last (the default), or -1 for the last one, -2 for the one before it.\n"
    "FILE is a result that --json wrote. Two are compared, more are shown together.\n";

enum { SOURCE_MAX = 32, RUNS_MAX = 32 };

static bool is_run(const char *name)
{
	return !strcmp(name, "last") ||
	    !name[name[0] == '-' && name[1] ? 1 + strspn(name + 1, "0123456789")
					    : strspn(name, "0123456789")];
}

/* A new reference, or NULL with a message. */
static json_t *read_file(const char *name, struct err *err)
{
	struct document document = {0};
	struct err why;
	json_error_t error;
	json_t *json;
	FILE *in = fopen(name, "re");

	if (!in) {
		err_set(err, -errno, "cannot open '%s': %s", name, strerror(errno));
		return NULL;
	}
	json = json_loadf(in, JSON_REJECT_DUPLICATES, &error);
	fclose(in);
	if (!json) {
		err_set(err, -EPROTO, "cannot read '%s': line %d: %s", name, error.line, error.text);
		return NULL;
	}
	if (json_read(json_incref(json), &document, &why)) {
		err_set(err, -EPROTO, "cannot show '%s': %s", name, why.msg);
		json_decref(json);
		return NULL;
	}
	document_release(&document);
	return json;
}

static int add_run(struct past *past, json_t *data, const char *name, struct err *err)
{
	char source[SOURCE_MAX];
	json_t *json = NULL;
	int64_t id;
	int rc = past->store ? 0 : past_open(past, false, err);

	if (rc)
		return rc;
	id = store_find(past->store, name, err);
	if (id < 0)
		return (int)id;
	rc = store_read(past->store, id, &json, NULL, err);
	if (rc)
		return rc;
	snprintf(source, sizeof(source), "run %lld", (long long)id);
	rc = html_add_result(data, source, json, err);
	json_decref(json);
	return rc;
}

static int add_file(json_t *data, const char *name, struct err *err)
{
	json_t *json = read_file(name, err);
	int rc = json ? html_add_result(data, name, json, err) : -EPROTO;

	json_decref(json);
	return rc;
}

/* Renaming onto a folder fails, too, but says less. */
static int check_output(const char *output, struct err *err)
{
	struct stat info;

	if (strcmp(output, "-") != 0 && !stat(output, &info) && S_ISDIR(info.st_mode))
		return err_set(err, -EISDIR, "'%s' is a folder: name a file in it", output);
	return 0;
}

static int report(struct past *past, const char *const *names, int n, struct err *err)
{
	json_t *data = json_object();
	FILE *out;
	int rc = check_output(past->output, err);

	if (!rc && !html_is_built_in())
		rc = html_write(data, NULL, err);
	for (int i = 0; !rc && i < n; i++)
		rc = is_run(names[i]) ? add_run(past, data, names[i], err) : add_file(data, names[i], err);
	if (!rc) {
		out = past_open_output(past, err);
		rc = out ? html_write(data, out, err) : -EIO;
		if (out && past_close_output(past, out, !rc, rc ? NULL : err))
			rc = -EIO;
	}
	json_decref(data);
	if (!rc && strcmp(past->output, "-") != 0)
		printf("written to '%s': open it in a browser\n", past->output);
	return rc;
}

int cmd_report(int argc, char **argv)
{
	static const char *const newest[] = {"last"};
	struct past past;
	struct err err;
	int rc = past_parse(&past, PAST_REPORT, argc, argv, &err), status = EXIT_MEASURED;

	if (!past.output)
		past.output = "report.html";
	if (rc < 0)
		status = cli_fail(EXIT_USAGE, &err);
	else if (past.help)
		status = past_help(PAST_REPORT, usage);
	else if (rc > RUNS_MAX)
		status = cli_fail(EXIT_USAGE, &(struct err){"report takes at most 32 runs"});
	else if (report(&past, rc ? (const char *const *)past.operands : newest, rc ? rc : 1, &err))
		status = cli_fail(EXIT_CANNOT, &err);
	past_close(&past);
	return status;
}
