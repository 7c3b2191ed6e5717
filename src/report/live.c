// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

enum { BYTES_MAX = 64 * 1024, PATIENCE_MS = 1000 };

static const char erase[] = "\r\033[J";
static const int64_t period_ns = NS_PER_S / LIVE_DRAWS_PER_S;

static struct live *live_of(struct sink *sink)
{
	return ((struct live_sink *)sink)->live; /* its first member */
}

/* Sends what the terminal takes at once; true when it was all. */
static bool flush(struct live *live)
{
	while (live->sent < live->bytes.len) {
		ssize_t n = write(live->fd, live->bytes.data + live->sent, live->bytes.len - live->sent);

		if (n <= 0)
			return false;
		live->sent += (size_t)n;
	}
	return true;
}

static bool is_ready(const struct live *live, int timeout_ms)
{
	struct pollfd pfd = {.fd = live->fd, .events = POLLOUT};

	return poll(&pfd, 1, timeout_ms) > 0 && (pfd.revents & POLLOUT);
}

/* A process in the background does not draw over what its user does meanwhile. */
static bool is_in_foreground(const struct live *live)
{
	pid_t group = tcgetpgrp(live->fd);

	return group < 0 || group == getpgrp();
}

static void read_size(struct live *live)
{
	struct winsize size = {.ws_col = 0};
	bool known = !ioctl(live->fd, TIOCGWINSZ, &size);

	live->style.columns = known && size.ws_col ? size.ws_col : 80;
	live->style.lines = known && size.ws_row ? size.ws_row : 24;
}

/* The lines, each over what was there, and back to where they began. */
static void make_bytes(struct live *live, int n)
{
	const char *line = live->lines.data;

	live->bytes.len = live->sent = 0;
	buf_append(&live->bytes, "\r", 1);
	for (int i = 0; i < n; i++) {
		size_t len = strcspn(line, "\n");

		buf_append(&live->bytes, line, len);
		buf_text(&live->bytes, i + 1 < n ? "\033[K\r\n" : "\033[J\r");
		line += len + 1;
	}
	if (n > 1)
		buf_printf(&live->bytes, "\033[%dA", n - 1);
}

static void draw(struct live *live)
{
	int64_t now_ns = clock_ns();

	if (live->fd < 0 || !is_ready(live, 0) || !is_in_foreground(live) || !flush(live))
		return;
	read_size(live);
	live->model.run_ns = now_ns - live->begun_ns;
	live->lines.len = 0;
	live->lines.failed = live->bytes.failed = false;
	make_bytes(live, live_draw(&live->model, &live->style, &live->lines));
	/* half of it would leave the terminal anywhere */
	if (live->lines.failed || live->bytes.failed) {
		live->bytes.len = 0;
		return;
	}
	live->shown = true;
	live->drawn_ns = now_ns;
	flush(live);
}

static void draw_in_time(struct live *live)
{
	/* by the clock, and not by what has passed: windows of just this length would miss every other one */
	if (clock_ns() / period_ns != live->drawn_ns / period_ns)
		draw(live);
}

void live_erase(struct live *live)
{
	int64_t until_ns = clock_ns() + PATIENCE_MS * NS_PER_MS;

	if (!live->shown)
		return;
	/* whatever the terminal has of a drawing, it gets the rest of it */
	while (!flush(live) && clock_ns() < until_ns)
		is_ready(live, PATIENCE_MS / 10);
	live->bytes.len = live->sent = 0;
	buf_text(&live->bytes, erase);
	while (!flush(live) && clock_ns() < until_ns)
		is_ready(live, PATIENCE_MS / 10);
	live->bytes.len = live->sent = 0;
	live->shown = false;
}

static void before_begin(struct sink *sink, const struct report *report)
{
	struct live *live = live_of(sink);

	live_model_begin(&live->model, report);
	live->begun_ns = clock_ns();
	live->prints_steps = !strcmp(report->command, "sweep");
}

static void before_warn(struct sink *sink, const struct finding *finding)
{
	(void)finding;
	live_erase(live_of(sink));
}

static void before_sample(struct sink *sink, const struct progress *p, const struct step_sample *sample)
{
	live_model_sample(&live_of(sink)->model, p, sample);
}

static void before_step(struct sink *sink, const struct progress *p, const struct step *step)
{
	struct live *live = live_of(sink);

	(void)p;
	live_model_step(&live->model, step);
	if (live->prints_steps)
		live_erase(live);
}

static void before_searched(struct sink *sink, const struct progress *p, const struct step *step)
{
	live_model_searched(&live_of(sink)->model, p, step);
	live_erase(live_of(sink));
}

static void before_result(struct sink *sink, const struct result *result)
{
	(void)result;
	if (live_of(sink)->prints_steps || !live_of(sink)->model.searches)
		live_erase(live_of(sink));
}

static void before_end(struct sink *sink, const struct report *report)
{
	(void)report;
	live_erase(live_of(sink));
}

/* What is done beside a load lasts, and nothing is told meanwhile: it is shown at once. */
static void after_row(struct sink *sink, const struct progress *p, const char *doing)
{
	struct live *live = live_of(sink);

	live_model_row(&live->model, p, doing);
	if (doing)
		draw(live);
	else
		draw_in_time(live);
}

static void after_window(
    struct sink *sink, const struct progress *p, const struct window *window, const struct observed *seen)
{
	struct live *live = live_of(sink);

	live_model_processes(&live->model, p, seen);
	live_model_window(&live->model, p, window, seen);
	draw_in_time(live);
}

/* Back at once, below what was printed. */
static void after_step(struct sink *sink, const struct progress *p, const struct step *step)
{
	(void)p;
	(void)step;
	if (!live_of(sink)->shown)
		draw(live_of(sink));
}

/* A description of its own: one that is shared could not be made such that it never blocks. */
static int open_anew(int fd)
{
	char path[64];
	int opened;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	opened = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return opened >= 0 ? opened : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

void live_init_none(struct live *live)
{
	*live = (struct live){.fd = -1};
}

void live_init(struct live *live, int fd, bool utf8, bool color)
{
	*live = (struct live){
	    .before = {.sink = {.begin = before_begin,
			   .warn = before_warn,
			   .sample = before_sample,
			   .step = before_step,
			   .searched = before_searched,
			   .result = before_result,
			   .end = before_end},
		.live = live},
	    .after = {.sink = {.row = after_row,
			  .window = after_window,
			  .step = after_step,
			  .searched = after_step},
		.live = live},
	    .fd = open_anew(fd),
	    .style = {.utf8 = utf8, .color = color},
	};
	if (utf8)
		live->style.locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	live->style.utf8 = live->style.locale != (locale_t)0;
	buf_init(&live->lines, BYTES_MAX);
	buf_init(&live->bytes, BYTES_MAX);
}

void live_release(struct live *live)
{
	live_erase(live);
	if (live->style.locale)
		freelocale(live->style.locale);
	buf_release(&live->lines);
	buf_release(&live->bytes);
	if (live->fd >= 0)
		close(live->fd);
	live_init_none(live);
}
