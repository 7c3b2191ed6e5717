// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample/hist_pack.h"
#include "store/sql.h"

enum { SQL_MAX = 16 * 1024 };

/* "KEY" or "KEY=VALUE": its parts as parameters at, at + 1. */
static void bind_label(sqlite3_stmt *statement, int at, const char *label)
{
	size_t len = strcspn(label, "=");

	if (!statement)
		return;
	sqlite3_bind_text(statement, at, label, (int)len, SQLITE_TRANSIENT);
	if (label[len])
		sqlite3_bind_text(statement, at + 1, label + len + 1, -1, SQLITE_TRANSIENT);
}

static sqlite3_stmt *prepare_list(struct store *store, const struct store_filter *f, struct err *err)
{
	sqlite3_stmt *statement;
	struct buf sql;
	int at = 6;

	buf_init(&sql, SQL_MAX);
	buf_text(&sql,
	    "SELECT id, started_at, command, target, maximum_rps, cost_us, valid, complete,"
	    " (SELECT group_concat(key || '=' || value, ' ') FROM (SELECT * FROM labels WHERE run = id ORDER BY key))"
	    " FROM runs WHERE (?1 IS NULL OR instr(target, ?1)) AND (?2 IS NULL OR command = ?2)"
	    " AND (?3 IS NULL OR started_at >= ?3) AND (?4 IS NULL OR substr(started_at, 1, length(?4)) <= ?4)"
	    " AND (?5 IS NULL OR started_at < ?5)");
	for (size_t i = 0; i < f->n_labels; i++, at += 2)
		buf_printf(&sql,
		    " AND EXISTS (SELECT 1 FROM labels WHERE run = id AND key = ?%d AND (?%d IS NULL OR value = ?%d))",
		    at, at + 1, at + 1);
	buf_printf(&sql, " ORDER BY started_at DESC, id DESC LIMIT ?%d", at);
	statement = sql_prepare(store, sql.data, err);
	sql_bind_text(statement, 1, f->target);
	sql_bind_text(statement, 2, f->command);
	sql_bind_text(statement, 3, f->since);
	sql_bind_text(statement, 4, f->until);
	sql_bind_text(statement, 5, f->before);
	for (size_t i = 0; i < f->n_labels; i++)
		bind_label(statement, 6 + 2 * (int)i, f->labels[i]);
	sql_bind_integer(statement, at, f->limit ? (int64_t)f->limit : -1);
	buf_release(&sql);
	return statement;
}

static int read_summary(sqlite3_stmt *row, struct run_summary *s)
{
	*s = (struct run_summary){
	    .id = sqlite3_column_int64(row, 0),
	    .target = strdup(sql_text(row, 3)),
	    .labels = strdup(sql_text(row, 8)),
	    .maximum_rps = sql_number(row, 4),
	    .cost_us = sql_number(row, 5),
	    .valid = sqlite3_column_int(row, 6),
	    .complete = sqlite3_column_int(row, 7),
	};
	snprintf(s->started_at, sizeof(s->started_at), "%s", sql_text(row, 1));
	snprintf(s->command, sizeof(s->command), "%s", sql_text(row, 2));
	return s->target && s->labels ? 0 : -ENOMEM;
}

/* https://www.sqlite.org/pragma.html#pragma_data_version */
bool store_changed(struct store *store)
{
	struct err err;
	sqlite3_stmt *statement = sql_prepare(store, "PRAGMA data_version", &err);
	int64_t before = store->data_version;

	store->data_version = sql_row(store, statement, &err) > 0 ? sqlite3_column_int64(statement, 0) : 0;
	sql_finish(statement);
	return !before || store->data_version != before;
}

int store_list(
    struct store *store, const struct store_filter *filter, struct run_summary **runs, struct err *err)
{
	sqlite3_stmt *statement = prepare_list(store, filter, err);
	struct run_summary *list = NULL;
	size_t n = 0;
	int rc = sql_row(store, statement, err);

	while (rc > 0) {
		struct run_summary *more = realloc(list, (n + 1) * sizeof(*list));

		if (more) {
			list = more;
			rc = read_summary(statement, &list[n++]);
		}
		if (!more || rc)
			rc = err_set(err, -ENOMEM, "out of memory");
		else
			rc = sql_row(store, statement, err);
	}
	sql_finish(statement);
	if (rc < 0) {
		store_free_list(list, n);
		return rc;
	}
	*runs = list;
	return (int)n;
}

