// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "cli/past.h"
#include "report/hdr.h"
#include "report/history.h"
#include "report/json.h"
#include "report/json_read.h"
#include "report/markdown.h"
#include "report/openmetrics.h"
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

static int write_csv(const void *report, FILE *out, struct err *err)
{
	(void)err;
	csv_print(report, out);
	return 0;
}

static int write_markdown(const void *report, FILE *out, struct err *err)
{
	(void)err;
	markdown_print(report, out);
	return 0;
}

static int write_openmetrics(const void *report, FILE *out, struct err *err)
{
	(void)err;
	openmetrics_print(report, out);
	return 0;
}

/* The latencies of a run's steps are beside its document. */
struct latencies {
	struct store *store;
	int64_t run;
	const struct report *report;
};

/* One line a step, each with the name of its result; they lie one after the other, as far as is known. */
static int write_hdr(const void *what, FILE *out, struct err *err)
{
	const struct latencies *l = what;
	struct hist *hist = malloc(sizeof(*hist));
	double at_s = 0;
	int rc = 0;

	if (!hist)
		return err_set(err, -1, "out of memory");
	hdr_print_head(l->report->started_at, out);
	for (size_t r = 0; r < l->report->n_results && !rc; r++) {
		const struct result *result = &l->report->results[r];

		for (size_t s = 0; s < result->n_steps && !rc; s++) {
			hist_init(hist);
			rc = store_read_latency(l->store, l->run, r, s, hist, err);
			if (!rc && hist->count)
				rc = hdr_print(hist, result->name, at_s, result->steps[s].duration_s, out);
			at_s += result->steps[s].warmup_s + result->steps[s].duration_s;
		}
	}
	free(hist);
	return rc;
}

/* What other programs read. Takes over the document. */
static int show_files(const struct past *past, json_t *json, int64_t run, struct err *err)
{
	struct document document;
	struct latencies latencies = {past->store, run, &document.report};
	int rc = json_read(json, &document, err);

	if (rc)
		return rc;
	if (past->csv)
		rc = output_write(past->csv, write_csv, &document.report, err);
	if (!rc && past->markdown)
		rc = output_write(past->markdown, write_markdown, &document.report, err);
	if (!rc && past->openmetrics)
		rc = output_write(past->openmetrics, write_openmetrics, &document.report, err);
	if (!rc && past->hdr)
		rc = output_write(past->hdr, write_hdr, &latencies, err);
	document_release(&document);
	return rc;
}

static bool has_files(const struct past *past)
{
	return past->csv || past->markdown || past->openmetrics || past->hdr;
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
	if (!rc && has_files(past))
		rc = show_files(past, json_incref(json), id, err);
	if (!rc && (past->output || !has_files(past)))
		rc = past->output ? show_json(past, json, err) : show_text(json, printed, err);
	else
		json_decref(json);
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
