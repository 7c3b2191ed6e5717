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
#include "viewer/address.h"
#include "viewer/viewer.h"

enum { VIEWER_TOKEN_BYTES = 16, VIEWER_HISTORY_MAX = 1000 };

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

/* The newest run of these documents (live_file_read_all) that the history knows; 0: none. */
int64_t viewer_find_newest(const json_t *going);

/* {source, id, result}: 0 and a new reference, or negative errno with a message. -ENOENT: no such run. */
int viewer_read_run(struct store *store, int64_t run, json_t **json, struct err *err);

/*
 * The newest runs as [{id, started_at, command, target, maximum_rps, cost_us, valid, complete, labels}]: 0 and a new reference, or
 * negative errno with a message.
 */
int viewer_read_history(struct store *store, json_t **json, struct err *err);

/* The page, from malloc: 0, or negative errno with a message. -ENOENT: no such run. */
int page_make(
    const struct viewer *viewer, const struct viewed *viewed, char **page, size_t *len, struct err *err);

/*
 * A response that goes on until the viewer is closed or nobody reads it, about this run, or the newest one (0), of which the reader
 * shows that run (0: none): NULL without memory.
 */
struct MHD_Response *stream_make(struct viewer *viewer, int64_t run, int64_t shown);

#endif
