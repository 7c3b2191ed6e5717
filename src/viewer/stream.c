// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "report/live_file.h"
#include "viewer/parts.h"

enum { BLOCK = 32 * 1024, BYTES_MAX = 256 * 1024 * 1024 };

/*
 * How often it is looked whether something has changed; how often the list of runs, which is long and changes with each load of any of
 * them, is told at most; and something is said at least so often, to find out who has gone.
 */
static const int64_t look_ns = 500 * NS_PER_MS, history_ns = 5 * NS_PER_S, silence_ns = 5 * NS_PER_S;

enum event { EVENT_GOING, EVENT_RUN, EVENT_HISTORY, N_EVENTS };

static const char *const names[N_EVENTS] = {"going", "run", "history"};

/* Of one reader, in a thread of its own. */
struct stream {
	struct viewer *viewer;
	struct store *store; /* NULL: it is not there yet */
	struct stat file;    /* that of the store, when it was opened */
	int64_t fixed;       /* the run that was asked for; 0: the newest */
	int64_t run;         /* that is being followed; 0: none yet */
	bool run_is_due, history_is_due;
	char *last[N_EVENTS];
	int64_t said_ns, said_history_ns;
	struct buf pending; /* of which so much is sent */
	size_t sent;
};

/* A document that is as it was before is not said again. Takes it over. */
static void say(struct stream *s, enum event event, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(STORE_DIGITS));

	json_decref(json);
	if (!text || (s->last[event] && !strcmp(text, s->last[event]))) {
		free(text);
		return;
	}
	buf_printf(&s->pending, "event: %s\ndata: ", names[event]);
	buf_text(&s->pending, text);
	buf_text(&s->pending, "\n\n");
	free(s->last[event]);
	s->last[event] = text;
}

/* One that was deleted, or has another in its place, is left; true while there is one. */
static bool have_store(struct stream *s)
{
	struct stat now;
	struct err err;

	if (stat(s->viewer->store, &now))
		now = (struct stat){.st_ino = 0};
	if (s->store && (now.st_ino != s->file.st_ino || now.st_dev != s->file.st_dev)) {
		store_close(s->store);
		s->store = NULL;
	}
	if (s->store)
		return true;
	s->file = now;
	s->run_is_due = s->history_is_due = true;
	return !store_open_to_read(&s->store, s->viewer->store, &err);
}

/* What cannot be read now is due again; one that was forgotten meanwhile is left as it was. */
static void say_run(struct stream *s)
{
	json_t *json = NULL;
	struct err err;
	int rc = viewer_read_run(s->store, s->run, &json, &err);

	s->run_is_due = rc && rc != -ENOENT;
	if (!rc)
		say(s, EVENT_RUN, json);
}

static void say_history(struct stream *s)
{
	json_t *json = NULL;
	struct err err;

	s->said_history_ns = clock_ns();
	s->history_is_due = viewer_read_history(s->store, &json, &err) != 0;
	if (!s->history_is_due)
		say(s, EVENT_HISTORY, json);
}

/* Looks at what is there, and says what is new. */
static void look(struct stream *s)
{
	json_t *going = live_file_read_all(s->viewer->store);
	int64_t run = s->fixed ? s->fixed : viewer_find_newest(going);

	if (run && run != s->run) {
		s->run = run;
		s->run_is_due = true;
	}
	if (going)
		say(s, EVENT_GOING, going);
	if (!have_store(s))
		return;
	if (store_changed(s->store))
		s->run_is_due = s->history_is_due = true;
	if (s->run && s->run_is_due)
		say_run(s);
	if (s->history_is_due && clock_ns() - s->said_history_ns >= history_ns)
		say_history(s);
}

/* Until it is time to look again; false: the viewer has been closed. */
static bool wait_for_next(struct viewer *viewer)
{
	int64_t until_ns = clock_ns() + look_ns;
	struct timespec until = {until_ns / NS_PER_S, until_ns % NS_PER_S};
	bool ended;

	pthread_mutex_lock(&viewer->lock);
	if (!viewer->ended)
		pthread_cond_timedwait(&viewer->end, &viewer->lock, &until);
	ended = viewer->ended;
	pthread_mutex_unlock(&viewer->lock);
	return !ended;
}

/* What is to be sent next; false: the viewer has been closed, or there is no memory. */
static bool fill(struct stream *s)
{
	bool goes_on = true;

	s->pending.len = s->sent = 0;
	while (goes_on && !s->pending.failed) {
		look(s);
		if (!s->pending.len && clock_ns() - s->said_ns > silence_ns)
			buf_text(&s->pending, ": nothing new\n\n");
		if (s->pending.len)
			break;
		goes_on = wait_for_next(s->viewer);
	}
	s->said_ns = clock_ns();
	return s->pending.len > 0 && !s->pending.failed;
}

static ssize_t read_stream(void *closure, uint64_t at, char *buf, size_t max)
{
	struct stream *s = closure;
	size_t n;

	(void)at;
	if (s->sent == s->pending.len && !fill(s))
		return MHD_CONTENT_READER_END_OF_STREAM;
	n = s->pending.len - s->sent < max ? s->pending.len - s->sent : max;
	memcpy(buf, s->pending.data + s->sent, n);
	s->sent += n;
	return (ssize_t)n;
}

static void release(void *closure)
{
	struct stream *s = closure;

	store_close(s->store);
	for (size_t i = 0; i < N_EVENTS; i++)
		free(s->last[i]);
	buf_release(&s->pending);
	free(s);
}

struct MHD_Response *stream_make(struct viewer *viewer, int64_t run, int64_t shown)
{
	struct stream *s = malloc(sizeof(*s));
	struct MHD_Response *response;

	if (!s)
		return NULL;
	*s = (struct stream){.viewer = viewer, .fixed = run, .run = run ? run : shown, .run_is_due = true};
	buf_init(&s->pending, BYTES_MAX);
	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_stream, s, release);
	if (!response)
		release(s);
	return response;
}
