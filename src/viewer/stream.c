// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "report/live_file.h"
#include "viewer/parts.h"

enum { BLOCK = 32 * 1024 };

/* How often it is looked whether something has changed; and something is said at least so often, to find out who has gone. */
static const int64_t look_ns = 500 * NS_PER_MS, silence_ns = 5 * NS_PER_S;

enum event { EVENT_GOING, EVENT_RUN, EVENT_HISTORY, N_EVENTS };

static const char *const names[N_EVENTS] = {"going", "run", "history"};

/* Of one reader, in a thread of its own. */
struct stream {
	struct viewer *viewer;
	struct store *store; /* NULL: it is not there yet */
	int64_t fixed;       /* the run that was asked for; 0: the newest */
	int64_t run;         /* that is being followed; 0: none yet */
	char *last[N_EVENTS];
	int64_t said_ns;
	char *pending; /* from malloc; NULL: nothing is to be sent */
	size_t len, sent;
};

/* A document that is as it was before is not said again. Takes it over; NULL is none. */
static void say(struct stream *s, FILE *out, enum event event, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(STORE_DIGITS)) : NULL;

	json_decref(json);
	if (!text || (s->last[event] && !strcmp(text, s->last[event]))) {
		free(text);
		return;
	}
	fprintf(out, "event: %s\ndata: %s\n\n", names[event], text);
	free(s->last[event]);
	s->last[event] = text;
}

/* Looks at what is there, and writes what is new. */
static void look(struct stream *s, FILE *out)
{
	json_t *going = live_file_read_all(s->viewer->store);
	int64_t run = s->fixed ? s->fixed : newest_going(going);
	bool other = run && run != s->run;
	struct err err;

	if (run)
		s->run = run;
	say(s, out, EVENT_GOING, going);
	if (!s->store && store_open(&s->store, s->viewer->store, false, &err))
		return;
	if (!store_changed(s->store) && !other)
		return;
	/* one that was forgotten meanwhile is left as it was */
	if (s->run)
		say(s, out, EVENT_RUN, viewer_run(s->store, s->run, &err));
	say(s, out, EVENT_HISTORY, viewer_history(s->store, &err));
}

/* What is to be sent, after at least one look; false: the viewer has been closed, or there is no memory. */
static bool fill(struct stream *s)
{
	struct viewer *viewer = s->viewer;
	bool ended = false;

	free(s->pending);
	s->pending = NULL;
	s->len = s->sent = 0;
	while (!ended && !s->len) {
		FILE *out;

		free(s->pending);
		s->pending = NULL;
		out = open_memstream(&s->pending, &s->len);
		if (!out)
			return false;
		look(s, out);
		if (clock_ns() - s->said_ns > silence_ns && !ftell(out))
			fputs(": nothing new\n\n", out);
		if (fclose(out))
			return false;
		if (s->len)
			break;
		pthread_mutex_lock(&viewer->lock);
		if (!viewer->ended) {
			struct timespec until;
			int64_t until_ns = clock_ns() + look_ns;

			until = (struct timespec){until_ns / NS_PER_S, until_ns % NS_PER_S};
			pthread_cond_timedwait(&viewer->end, &viewer->lock, &until);
		}
		ended = viewer->ended;
		pthread_mutex_unlock(&viewer->lock);
	}
	s->said_ns = clock_ns();
	return s->len > 0;
}

static ssize_t read_stream(void *closure, uint64_t at, char *buf, size_t max)
{
	struct stream *s = closure;
	size_t n;

	(void)at;
	if (s->sent == s->len && !fill(s))
		return MHD_CONTENT_READER_END_OF_STREAM;
	n = s->len - s->sent < max ? s->len - s->sent : max;
	memcpy(buf, s->pending + s->sent, n);
	s->sent += n;
	return (ssize_t)n;
}

static void release(void *closure)
{
	struct stream *s = closure;

	store_close(s->store);
	for (size_t i = 0; i < N_EVENTS; i++)
		free(s->last[i]);
	free(s->pending);
	free(s);
}

struct MHD_Response *stream_make(struct viewer *viewer, const struct viewed *viewed)
{
	struct stream *s = malloc(sizeof(*s));
	struct MHD_Response *response;

	if (!s)
		return NULL;
	*s = (struct stream){.viewer = viewer, .fixed = viewed->n ? viewed->runs[0] : 0};
	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_stream, s, release);
	if (!response)
		release(s);
	return response;
}
