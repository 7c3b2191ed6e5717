// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Runs from one store to another. A run is an object of its columns, labels, document and loads; the rows of a table are
 * {"columns": [...], "rows": [[...], ...]}, so that a reader which knows fewer or more columns finds its own.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sample/hist_pack.h"
#include "store/sql.h"

enum { LATENCY_MAX = 1 << 20, COLUMNS_MAX = 24 };

/* A table whose rows belong to a load, and those of its columns that are exchanged. */
static const struct table {
	const char *name, *select, *insert;
	const char *columns[COLUMNS_MAX];
} tables[] = {
    {"processes", "SELECT process, pid, component, comm FROM processes WHERE load = ? ORDER BY process",
	"INSERT INTO processes (load, process, pid, component, comm) VALUES (?, ?, ?, ?, ?)",
	{"process", "pid", "component", "comm"}},
    {"windows",
	"SELECT window, start_ns, end_ns, started, completed, errors, connections, bytes_in, bytes_out, generator_user_ns,"
	" generator_system_ns, generator_busiest_ns, generator_wait_ns, host_busy_ns, host_softirq_ns, host_steal_ns,"
	" queue_waiting, queue_overflows FROM windows WHERE load = ? ORDER BY window",
	"INSERT INTO windows (load, window, start_ns, end_ns, started, completed, errors, connections, bytes_in,"
	" bytes_out, generator_user_ns, generator_system_ns, generator_busiest_ns, generator_wait_ns, host_busy_ns,"
	" host_softirq_ns, host_steal_ns, queue_waiting, queue_overflows)"
	" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	{"window", "start_ns", "end_ns", "started", "completed", "errors", "connections", "bytes_in",
	    "bytes_out", "generator_user_ns", "generator_system_ns", "generator_busiest_ns",
	    "generator_wait_ns", "host_busy_ns", "host_softirq_ns", "host_steal_ns", "queue_waiting",
	    "queue_overflows"}},
    {"window_processes",
	"SELECT window, process, total_ns, user_ns, system_ns FROM window_processes WHERE load = ?"
	" ORDER BY window, process",
	"INSERT INTO window_processes (load, window, process, total_ns, user_ns, system_ns) VALUES (?, ?, ?, ?, ?, ?)",
	{"window", "process", "total_ns", "user_ns", "system_ns"}},
};

enum { N_TABLES = sizeof(tables) / sizeof(tables[0]) };

/* A column of a row, of whatever type. */
static json_t *value_json(sqlite3_stmt *row, int column)
{
	switch (sqlite3_column_type(row, column)) {
	case SQLITE_INTEGER:
		return json_integer(sqlite3_column_int64(row, column));
	case SQLITE_FLOAT:
		return json_real(sqlite3_column_double(row, column));
	case SQLITE_NULL:
		return json_null();
	default:
		return json_string(sql_text(row, column));
	}
}

static json_t *table_json(struct store *store, const struct table *table, int64_t load, struct err *err)
{
	sqlite3_stmt *statement = sql_prepare(store, table->select, err);
	json_t *columns = json_array(), *rows = json_array();
	int rc;

	for (int i = 0; i < COLUMNS_MAX && table->columns[i]; i++)
		json_array_append_new(columns, json_string(table->columns[i]));
	sql_bind_integer(statement, 1, load);
	for (rc = sql_row(store, statement, err); rc > 0; rc = sql_row(store, statement, err)) {
		json_t *row = json_array();

		for (int i = 0; i < sqlite3_column_count(statement); i++)
			json_array_append_new(row, value_json(statement, i));
		json_array_append_new(rows, row);
	}
	sql_finish(statement);
	if (!rc)
		return json_pack("{s: o, s: o}", "columns", columns, "rows", rows);
	json_decref(columns);
	json_decref(rows);
	return NULL;
}

/* The columns of the statement's row, by their names. */
static json_t *row_json(sqlite3_stmt *row)
{
	json_t *o = json_object();

	for (int i = 0; i < sqlite3_column_count(row); i++)
		json_object_set_new(o, sqlite3_column_name(row, i), value_json(row, i));
	return o;
}

static json_t *loads_json(struct store *store, int64_t run, struct err *err)
{
	sqlite3_stmt *statement = sql_prepare(store,
	    "SELECT result, step, round, clients, at_ns, warmup_windows, tracer, hex(latency) AS latency, id"
	    " FROM loads WHERE run = ? ORDER BY id",
	    err);
	json_t *loads = json_array();
	int rc;

	sql_bind_integer(statement, 1, run);
	for (rc = sql_row(store, statement, err); rc > 0; rc = sql_row(store, statement, err)) {
		json_t *load = row_json(statement);
		int64_t id = json_integer_value(json_object_get(load, "id"));

		json_object_del(load, "id");
		for (int i = 0; i < N_TABLES && rc > 0; i++)
			if (json_object_set_new(load, tables[i].name, table_json(store, &tables[i], id, err)))
				rc = -EIO;
		json_array_append_new(loads, load);
		if (rc < 0)
			break;
	}
	sql_finish(statement);
	if (!rc)
		return loads;
	json_decref(loads);
	return NULL;
}

