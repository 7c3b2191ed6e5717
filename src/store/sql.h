// SPDX-License-Identifier: GPL-3.0-or-later
/* Statements, for the other files of this folder. A statement that could not be made is NULL, which all of these take. */
#ifndef MAXQ_STORE_SQL_H
#define MAXQ_STORE_SQL_H

#include <sqlite3.h>
#include <stdint.h>

#include "store/store.h"

struct store {
	sqlite3 *db;
	char path[STORE_PATH_MAX];
	int64_t data_version; /* of store_changed; 0: not asked yet */
};

/* The database's last failure as negative errno, with a message. */
int sql_failed(struct store *store, struct err *err);

/* Statements without results. */
int sql_exec(struct store *store, const char *sql, struct err *err);

/* For sql_finish. NULL with a message. */
sqlite3_stmt *sql_prepare(struct store *store, const char *sql, struct err *err);

/* Parameters are numbered from 1. Texts are copied; NULL and NAN become NULL. */
void sql_bind_integer(sqlite3_stmt *statement, int at, int64_t value);
void sql_bind_number(sqlite3_stmt *statement, int at, double value);
void sql_bind_text(sqlite3_stmt *statement, int at, const char *text);
void sql_bind_blob(sqlite3_stmt *statement, int at, const void *data, size_t len);

/* The next row: 1, 0 at the end, or negative errno. */
int sql_row(struct store *store, sqlite3_stmt *statement, struct err *err);

/* Runs it to its end, for another time: 0 or negative errno. */
int sql_run(struct store *store, sqlite3_stmt *statement, struct err *err);

/* The same, and frees it. */
int sql_run_once(struct store *store, sqlite3_stmt *statement, struct err *err);

void sql_finish(sqlite3_stmt *statement);

/* A column of the row, from 0: "" and 0 where it is NULL; NAN for numbers. */
const char *sql_text(sqlite3_stmt *statement, int column);
double sql_number(sqlite3_stmt *statement, int column);

/* Brings the database to the format of that version, step by step; `version` <= STORE_VERSION. */
int schema_migrate(struct store *store, int version, struct err *err);

/* A new, unguessable name of 32 hexadecimal digits. */
enum { UID_SIZE = 33 };
void new_uid(char uid[UID_SIZE]);

#endif
