// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What goes on in a run, as a file that other programs may read: a document of JSON, written over at most once a second and whenever
 * something new begins. It stands beside the history, as STORE-live-XXXXXX.json, and is removed at the end of the run. Its writer holds
 * a lock of the whole file (fcntl, POSIX), which the kernel drops however the writer ends: a file without a lock is of nobody, and is
 * removed by the next run, and by who reads. It is written by a thread of its own, so that a disk that is slow holds up no window.
 */
#ifndef MAXQ_REPORT_LIVE_FILE_H
#define MAXQ_REPORT_LIVE_FILE_H

#include <jansson.h>
#include <pthread.h>

#include "base/err.h"
#include "report/live_model.h"

enum { LIVE_FILE_PATH_MAX = 4096 };

struct live_file {
	struct sink sink; /* the head: pass &file.sink */
	struct live_model model;
	const int64_t *run; /* its number in the history; 0: none yet */
	int fd;             /* -1: nothing is written */
	int64_t written_ns; /* when a document was last made */
	char started_at[32];
	char path[LIVE_FILE_PATH_MAX];
	pthread_t writer;
	pthread_mutex_t lock;
	pthread_cond_t work;
	char *next; /* to be written, from malloc; NULL: nothing */
	bool ended;
};

/* Makes the file beside this history, and its thread. `run` stays the caller's. To be released also after a failure. */
int live_file_init(struct live_file *file, const char *store, const int64_t *run, struct err *err);

/* Ends the thread, and removes the file. */
void live_file_release(struct live_file *file);

/*
 * What goes on in all runs of a history: an array of documents, in the order of their begin, for json_decref; NULL without memory.
 * Files of nobody are removed. A document has:
 *
 *   pid, command, started_at, run (number or null), name, doing (null while a load runs), row and n_rows, round, clients,
 *   warming_up, elapsed_s and step_s of the load (0: unknown), left_s of the run when the load began (null: unknown),
 *   throughput_rps, generator_busy, steal (of late; null: unknown), errors, windows_rps (of late, the oldest first), server_cpus,
 *   components [{name, cores}], rows [{name, throughput_rps or null}] (the first LIVE_ROWS_MAX of n_rows), and points [[load, throughput]] of steps by clients, or, if
 *   by_rate, by requests a second
 */
json_t *live_file_read_all(const char *store);

#endif