static json_t *labels_json(struct store *store, int64_t run, struct err *err)
{
	sqlite3_stmt *statement =
	    sql_prepare(store, "SELECT key, value FROM labels WHERE run = ? ORDER BY key", err);
	json_t *labels = json_object();
	int rc;

	sql_bind_integer(statement, 1, run);
	for (rc = sql_row(store, statement, err); rc > 0; rc = sql_row(store, statement, err))
		json_object_set_new(labels, sql_text(statement, 0), json_string(sql_text(statement, 1)));
	sql_finish(statement);
	if (!rc)
		return labels;
	json_decref(labels);
	return NULL;
}

json_t *store_export(struct store *store, int64_t run, struct err *err)
{
	sqlite3_stmt *statement = sql_prepare(store,
	    "SELECT uid, started_at, maxq, command, target, host, maximum_rps, cost_us, valid, complete, printed"
	    " FROM runs WHERE id = ?",
	    err);
	json_t *o = NULL, *document = NULL;
	int rc;

	sql_bind_integer(statement, 1, run);
	rc = sql_row(store, statement, err);
	if (rc > 0)
		o = row_json(statement);
	sql_finish(statement);
	rc = o ? store_read(store, run, &document, NULL, err) : -ENOENT;
	if (rc || json_object_set_new(o, "document", document) ||
	    json_object_set_new(o, "labels", labels_json(store, run, err)) ||
	    json_object_set_new(o, "loads", loads_json(store, run, err))) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static void bind_json(sqlite3_stmt *statement, int at, const json_t *value)
{
	if (json_is_string(value))
		sql_bind_text(statement, at, json_string_value(value));
	else if (json_is_integer(value))
		sql_bind_integer(statement, at, json_integer_value(value));
	else if (json_is_real(value))
		sql_bind_number(statement, at, json_real_value(value));
	else if (statement)
		sqlite3_bind_null(statement, at);
}

static size_t column_index(const json_t *columns, const char *name)
{
	size_t n = json_array_size(columns);

	for (size_t i = 0; i < n; i++)
		if (json_is_string(json_array_get(columns, i)) &&
		    !strcmp(json_string_value(json_array_get(columns, i)), name))
			return i;
	return n;
}

static int import_table(
    struct store *store, const struct table *table, int64_t load, const json_t *json, struct err *err)
{
	const json_t *columns = json_object_get(json, "columns"), *rows = json_object_get(json, "rows");
	sqlite3_stmt *statement = sql_prepare(store, table->insert, err);
	int rc = statement ? 0 : -EIO;

	for (size_t r = 0; r < json_array_size(rows) && !rc; r++) {
		const json_t *row = json_array_get(rows, r);

		sql_bind_integer(statement, 1, load);
		for (int i = 0; i < COLUMNS_MAX && table->columns[i]; i++)
			bind_json(
			    statement, 2 + i, json_array_get(row, column_index(columns, table->columns[i])));
		rc = sql_run(store, statement, err);
	}
	sql_finish(statement);
	return rc;
}

static int digit_value(char digit)
{
	const char *const digits = "0123456789ABCDEF";
	const char *found = digit ? strchr(digits, digit) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* From hexadecimal digits; and it must be a histogram. */
static int read_latency(const json_t *json, struct buf *latency)
{
	const char *text = json_is_string(json) ? json_string_value(json) : "";
	struct hist *hist = malloc(sizeof(*hist));
	int rc = hist ? 0 : -ENOMEM;

	for (; text[0] && !rc; text += 2) {
		int high = digit_value(text[0]), low = digit_value(text[1]);
		char byte = (char)(16 * high + low);

		rc = high < 0 || low < 0 ? -EPROTO : buf_append(latency, &byte, 1);
	}
	if (!rc)
		rc = hist_unpack(latency->data, latency->len, hist);
	free(hist);
	return rc;
}

static int import_load(struct store *store, int64_t run, const json_t *json, struct err *err)
{
	static const char *const columns[] = {
	    "result", "step", "round", "clients", "at_ns", "warmup_windows", "tracer"};
	enum { N_COLUMNS = sizeof(columns) / sizeof(columns[0]) };
	sqlite3_stmt *statement = sql_prepare(store,
	    "INSERT INTO loads (run, result, step, round, clients, at_ns, warmup_windows, tracer, latency)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    err);
	struct buf latency;
	int64_t id = 0;
	int rc;

	buf_init(&latency, LATENCY_MAX);
	rc = read_latency(json_object_get(json, "latency"), &latency);
	if (rc)
		err_set(err, rc, "the latencies of a load are broken");
	sql_bind_integer(statement, 1, run);
	for (int i = 0; i < N_COLUMNS; i++)
		bind_json(statement, 2 + i, json_object_get(json, columns[i]));
	sql_bind_blob(statement, 2 + N_COLUMNS, latency.data, latency.len);
	if (!rc)
		rc = sql_run(store, statement, err);
	if (!rc)
		id = sqlite3_last_insert_rowid(store->db);
	sql_finish(statement);
	for (int i = 0; i < N_TABLES && !rc; i++)
		rc = import_table(store, &tables[i], id, json_object_get(json, tables[i].name), err);
	buf_release(&latency);
	return rc;
}

/* The head of the document without its results, and each of these. */
static int import_document(struct store *store, int64_t run, const json_t *results, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < json_array_size(results) && !rc; i++) {
		char *text =
		    json_dumps(json_array_get(results, i), JSON_COMPACT | JSON_REAL_PRECISION(STORE_DIGITS));

		rc = text ? store_put_result(store, run, i, text, err) : -ENOMEM;
		free(text);
	}
	return rc;
}

static const char *text_of(const json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

static double number_of(const json_t *json, const char *key)
{
	const json_t *value = json_object_get(json, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

/* The run itself, without what belongs to it. */
static int64_t import_run(struct store *store, const json_t *json, struct err *err)
{
	json_t *document = json_object_get(json, "document"), *head = json_copy(document);
	struct run_summary summary = {
	    .maximum_rps = number_of(json, "maximum_rps"),
	    .cost_us = number_of(json, "cost_us"),
	    .valid = number_of(json, "valid") > 0,
	    .complete = number_of(json, "complete") > 0,
	};
	struct store_run run = {.summary = &summary,
	    .maxq = text_of(json, "maxq"),
	    .host = text_of(json, "host"),
	    .printed = text_of(json, "printed"),
	    .uid = text_of(json, "uid")};
	const char *target = text_of(json, "target"), *started = text_of(json, "started_at"),
		   *command = text_of(json, "command");
	char *text = NULL;
	int64_t id;

	if (!json_is_object(document) || !head || !target || !started || !command || !run.maxq || !run.host ||
	    !run.uid) {
		json_decref(head);
		return err_set(err, -EPROTO, "this is not a run of maxq");
	}
	json_object_set_new(head, "results", json_array());
	text = json_dumps(head, JSON_COMPACT | JSON_REAL_PRECISION(STORE_DIGITS));
	summary.target = strdup(target);
	strncpy(summary.started_at, started, sizeof(summary.started_at) - 1);
	strncpy(summary.command, command, sizeof(summary.command) - 1);
	run.head = text;
	id =
	    text && summary.target ? store_put_run(store, &run, err) : err_set(err, -ENOMEM, "out of memory");
	free(text);
	json_decref(head);
	run_summary_release(&summary);
	return id;
}

/* 1 when a run of that uid is there. */
static int is_known(struct store *store, const char *uid, struct err *err)
{
	sqlite3_stmt *statement = sql_prepare(store, "SELECT 1 FROM runs WHERE uid = ?", err);
	int rc;

	sql_bind_text(statement, 1, uid);
	rc = sql_row(store, statement, err);
	sql_finish(statement);
	return rc;
}

int64_t store_import(struct store *store, const json_t *run, struct err *err)
{
	const json_t *labels = json_object_get(run, "labels"), *loads = json_object_get(run, "loads");
	int rc = is_known(store, text_of(run, "uid"), err);
	const char *key;
	json_t *value;
	int64_t id;

	if (rc)
		return rc < 0 ? rc : err_set(err, -EEXIST, "the run is stored already");
	id = import_run(store, run, err);
	if (id < 0)
		return id;
	json_object_foreach((json_t *)labels, key, value) if (!rc && json_is_string(value)) rc =
	    store_put_label(store, id, key, json_string_value(value), err);
	if (!rc)
		rc = import_document(
		    store, id, json_object_get(json_object_get(run, "document"), "results"), err);
	for (size_t i = 0; i < json_array_size(loads) && !rc; i++)
		rc = import_load(store, id, json_array_get(loads, i), err);
	/* two windows of one number, or none */
	if (rc == -EEXIST)
		rc = err_set(err, -EPROTO, "the loads of a run are broken");
	return rc ? rc : id;
}