void store_free_list(struct run_summary *runs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		run_summary_release(&runs[i]);
	free(runs);
}

int64_t store_find(struct store *store, const char *name, struct err *err)
{
	bool is_last = !strcmp(name, "last");
	char *end = NULL;
	long long number = is_last ? -1 : strtoll(name, &end, 10);
	sqlite3_stmt *statement;
	int64_t id = 0;
	int rc;

	if (!is_last && (end == name || *end || !number || number == LLONG_MIN))
		return err_set(err, -EINVAL,
		    "bad run '%s': use its number, last, or -1 for the last, -2 for the one before", name);
	statement = sql_prepare(store,
	    number > 0 ? "SELECT id FROM runs WHERE id = ?"
		       : "SELECT id FROM runs ORDER BY started_at DESC, id DESC LIMIT 1 OFFSET ?",
	    err);
	sql_bind_integer(statement, 1, number > 0 ? number : -number - 1);
	rc = sql_row(store, statement, err);
	if (rc > 0)
		id = sqlite3_column_int64(statement, 0);
	sql_finish(statement);
	if (rc < 0)
		return rc;
	return id ? id : err_set(err, -ENOENT, "no run '%s' in '%s': see 'maxq history'", name, store->path);
}

/* A document that the store itself has written. */
static json_t *parse(struct store *store, const char *text, struct err *err)
{
	json_t *json = json_loads(text, 0, NULL);

	if (!json)
		err_set(err, -EILSEQ, "a document in '%s' is broken", store->path);
	return json;
}

static int append_results(struct store *store, int64_t run, json_t *document, struct err *err)
{
	sqlite3_stmt *statement =
	    sql_prepare(store, "SELECT document FROM results WHERE run = ? ORDER BY result", err);
	json_t *results = json_object_get(document, "results");
	int rc;

	if (!json_is_array(results)) {
		results = json_array();
		json_object_set_new(document, "results", results);
	}
	sql_bind_integer(statement, 1, run);
	rc = sql_row(store, statement, err);
	while (rc > 0) {
		json_t *result = parse(store, sql_text(statement, 0), err);

		if (!result || json_array_append_new(results, result))
			rc = result ? err_set(err, -ENOMEM, "out of memory") : -EILSEQ;
		else
			rc = sql_row(store, statement, err);
	}
	sql_finish(statement);
	return rc;
}

int store_read(struct store *store, int64_t run, json_t **document, char **printed, struct err *err)
{
	sqlite3_stmt *statement = sql_prepare(store, "SELECT document, printed FROM runs WHERE id = ?", err);
	json_t *head = NULL;
	char *text = NULL;
	int rc;

	sql_bind_integer(statement, 1, run);
	rc = sql_row(store, statement, err);
	if (!rc)
		rc = err_set(err, -ENOENT, "no run %lld in '%s'", (long long)run, store->path);
	if (rc > 0) {
		head = parse(store, sql_text(statement, 0), err);
		if (sqlite3_column_type(statement, 1) != SQLITE_NULL)
			text = strdup(sql_text(statement, 1));
		rc = head ? 0 : -EILSEQ;
	}
	sql_finish(statement);
	if (!rc)
		rc = append_results(store, run, head, err);
	if (rc) {
		json_decref(head);
		free(text);
		return rc;
	}
	*document = head;
	if (printed)
		*printed = text;
	else
		free(text);
	return 0;
}

int store_read_latency(
    struct store *store, int64_t run, size_t result, size_t step, struct hist *latency, struct err *err)
{
	sqlite3_stmt *statement =
	    sql_prepare(store, "SELECT latency FROM loads WHERE run = ? AND result = ? AND step = ?", err);
	struct hist *one = malloc(sizeof(*one));
	int rc = one ? 0 : err_set(err, -ENOMEM, "out of memory");

	sql_bind_integer(statement, 1, run);
	sql_bind_integer(statement, 2, (int64_t)result);
	sql_bind_integer(statement, 3, (int64_t)step);
	if (!rc)
		rc = sql_row(store, statement, err);
	while (rc > 0) {
		if (hist_unpack(
			sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0), one)) {
			rc = err_set(err, -EILSEQ, "a histogram in '%s' is broken", store->path);
			break;
		}
		hist_merge(latency, one);
		rc = sql_row(store, statement, err);
	}
	sql_finish(statement);
	free(one);
	return rc;
}
