// SPDX-License-Identifier: GPL-3.0-or-later
/* What the files of this folder share. */
#ifndef MAXQ_VIEWER_PARTS_H
#define MAXQ_VIEWER_PARTS_H

#include <jansson.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "store/store.h"
#include "viewer/viewer.h"

enum { VIEWER_TOKEN_BYTES = 16, VIEWER_RUNS_MAX = 32, VIEWER_HISTORY_MAX = 1000 };

struct viewer {
	struct MHD_Daemon *daemon;
	char store[STORE_PATH_MAX];
	char token[2 * VIEWER_TOKEN_BYTES + 1];
	char url[64];
	/* that streams wait for */
	pthread_mutex_t lock;
	pthread_cond_t end;
	bool ended;
};

/* Which runs a page or a stream is about; none: the newest that goes on. */
struct viewed {
	size_t n;
	int64_t runs[VIEWER_RUNS_MAX];
};

/* "12" or "12,14": 0 or -EINVAL. An empty text is none. */
int viewed_parse(struct viewed *viewed, const char *text);

/* The newest run of these documents (live_file_read_all) that the history knows; 0: none. */
int64_t newest_going(const json_t *going);

/* {source, id, result}: a new reference, NULL with a message. */
json_t *viewer_run(struct store *store, int64_t run, struct err *err);

/* The newest runs as [{id, started_at, command, target, maximum_rps, cost_us, valid, complete, labels}]: a new reference, NULL with a message. */
json_t *viewer_history(struct store *store, struct err *err);

/* The page, from malloc: 0, or negative errno with a message. -ENOENT: no such run. */
int page_make(
    const struct viewer *viewer, const struct viewed *viewed, char **page, size_t *len, struct err *err);

/* A response that goes on until the viewer is closed or nobody reads it: NULL without memory. */
struct MHD_Response *stream_make(struct viewer *viewer, const struct viewed *viewed);

#endif
