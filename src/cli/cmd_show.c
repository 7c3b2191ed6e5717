// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "cli/past.h"
#include "report/history.h"
#include "report/json.h"
#include "report/json_read.h"
#include "report/replay.h"
#include "report/text.h"

static const char usage[] =
    "usage: maxq show [OPTION]... [RUN]\n\n"
    "Shows a run of the history exactly as it was printed. RUN is its number, last (the default), or -1 for the\n"
    "last one, -2 for the one before it.\n";

/* What would have been printed, for results of which only the JSON is known. */
static int print_again(const struct document *document, struct err *err)
{
	char *text = NULL;
	size_t len;
	FILE *memory = open_memstream(&text, &len);
	struct text_sink sink;

	if (!memory)
		return err_set(err, -1, "out of memory");
	text_sink_init(&sink, memory, NULL);
	replay(&document->report, &sink.sink);
	fclose(memory);
	/* it may come from anywhere */
	history_print_text(text, stdout);
	free(text);
	return 0;
}

static int show_text(json_t *json, const char *printed, struct err *err)
{
	struct document document;
	bool complete = json_is_true(json_object_get(json, "complete"));
	int rc = 0;

	if (printed) {
		history_print_text(printed, stdout);
		if (!complete && !strstr(printed, "\nPARTIAL: "))
			fputs("\nPARTIAL: maxq was ended before the run was complete\n", stdout);
		json_decref(json);
	} else {
		rc = json_read(json, &document, err);
		if (!rc) {
			rc = print_again(&document, err);
			document_release(&document);
		}
	}
	if (!rc && (fflush(stdout) || ferror(stdout)))
		rc = err_set(err, -1, "cannot write the results: standard output failed");
	return rc;
}

static int show_json(const struct past *past, json_t *json, struct err *err)
{
	FILE *out = past_open_output(past, err);
	int rc = out ? json_print(json, out, err) : -1;

	if (out && past_close_output(past, out, !rc, err))
		rc = -1;
	json_decref(json);
	return rc;
}

static int show(struct past *past, const char *name, struct err *err)
{
	char *printed = NULL;
	json_t *json = NULL;
	int64_t id;
	int rc = past_open(past, false, err);

	if (rc)
		return rc;
	id = store_find(past->store, name, err);
	rc = id < 0 ? (int)id : store_read(past->store, id, &json, &printed, err);
	if (!rc)
		rc = past->output ? show_json(past, json, err) : show_text(json, printed, err);
	free(printed);
	return rc;
}

int cmd_show(int argc, char **argv)
{
	struct past past;
	struct err err;
	int rc = past_parse(&past, PAST_SHOW, argc, argv, &err), status = EXIT_MEASURED;

	if (rc < 0)
		status = cli_fail(EXIT_USAGE, &err);
	else if (past.help)
		status = past_help(PAST_SHOW, usage);
	else if (rc > 1)
		status = cli_fail(EXIT_USAGE, &(struct err){"show takes one run: see 'maxq show --help'"});
	else if (show(&past, rc ? past.operands[0] : "last", &err))
		status = cli_fail(EXIT_CANNOT, &err);
	past_close(&past);
	return status;
}
