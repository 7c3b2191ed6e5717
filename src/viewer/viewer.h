// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The report page in a browser, while runs go on: an HTTP server on 127.0.0.1 (libmicrohttpd) that reads the history and the files of
 * runs that go on (report/live_file.h), and changes neither, but that it removes such files of runs that were killed. Nothing is known to the runs of who watches them. Every address has a
 * token of 128 random bits, so that other users of the machine, and pages from elsewhere, see nothing.
 *
 *   /TOKEN/                  the newest run that goes on; without one, the list of stored runs
 *   /TOKEN/run/12            a stored run; 12,14: two, compared, or more
 *   /TOKEN/events            (?run=12, and shown=11: what the reader has) what changes, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html):
 *                            "going": an array as live_file_read_all makes it; "run": {source, id, result}, the run's document as far as
 *                            it goes; "history": an array as viewer_history makes it
 */
#ifndef MAXQ_VIEWER_VIEWER_H
#define MAXQ_VIEWER_VIEWER_H

#include <stdint.h>

#include "base/err.h"

struct viewer;

/*
 * Begins to serve this history, which need not be there yet, at this port (0: any that is free), in threads of its own. For
 * viewer_close, which takes NULL. -EADDRINUSE, or other negative errno, with a message.
 */
int viewer_open(struct viewer **viewer, const char *store, uint16_t port, struct err *err);
void viewer_close(struct viewer *viewer);

/* Where it is: "http://127.0.0.1:PORT/TOKEN/". */
const char *viewer_url(const struct viewer *viewer);

#endif
