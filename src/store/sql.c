// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sql.h"

#include <errno.h>
#include <math.h>

static int errno_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return -EILSEQ;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	default:
		return -EIO;
	}
}

int sql_failed(struct store *store, struct err *err)
{
	int rc = errno_of(sqlite3_extended_errcode(store->db));

	if (rc == -EBUSY)
		return err_set(err, rc, "cannot use '%s': another program keeps it locked", store->path);
	return err_set(err, rc, "cannot use '%s': %s", store->path, sqlite3_errmsg(store->db));
}

int sql_exec(struct store *store, const char *sql, struct err *err)
{
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL) ? sql_failed(store, err) : 0;
}

sqlite3_stmt *sql_prepare(struct store *store, const char *sql, struct err *err)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL))
		sql_failed(store, err);
	return statement;
}

void sql_bind_integer(sqlite3_stmt *statement, int at, int64_t value)
{
	if (statement)
		sqlite3_bind_int64(statement, at, value);
}

void sql_bind_number(sqlite3_stmt *statement, int at, double value)
{
	if (statement && isfinite(value))
		sqlite3_bind_double(statement, at, value);
	else if (statement)
		sqlite3_bind_null(statement, at);
}

void sql_bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	if (statement)
		sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

void sql_bind_blob(sqlite3_stmt *statement, int at, const void *data, size_t len)
{
	if (statement)
		sqlite3_bind_blob64(statement, at, data, len, SQLITE_TRANSIENT);
}

int sql_row(struct store *store, sqlite3_stmt *statement, struct err *err)
{
	int rc = statement ? sqlite3_step(statement) : SQLITE_ERROR;

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	/* without a statement, what made it fail has been told */
	return statement ? sql_failed(store, err) : errno_of(sqlite3_errcode(store->db));
}

int sql_run(struct store *store, sqlite3_stmt *statement, struct err *err)
{
	int rc;

	do
		rc = sql_row(store, statement, err);
	while (rc > 0);
	if (statement)
		sqlite3_reset(statement);
	return rc;
}

int sql_run_once(struct store *store, sqlite3_stmt *statement, struct err *err)
{
	int rc = sql_run(store, statement, err);

	sql_finish(statement);
	return rc;
}

void sql_finish(sqlite3_stmt *statement)
{
	sqlite3_finalize(statement);
}

const char *sql_text(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text ? text : "";
}

double sql_number(sqlite3_stmt *statement, int column)
{
	return sqlite3_column_type(statement, column) == SQLITE_NULL
	    ? NAN
	    : sqlite3_column_double(statement, column);
}
