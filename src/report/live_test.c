// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/live.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/unittest.h"
#include "report/fit.h"

enum { SCREEN_MAX = 64 * 1024 };

static const struct report sweep = {.command = "sweep", .host.cpus = 4};
static const struct report bench = {.command = "bench", .host.cpus = 4};

static locale_t utf8_locale(void)
{
	static locale_t locale;

	if (!locale)
		locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	assert_true(locale != (locale_t)0);
	return locale;
}

static struct live_style style_of(int columns, int lines, bool utf8)
{
	return (struct live_style){
	    .columns = columns, .lines = lines, .utf8 = utf8, .locale = utf8 ? utf8_locale() : (locale_t)0};
}

/* A window of 100 ms, the nth of its load, with so many responses. */
static void add_window(struct live_model *m, struct progress *p, unsigned n, uint64_t completed)
{
	struct window w = {.start_ns = (n - 1) * 100 * NS_PER_MS,
	    .end_ns = n * 100 * NS_PER_MS,
	    .counts.completed = completed,
	    .generator_busiest_ns = 50 * NS_PER_MS};
	struct observed seen = {.used = {.busy_ns = 140 * NS_PER_MS,
				    .steal_ns = 10 * NS_PER_MS,
				    .idle_ns = 50 * NS_PER_MS}};

	p->elapsed_ns = w.end_ns;
	live_model_process(m, "nginx", 60 * NS_PER_MS);
	live_model_process(m, "uwsgi", 30 * NS_PER_MS);
	live_model_process(m, "uwsgi", 10 * NS_PER_MS);
	live_model_window(m, p, &w, &seen);
}

static void add_step(struct live_model *m, unsigned clients, double rps)
{
	struct step step = {.clients = clients, .throughput_rps = rps};

	live_model_step(m, &step);
}

/* A sweep in its fourth step. */
static void make_sweep(struct live_model *m, const char *name)
{
	struct progress p = {
	    .name = name, .n_rows = 1, .clients = 8, .step_ns = 2 * NS_PER_S, .left_ns = 9 * NS_PER_S};

	live_model_begin(m, &sweep);
	live_model_row(m, &p, NULL);
	for (unsigned n = 1; n <= 8; n++)
		add_window(m, &p, n, 250 * n);
	add_step(m, 1, 2000);
	add_step(m, 2, 4000);
	add_step(m, 4, 8000);
	add_window(m, &p, 9, 900);
	m->run_ns = 3 * NS_PER_S;
}

static void make_bench(struct live_model *m)
{
	static const char *const names[] = {"nginx", "nginx,uwsgi,bottle", "lighttpd,a-rather-long-name"};

	live_model_begin(m, &bench);
	for (size_t row = 0; row < 3; row++) {
		struct progress p = {.name = names[row], .row = row, .n_rows = 3, .clients = 16};
		struct window windows[] = {
		    {.end_ns = NS_PER_S, .counts.completed = 1},
		    {.start_ns = NS_PER_S, .end_ns = 2 * NS_PER_S, .counts.completed = 1000 * (row + 1)}};
		struct step_sample sample = {.n_windows = 2, .warmup_windows = 1, .windows = windows};
		struct step step = {.clients = 16, .throughput_rps = 10};

		live_model_row(m, &p, NULL);
		live_model_searched(m, &p, &step);
		p.round = 1;
		p.left_ns = 20 * NS_PER_S;
		add_window(m, &p, 1, 500);
		live_model_sample(m, &p, &sample);
	}
	m->run_ns = 20 * NS_PER_S;
}

static void draw(const struct live_model *m, const struct live_style *style, char *screen)
{
	struct buf out;
	int lines = 0, n;

	buf_init(&out, SCREEN_MAX - 1);
	n = live_draw(m, style, &out);
	assert_false(out.failed);
	for (size_t i = 0; i < out.len; i++)
		lines += out.data[i] == '\n';
	assert_int_equal(n, lines);
	memcpy(screen, out.data, out.len + 1);
	buf_release(&out);
}

static void show(const struct live_model *m, struct live_style style)
{
	char screen[SCREEN_MAX];

	draw(m, &style, screen);
	fputs(screen, stderr);
}

int main(void)
{
	struct live_model m;

	make_sweep(&m, "http://127.0.0.1:8080/hello");
	show(&m, style_of(80, 24, true));
	show(&m, style_of(80, 24, false));
	show(&m, style_of(40, 24, false));
	show(&m, style_of(80, 8, true));
	show(&m, style_of(120, 24, true));
	show(&m, style_of(39, 24, true));
	make_bench(&m);
	show(&m, style_of(80, 24, true));
	show(&m, style_of(40, 24, false));
}
