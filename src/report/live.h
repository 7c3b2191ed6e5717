// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The live view on a terminal: a region below what was printed, which is drawn anew in place, at most LIVE_DRAWS_PER_S times a
 * second, and erased before anything else is printed and at the end. Whoever takes the windows of a load draws it in
 * between: a terminal that does not keep up goes without, and holds nobody up.
 *
 * The cursor rests at the region's first column, visible, with no attribute set: so nothing has to be put right when
 * maxq is killed, a terminal that rewraps its lines when it is resized only moves what is erased next, and what another
 * process prints meanwhile is overwritten by nobody.
 */
#ifndef MAXQ_REPORT_LIVE_H
#define MAXQ_REPORT_LIVE_H

#include "report/live_draw.h"

enum { LIVE_DRAWS_PER_S = 10 };

struct live;

/* Two, as other sinks print between them: tell `before` first of all, and `after` last. */
struct live_sink {
	struct sink sink; /* the head */
	struct live *live;
};

struct live {
	struct live_sink before, after;
	int fd; /* -1: there is no view, and nothing is done */
	struct live_style style;
	bool prints_steps; /* somebody prints a line for each */
	bool shown;
	int64_t begun_ns, drawn_ns;
	struct live_model model;
	struct buf lines, bytes; /* as drawn, and as sent */
	size_t sent;             /* of `bytes`: a slow terminal takes the rest later */
};

/* Draws to `fd`, which stays the caller's, and is a terminal (else 80 columns and 24 lines are taken for its size). */
void live_init(struct live *live, int fd, bool utf8, bool color);

/* No view: it takes all calls and does nothing. */
void live_init_none(struct live *live);

/* Takes the region off the screen. */
void live_erase(struct live *live);

/* Erases it, too. */
void live_release(struct live *live);

#endif
