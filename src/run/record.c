// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "report/json.h"

/* So much of a result is stored. */
struct kept {
	size_t n_steps, n_rounds;
	bool any;
};

static struct record *record_of(struct sink *sink)
{
	return (struct record *)sink; /* its first member */
}

/* From now on nothing more is stored. */
static void give_up(struct record *r)
{
	store_rollback(r->store);
	store_close(r->store);
	r->store = NULL;
	r->failed = true;
}

static char *dump(const json_t *json)
{
	return json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(STORE_DIGITS)) : NULL;
}

static int put_labels(struct record *r, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < r->n_labels && !rc; i++) {
		size_t len = strcspn(r->labels[i], "=");
		char *key = strndup(r->labels[i], len);

		rc = key ? store_put_label(r->store, r->run, key, r->labels[i] + len + 1, err) : -ENOMEM;
		free(key);
	}
	return rc;
}

/* The run itself; its head only where it is new, or has changed. */
static int put_run(struct record *r, bool with_head, struct err *err)
{
	char host[FINGERPRINT_MAX], *head = NULL;
	struct run_summary summary = {0};
	struct store_run run = {.summary = &summary, .maxq = MAXQ_VERSION, .host = host};
	bool is_new = !r->run;
	int64_t id;

	if (with_head || is_new) {
		json_t *json = json_of_report(r->report);

		/* each result has a document of its own */
		json_object_set_new(json, "results", json_array());
		head = dump(json);
		json_decref(json);
	}
	if ((!head && (with_head || is_new)) || summarize_run(r->report, &summary)) {
		free(head);
		return err_set(err, -ENOMEM, "out of memory");
	}
	host_fingerprint(&r->report->host, host, sizeof(host));
	fflush(r->memory);
	summary.id = r->run;
	run.head = head;
	run.printed = r->printed;
	id = store_put_run(r->store, &run, err);
	free(head);
	run_summary_release(&summary);
	if (id < 0)
		return (int)id;
	r->run = id;
	return is_new ? put_labels(r, err) : 0;
}

/* Of a run that is ended at any moment, this is what remains: it must say so. */
static void mark_partial(json_t *result)
{
	json_object_set_new(result, "valid", json_false());
	json_array_append_new(
	    json_object_get(result, "why_not_valid"), json_string("maxq was ended before this was complete"));
	json_array_append_new(json_object_get(result, "failed_checks"), json_null());
}

static int put_result(struct record *r, size_t i, bool is_final, struct err *err)
{
	json_t *json = json_of_result(&r->report->results[i]);
	char *text;
	int rc;

	if (!is_final)
		mark_partial(json);
	text = dump(json);
	rc = text ? store_put_result(r->store, r->run, i, text, err) : err_set(err, -ENOMEM, "out of memory");
	free(text);
	json_decref(json);
	return rc;
}

/* Those that have changed; in the end all. */
static int put_results(struct record *r, bool is_final, struct err *err)
{
	size_t n = r->report->n_results;
	int rc = 0;

	if (n > r->n_kept) {
		struct kept *more = realloc(r->kept, n * sizeof(*more));

		if (!more)
			return err_set(err, -ENOMEM, "out of memory");
		memset(more + r->n_kept, 0, (n - r->n_kept) * sizeof(*more));
		r->kept = more;
		r->n_kept = n;
	}
	for (size_t i = 0; i < n && !rc; i++) {
		const struct result *result = &r->report->results[i];
		struct kept now = {result->n_steps, result->n_rounds, true};

		if (!is_final && r->kept[i].any && r->kept[i].n_steps == now.n_steps &&
		    r->kept[i].n_rounds == now.n_rounds)
			continue;
		rc = put_result(r, i, is_final, err);
		r->kept[i] = now;
	}
	return rc;
}

/* Begins a transaction, in which the run is. */
static int begin(struct record *r, bool is_final, struct err *err)
{
	int rc = store_begin(r->store, err);

	if (!rc)
		rc = put_run(r, is_final, err);
	return rc ? rc : put_results(r, is_final, err);
}

