// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/sql.h"

enum { BUSY_TIMEOUT_MS = 5000, BUSY_PAUSE_MS = 10 };

/* "maxq" in the header of the file: by this it is known from other programs' databases. */
static const int application_id = 0x6d617871;

/* All folders above the file. Those that are there stay as they are. */
static int make_folders(const char *path, struct err *err)
{
	char folder[STORE_PATH_MAX];

	snprintf(folder, sizeof(folder), "%s", path);
	for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, 0700) && errno != EEXIST)
			return err_set(
			    err, -errno, "cannot create the folder '%s': %s", folder, strerror(errno));
		*slash = '/';
	}
	return 0;
}

int store_path(const char *given, bool make_folder, char *path, size_t size, struct err *err)
{
	const char *file = given ? given : getenv("MAXQ_STORE");
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	bool usual = !file || !*file;
	int n;

	/* as the XDG base directory specification says, relative ones do not count */
	if (!usual)
		n = snprintf(path, size, "%s", file);
	else if (state && *state == '/')
		n = snprintf(path, size, "%s/maxq/history.db", state);
	else if (home && *home == '/')
		n = snprintf(path, size, "%s/.local/state/maxq/history.db", home);
	else
		return err_set(
		    err, -ENOENT, "cannot tell where the history is: set HOME, or use --store FILE");
	if (n < 0 || (size_t)n >= size)
		return err_set(err, -ENAMETOOLONG, "the name of the store is too long");
	return usual && make_folder ? make_folders(path, err) : 0;
}

/* SQLite would make it readable for all; and what it makes beside it has the same mode. */
static int create_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_set(err, -errno, "cannot open '%s': %s", path, strerror(errno));
	close(fd);
	return 0;
}

static int read_pragma(struct store *store, const char *sql, struct err *err)
{
	sqlite3_stmt *statement = sql_prepare(store, sql, err);
	int rc = sql_row(store, statement, err);

	if (rc > 0)
		rc = sqlite3_column_int(statement, 0);
	sql_finish(statement);
	return rc;
}

/* What it says of itself: ours, of a format that we know. A new file says nothing. */
static int check_kind(struct store *store, int *version, struct err *err)
{
	int tables = read_pragma(store, "SELECT count(*) FROM sqlite_schema", err), id;

	if (tables < 0)
		return tables;
	id = read_pragma(store, "PRAGMA application_id", err);
	if (tables && id != application_id)
		return err_set(
		    err, -EILSEQ, "'%s' is a database of another program: use another file", store->path);
	*version = read_pragma(store, "PRAGMA user_version", err);
	if (*version > STORE_VERSION)
		return err_set(err, -EPROTONOSUPPORT,
		    "'%s' was written by a newer maxq (format %d, this one knows %d): use that one, or another file",
		    store->path, *version, STORE_VERSION);
	return *version < 0 ? *version : 0;
}

static int prepare_to_read(struct store *store, struct err *err)
{
	int version = 0, rc;

	sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
	rc = check_kind(store, &version, err);
	if (rc)
		return rc;
	if (!version)
		return err_set(err, -ENOENT, "nothing is stored in '%s' yet", store->path);
	if (version < STORE_VERSION)
		return err_set(err, -EPROTONOSUPPORT,
		    "'%s' was written by an older maxq: 'maxq history' brings it up to date", store->path);
	return sql_exec(store, "PRAGMA query_only = ON", err);
}

static int prepare(struct store *store, struct err *err)
{
	char pragma[64];
	int version = 0, rc;

	sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
	rc = check_kind(store, &version, err);
	if (!rc)
		rc = sql_exec(store, "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL", err);
	if (rc || version == STORE_VERSION)
		return rc;
	snprintf(pragma, sizeof(pragma), "PRAGMA application_id = %d", application_id);
	rc = sql_exec(store, "PRAGMA journal_mode = WAL", err);
	if (!rc)
		rc = sql_exec(store, pragma, err);
	return rc ? rc : schema_migrate(store, STORE_VERSION, err);
}

/*
 * While the last one that had it open closes it, or the first one opens it, SQLite turns others away at once, whatever its
 * timeout: sqlite.org/wal.html, "Sometimes Queries Return SQLITE_BUSY In WAL Mode".
 */
static int prepare_patiently(
    struct store *store, int (*prepare_it)(struct store *store, struct err *err), struct err *err)
{
	int64_t until_ns = clock_ns() + BUSY_TIMEOUT_MS * NS_PER_MS;
	int rc = prepare_it(store, err);

	while (rc == -EBUSY && clock_ns() < until_ns) {
		clock_sleep_until(clock_ns() + BUSY_PAUSE_MS * NS_PER_MS);
		rc = prepare_it(store, err);
	}
	return rc;
}

static int open_it(struct store **store, const char *path, bool create,
    int (*prepare_it)(struct store *store, struct err *err), struct err *err)
{
	struct store *s = calloc(1, sizeof(*s));
	int rc = 0;

	if (!s)
		return err_set(err, -ENOMEM, "out of memory");
	if (!create && access(path, F_OK))
		rc = err_set(err, -ENOENT, "nothing is stored in '%s' yet", path);
	else if (create)
		rc = create_file(path, err);
	if (rc)
		goto out;
	snprintf(s->path, sizeof(s->path), "%s", path);
	if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE, NULL))
		rc = s->db ? sql_failed(s, err) : err_set(err, -ENOMEM, "out of memory");
	if (!rc)
		rc = prepare_patiently(s, prepare_it, err);
out:
	if (rc)
		store_close(s);
	else
		*store = s;
	return rc;
}

int store_open(struct store **store, const char *path, bool create, struct err *err)
{
	return open_it(store, path, create, prepare, err);
}

int store_open_to_read(struct store **store, const char *path, struct err *err)
{
	return open_it(store, path, false, prepare_to_read, err);
}

void store_close(struct store *store)
{
	if (!store)
		return;
	sqlite3_close(store->db);
	free(store);
}

int store_begin(struct store *store, struct err *err)
{
	/* a write lock from the start: no deadlock between two that have read and now want to write */
	return sql_exec(store, "BEGIN IMMEDIATE", err);
}

int store_commit(struct store *store, struct err *err)
{
	return sql_exec(store, "COMMIT", err);
}

void store_rollback(struct store *store)
{
	/* some failures have done it already */
	if (!sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}
