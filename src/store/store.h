// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The history of runs, in SQLite (https://www.sqlite.org), and the only folder with SQL. A run is written as it goes, in
 * transactions (store_begin to store_commit): whatever ends maxq, all that was committed is there. The journal is a
 * write-ahead log, so that several maxq can write and read at the same time, each waiting for the others up to 5 s.
 *
 * What is kept of a run: the JSON document of its report (report/json.h), as one head and one document a result; what was
 * printed; its labels; and of each load its windows and its histogram of latencies.
 *
 * Failing returns negative errno with a message that names the file: -ENOSPC, -EACCES, -EBUSY, -ENOENT, -EILSEQ (no store, or
 * a broken one), -EPROTONOSUPPORT (a newer one), -EIO.
 */
#ifndef MAXQ_STORE_STORE_H
#define MAXQ_STORE_STORE_H

#include <jansson.h>

#include "analysis/run_summary.h"
#include "base/err.h"
#include "sample/step.h"

enum { STORE_PATH_MAX = 4096, STORE_LABELS_MAX = 32, STORE_VERSION = 3 };

/* Significant digits of the numbers in documents: as many as bring any double back exactly. */
enum { STORE_DIGITS = 17 };

struct store;

/*
 * Which file: `given`, else $MAXQ_STORE, else maxq/history.db in $XDG_STATE_HOME or ~/.local/state. The last one's folder is
 * made, for its owner alone, if `make_folder`.
 */
int store_path(const char *given, bool make_folder, char *path, size_t size, struct err *err);

/*
 * Opens it, and brings an older format up to date. A file that is not there is made, with mode 0600, if `create`, else
 * refused. For the caller to close, which takes NULL.
 */
int store_open(struct store **store, const char *path, bool create, struct err *err);

/* Opens one that is there, and changes nothing of it: -ENOENT also while it is empty, -EPROTONOSUPPORT also for an older format. */
int store_open_to_read(struct store **store, const char *path, struct err *err);

void store_close(struct store *store);

/* A transaction: all that is written in between, or nothing of it. */
int store_begin(struct store *store, struct err *err);
int store_commit(struct store *store, struct err *err);
void store_rollback(struct store *store);

/* All texts are the caller's. */
struct store_run {
	const struct run_summary *summary; /* id 0: a new run */
	const char *maxq;                  /* the version that measured it */
	const char *host;                  /* its fingerprint */
	const char *head;                  /* the document without its results; NULL: as it is */
	const char *printed;               /* NULL: nothing is known of it */
	const char *uid;                   /* of a run that was made elsewhere; NULL: a new one */
};

/* Writes a new run, or all of a known one anew: its id, or negative errno. -EEXIST: a run of that uid is there. */
int64_t store_put_run(struct store *store, const struct store_run *run, struct err *err);

/* Notes or replaces a label. */
int store_put_label(struct store *store, int64_t run, const char *key, const char *value, struct err *err);

/* Writes or replaces the document of the run's result of that index. */
int store_put_result(struct store *store, int64_t run, size_t result, const char *document, struct err *err);

/* One load of a result. `at_ns`: since the run began. */
struct store_load {
	int64_t run;
	size_t result;
	unsigned round; /* of a bench, from 1; 0: of its search, or none */
	int64_t at_ns;
	const char *tracer; /* it belongs to no step: as in struct progress; else NULL */
	const struct step_sample *sample;
};

int store_add_load(struct store *store, const struct store_load *load, struct err *err);

/*
 * The step of that index came from the result's last load; or, if it had rounds which belong to no step yet, from all of these, but for
 * those with a tracer.
 */
int store_set_step(struct store *store, int64_t run, size_t result, size_t step, struct err *err);

/* Whether another maxq has written into it since this was asked last; true for the first time, and when it is not known. */
bool store_changed(struct store *store);

/* Which runs; what is NULL or 0 does not matter. */
struct store_filter {
	const char *target;  /* a part of it */
	const char *command; /* the whole */
	const char *since,
	    *until;         /* RFC 3339 in UTC, or the beginning of it such as 2026-01-31; until: all of it */
	const char *before; /* the same; earlier than its beginning */
	const char *labels[STORE_LABELS_MAX]; /* KEY=VALUE, or KEY with any value: all of them */
	size_t n_labels;
	uint64_t limit; /* the newest ones */
};

/* The newest first: how many, for store_free_list, or negative errno. */
int store_list(
    struct store *store, const struct store_filter *filter, struct run_summary **runs, struct err *err);
void store_free_list(struct run_summary *runs, size_t n);

/* The run as the user names it: its id; `last` or -1 the newest, -2 the one before it. Its id or negative errno. */
int64_t store_find(struct store *store, const char *name, struct err *err);

/*
 * The document of a run, as docs/result.schema.json says, of the whole run; for json_decref. `printed` (NULL: not wanted) gets
 * what was printed until the last time it was stored, from malloc, or NULL where that is not known.
 */
int store_read(struct store *store, int64_t run, json_t **document, char **printed, struct err *err);

/*
 * The latencies of a step of a result, of all of its loads, into an initialised histogram: 0, also when there are none.
 */
int store_read_latency(
    struct store *store, int64_t run, size_t result, size_t step, struct hist *latency, struct err *err);

/* Deletes a run and all that belongs to it. */
int store_forget(struct store *store, int64_t run, struct err *err);

/* All that is known of a run, as JSON, but for its id; for json_decref. NULL with a message. */
json_t *store_export(struct store *store, int64_t run, struct err *err);

/* Such a run back, in a transaction of the caller's: its new id, -EEXIST when it is there already, -EPROTO when it is no run. */
int64_t store_import(struct store *store, const json_t *run, struct err *err);

#endif
