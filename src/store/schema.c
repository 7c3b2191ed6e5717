// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sql.h"

#include <stdio.h>

/*
 * What makes each version of the one before it: never changed once it is released, only added to. PRAGMA user_version says
 * which one a database has.
 */
static const char *const steps[STORE_VERSION] = {
    /* 1: runs and their documents. Ids are not used twice, so that a forgotten one names nobody else. */
    "CREATE TABLE runs (id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, started_at TEXT NOT NULL,"
    " maxq TEXT NOT NULL, command TEXT NOT NULL, target TEXT NOT NULL, host TEXT NOT NULL, maximum_rps REAL,"
    " cost_us REAL, valid INTEGER NOT NULL, complete INTEGER NOT NULL, document TEXT NOT NULL, printed TEXT);"
    "CREATE INDEX runs_by_time ON runs (started_at);"
    "CREATE TABLE labels (run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, key TEXT NOT NULL,"
    " value TEXT NOT NULL, PRIMARY KEY (run, key)) WITHOUT ROWID;"
    "CREATE TABLE results (run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, result INTEGER NOT NULL,"
    " document TEXT NOT NULL, PRIMARY KEY (run, result));",
    /* 2: the time series. start_ns and end_ns count from the begin of the load. */
    "CREATE TABLE loads (id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,"
    " result INTEGER NOT NULL, step INTEGER, round INTEGER NOT NULL, clients INTEGER NOT NULL, at_ns INTEGER NOT NULL,"
    " warmup_windows INTEGER NOT NULL, latency BLOB NOT NULL);"
    "CREATE INDEX loads_by_run ON loads (run, result);"
    "CREATE TABLE processes (load INTEGER NOT NULL REFERENCES loads ON DELETE CASCADE, process INTEGER NOT NULL,"
    " pid INTEGER NOT NULL, component TEXT NOT NULL, comm TEXT NOT NULL, PRIMARY KEY (load, process)) WITHOUT ROWID;"
    "CREATE TABLE windows (load INTEGER NOT NULL REFERENCES loads ON DELETE CASCADE, window INTEGER NOT NULL,"
    " start_ns INTEGER, end_ns INTEGER, started INTEGER, completed INTEGER, errors INTEGER, connections INTEGER,"
    " bytes_in INTEGER, bytes_out INTEGER, generator_user_ns INTEGER, generator_system_ns INTEGER,"
    " generator_busiest_ns INTEGER, generator_wait_ns INTEGER, host_busy_ns INTEGER, host_softirq_ns INTEGER,"
    " host_steal_ns INTEGER, queue_waiting INTEGER, queue_overflows INTEGER, PRIMARY KEY (load, window)) WITHOUT ROWID;"
    "CREATE TABLE window_processes (load INTEGER NOT NULL REFERENCES loads ON DELETE CASCADE, window INTEGER NOT NULL,"
    " process INTEGER NOT NULL, total_ns INTEGER, user_ns INTEGER, system_ns INTEGER,"
    " PRIMARY KEY (load, window, process)) WITHOUT ROWID;",
    /* 3: loads of a profile that belong to no step. Of those that are there nobody knows which were traced. */
    "ALTER TABLE loads ADD COLUMN tracer TEXT;",
};

static int version_of(struct store *store, struct err *err)
{
	sqlite3_stmt *statement = sql_prepare(store, "PRAGMA user_version", err);
	int rc = sql_row(store, statement, err);

	if (rc > 0)
		rc = sqlite3_column_int(statement, 0);
	sql_finish(statement);
	return rc;
}

int schema_migrate(struct store *store, int version, struct err *err)
{
	char pragma[64];
	int rc = store_begin(store, err), from;

	if (rc)
		return rc;
	/* another maxq may have done it while we waited for our turn */
	from = version_of(store, err);
	rc = from < 0 ? from : 0;
	for (int i = from; i < version && i < STORE_VERSION && !rc; i++)
		rc = sql_exec(store, steps[i], err);
	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", version);
	if (!rc && from < version)
		rc = sql_exec(store, pragma, err);
	if (!rc)
		rc = store_commit(store, err);
	if (rc)
		store_rollback(store);
	return rc;
}