static void finish(struct record *r, int rc)
{
	if (!rc)
		rc = store_commit(r->store, &r->err);
	if (rc)
		give_up(r);
}

static void record_begin(struct sink *sink, const struct report *report)
{
	struct record *r = record_of(sink);

	r->report = report;
	r->began_ns = clock_ns();
	r->text.sink.begin(&r->text.sink, report);
}

/* The results of the round before this one. */
static void record_row(struct sink *sink, const struct progress *progress, const char *doing)
{
	struct record *r = record_of(sink);

	r->text.sink.row(&r->text.sink, progress, doing);
	if (r->store && r->run)
		finish(r, begin(r, false, &r->err));
}

static void record_sample(
    struct sink *sink, const struct progress *progress, const struct step_sample *sample)
{
	struct record *r = record_of(sink);
	struct store_load load = {
	    .result = progress->row, .round = progress->round, .tracer = progress->tracer, .sample = sample};
	int rc;

	if (!r->store || !r->report || !sample->n_windows)
		return;
	load.at_ns = sample->windows[0].start_ns - r->began_ns;
	rc = begin(r, false, &r->err);
	load.run = r->run;
	if (!rc)
		rc = store_add_load(r->store, &load, &r->err);
	finish(r, rc);
}

static void record_step(struct sink *sink, const struct progress *progress, const struct step *step)
{
	struct record *r = record_of(sink);
	size_t n_steps;
	int rc;

	r->text.sink.step(&r->text.sink, progress, step);
	if (!r->store || !r->run || progress->row >= r->report->n_results)
		return;
	n_steps = r->report->results[progress->row].n_steps;
	rc = begin(r, false, &r->err);
	if (!rc && n_steps)
		rc = store_set_step(r->store, r->run, progress->row, n_steps - 1, &r->err);
	finish(r, rc);
}

static void record_searched(struct sink *sink, const struct progress *progress, const struct step *step)
{
	struct record *r = record_of(sink);

	r->text.sink.searched(&r->text.sink, progress, step);
}

static void record_result(struct sink *sink, const struct result *result)
{
	struct record *r = record_of(sink);
	int rc;

	r->text.sink.result(&r->text.sink, result);
	if (!r->store || !r->run || strcmp(r->report->command, "load") != 0)
		return;
	/* a load has one step, of which nobody tells but by its result */
	rc = begin(r, false, &r->err);
	if (!rc)
		rc = store_set_step(r->store, r->run, 0, 0, &r->err);
	finish(r, rc);
}

static void record_end(struct sink *sink, const struct report *report)
{
	struct record *r = record_of(sink);

	r->report = report;
	r->text.sink.end(&r->text.sink, report);
	if (!r->store || !r->run)
		return;
	/* what was begun and then given up, as no step came of it */
	if (!report->n_results) {
		int rc = store_begin(r->store, &r->err);

		finish(r, rc ? rc : store_forget(r->store, r->run, &r->err));
		return;
	}
	finish(r, begin(r, true, &r->err));
}

int record_init(
    struct record *record, const char *path, const char *const *labels, size_t n_labels, struct err *err)
{
	int rc;

	*record = (struct record){
	    .sink = {.begin = record_begin,
		.row = record_row,
		.sample = record_sample,
		.step = record_step,
		.searched = record_searched,
		.result = record_result,
		.end = record_end},
	    .labels = labels,
	    .n_labels = n_labels,
	};
	record->memory = open_memstream(&record->printed, &record->printed_len);
	if (!record->memory)
		return err_set(err, -ENOMEM, "out of memory");
	text_sink_init(&record->text, record->memory, NULL);
	rc = store_open(&record->store, path, true, err);
	if (rc)
		record_release(record);
	return rc;
}

void record_release(struct record *record)
{
	store_close(record->store);
	if (record->memory)
		fclose(record->memory);
	free(record->printed);
	free(record->kept);
	*record = (struct record){0};
}

const char *record_failure(const struct record *record)
{
	return record->failed ? record->err.msg : NULL;
}
