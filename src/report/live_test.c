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
	struct observed seen = {
	    .used = {.busy_ns = 140 * NS_PER_MS, .steal_ns = 10 * NS_PER_MS, .idle_ns = 50 * NS_PER_MS}};

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
		struct window windows[] = {{.end_ns = NS_PER_S, .counts.completed = 1},
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

/* What is in the screen, by the reckoning of this test and not of the view: columns of a line, without its escapes. */
static int columns_of(const char *line, size_t len, bool utf8)
{
	char plain[1024];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (line[i] == '\033') {
			i += strcspn(line + i, "m");
			continue;
		}
		assert_true((unsigned char)line[i] >= ' ');
		plain[n++] = line[i];
	}
	plain[n] = '\0';
	return fit_columns(plain, utf8 ? utf8_locale() : (locale_t)0);
}

/* Each line is narrower than the terminal, and ends without a colour. */
static void check_lines(const char *screen, const struct live_style *style)
{
	for (const char *line = screen; *line; line += strcspn(line, "\n") + 1) {
		size_t len = strcspn(line, "\n");
		bool colored = false;

		assert_true(columns_of(line, len, style->utf8) < style->columns);
		for (size_t i = 0; i < len; i++) {
			if (line[i] != '\033')
				continue;
			assert_true(style->color);
			colored = strncmp(line + i, "\033[0m", 4) != 0;
		}
		assert_false(colored);
	}
}

static void expect(const struct live_model *m, struct live_style style, const char *expected)
{
	char screen[SCREEN_MAX];

	draw(m, &style, screen);
	check_lines(screen, &style);
	assert_string_equal(screen, expected);
}

static void a_sweep_looks_like_this(void **state)
{
	struct live_model m;

	(void)state;
	make_sweep(&m, "http://127.0.0.1:8080/hello");
	expect(&m, style_of(80, 24, true),
	    "sweep  http://127.0.0.1:8080/hello\n"
	    "8 clients  0.9 of 2.0 s             ▕██████▌                 ▏  ~9 s left\n"
	    "15.00k q/s    ▂▃▄▅▆▇██▄\n"
	    "generator            ▕███████████████████                   ▏ 0.50 of 1 core\n"
	    "nginx                ▕█████▊                                ▏ 0.60 of 4 cores\n"
	    "uwsgi                ▕███▊                                  ▏ 0.40 of 4 cores\n"
	    "stolen               ▕█▉                                    ▏ 5.0 %\n"
	    "   9.000k │                                             ⣀⣀⣀⣀⣀⣀⡠⠤⠤⠤⠤⠤⠔⠒⠒⠒⠒⠒⠒⠊⠉⠉⠉\n"
	    "          │                                      ⢀⣀⠤⠤⠒⠊⠉\n"
	    "          │                                ⢀⣀⠤⠒⠒⠉⠁\n"
	    "          │                         ⢀⣀⡠⠤⠒⠊⠉⠁\n"
	    "          │               ⣀⣀⣀⡠⠤⠤⠤⠒⠒⠉⠁\n"
	    "          │  ⢀⣀⣀⡠⠤⠤⠤⠒⠒⠒⠉⠉⠉\n"
	    "          │⠉⠉⠁\n"
	    "        0 │\n"
	    "      q/s  1                                                          8 clients\n");
	expect(&m, style_of(80, 24, false),
	    "sweep  http://127.0.0.1:8080/hello\n"
	    "8 clients  0.9 of 2.0 s             [#######                 ]  ~9 s left\n"
	    "15.00k q/s    .:-=+*##-\n"
	    "generator            [###################                   ] 0.50 of 1 core\n"
	    "nginx                [######                                ] 0.60 of 4 cores\n"
	    "uwsgi                [####                                  ] 0.40 of 4 cores\n"
	    "stolen               [##                                    ] 5.0 %\n"
	    "   9.000k |                                             ***********************\n"
	    "          |                                      *******\n"
	    "          |                                *******\n"
	    "          |                         ********\n"
	    "          |               ***********\n"
	    "          |  *************\n"
	    "          |***\n"
	    "        0 |\n"
	    "      q/s  1                                                          8 clients\n");
	expect(&m, style_of(40, 24, false),
	    "sweep  http://127.0.0.1:8080/hello\n"
	    "8 clients  0.9 of 2.0 s   ~9 s left\n"
	    "15.00k q/s  .:-=+*##-\n"
	    "generator     [########       ] 0.50\n"
	    "nginx         [##             ] 0.60\n"
	    "uwsgi         [##             ] 0.40\n"
	    "stolen        [#              ] 5.0 %\n"
	    "   9.000k |                  **********\n"
	    "          |                ***\n"
	    "          |             ***\n"
	    "          |          ***\n"
	    "          |      *****\n"
	    "          | ******\n"
	    "          |*\n"
	    "        0 |\n"
	    "      q/s  1                  8 clients\n");
	expect(&m, style_of(120, 12, true),
	    "sweep  http://127.0.0.1:8080/hello\n"
	    "8 clients  0.9 of 2.0 s             ▕██████████▎                           ▏  ~9 s left\n"
	    "15.00k q/s    ▂▃▄▅▆▇██▄\n"
	    "generator            ▕███████████████████                   ▏ 0.50 of 1 core\n"
	    "nginx                ▕█████▊                                ▏ 0.60 of 4 cores\n"
	    "uwsgi                ▕███▊                                  ▏ 0.40 of 4 cores\n"
	    "stolen               ▕█▉                                    ▏ 5.0 %\n"
	    "   9.000k │                                                   ⣀⣀⣀⣀⣀⣀⣀⠤⠤⠤⠤⠤⠤⠤⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉\n"
	    "          │              ⢀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⠤⠤⠤⠤⠤⠤⠤⠤⠤⠔⠒⠒⠒⠒⠒⠒⠊⠉⠉⠉⠉⠉⠉\n"
	    "        0 │⠒⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠁\n"
	    "      q/s  1                                                                                          8 clients\n");
}

static void a_bench_shows_its_rows(void **state)
{
	struct live_model m;

	(void)state;
	make_bench(&m);
	expect(&m, style_of(80, 24, true),
	    "bench 3/3  lighttpd,a-rather-long-name  round 1\n"
	    "16 clients  0.1 s                   ▕████████████            ▏  ~20 s left\n"
	    "5.000k q/s    █\n"
	    "generator            ▕███████████████████                   ▏ 0.50 of 1 core\n"
	    "nginx                ▕█████▊                                ▏ 0.60 of 4 cores\n"
	    "uwsgi                ▕███▊                                  ▏ 0.40 of 4 cores\n"
	    "stolen               ▕█▉                                    ▏ 5.0 %\n"
	    "> lighttpd,a-rather-long-name   ▕███████████████████████████████▏    3.000k q/s\n"
	    "  nginx,uwsgi,bottle            ▕████████████████████▋          ▏    2.000k q/s\n"
	    "  nginx                         ▕██████████▍                    ▏    1.000k q/s\n");
	/* one line fewer than there is room for: the last one says so */
	expect(&m, style_of(40, 10, false),
	    "bench 3/3  lighttpd,a-rather-l  round 1\n"
	    "16 clients  0.1 s   ~20 s left\n"
	    "5.000k q/s  #\n"
	    "generator     [########       ] 0.50\n"
	    "nginx         [##             ] 0.60\n"
	    "uwsgi         [##             ] 0.40\n"
	    "stolen        [#              ] 5.0 %\n"
	    "> lighttpd,a-ra [#######]    3.000k q/s\n"
	    "  and 2 more\n");
}

static void a_small_terminal_has_parts_of_it(void **state)
{
	struct live_model m;

	(void)state;
	make_sweep(&m, "http://127.0.0.1:8080/hello");
	expect(&m, style_of(80, 8, false),
	    "sweep  http://127.0.0.1:8080/hello\n"
	    "8 clients  0.9 of 2.0 s             [#######                 ]  ~9 s left\n"
	    "15.00k q/s    .:-=+*##-\n"
	    "generator            [###################                   ] 0.50 of 1 core\n"
	    "nginx                [######                                ] 0.60 of 4 cores\n"
	    "uwsgi                [####                                  ] 0.40 of 4 cores\n"
	    "stolen               [##                                    ] 5.0 %\n");
	expect(&m, style_of(39, 24, true), "http://1  8 clients  0.9 s  15.00k q/s\n");
	expect(&m, style_of(80, 7, true), "http://127.0.0.1:8080/hello  8 clients  0.9 s  15.00k q/s\n");
}

static void what_is_done_beside_loads_is_shown(void **state)
{
	struct progress p = {.name = "nginx", .row = 1, .n_rows = 3};
	struct live_model m;

	(void)state;
	live_model_begin(&m, &bench);
	live_model_row(&m, &p, "launching");
	expect(&m, style_of(80, 24, true), "bench 2/3  nginx\nlaunching\n");
}

/* Of any size, with and without colours, of a name of any kind. */
static void no_line_is_wider_than_the_terminal(void **state)
{
	static const char *const names[] = {"http://127.0.0.1:8080/hello",
	    "http://unix:/run/测试测试测试测试测试测试测试测试测试测试测试测试测试测试测试测试/日本語",
	    "a\033[31mb\tc\x80\xff\xe6", "e\u0301e\u0301e\u0301e\u0301e\u0301 \U0001f600\U0001f600", ""};
	char screen[SCREEN_MAX];
	struct live_model m;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		make_sweep(&m, names[i]);
		for (int columns = 1; columns <= 300; columns++) {
			for (int lines = 1; lines <= 60; lines += lines < 24 ? 1 : 9) {
				struct live_style style = style_of(columns, lines, columns % 2);

				style.color = lines % 2;
				draw(&m, &style, screen);
				check_lines(screen, &style);
			}
		}
	}
}

/* A character of two columns is whole or not there. */
static void wide_characters_are_counted(void **state)
{
	struct buf buf;

	(void)state;
	assert_int_equal(fit_columns("测试", utf8_locale()), 4);
	assert_int_equal(fit_columns("e\u0301", utf8_locale()), 1);
	buf_init(&buf, 100);
	assert_int_equal(fit_text(&buf, "测试", 3, utf8_locale()), 2);
	assert_string_equal(buf.data, "测");
	buf.len = 0;
	assert_int_equal(fit_text(&buf,
			     "a\033\xff"
			     "b",
			     9, utf8_locale()),
	    4);
	assert_string_equal(buf.data, "a??b");
	buf.len = 0;
	assert_int_equal(fit_text(&buf, "é", 9, (locale_t)0), 2);
	assert_string_equal(buf.data, "??");
	buf_release(&buf);
}

/* More of everything than there is room for. */
static void the_model_never_grows(void **state)
{
	struct progress p = {.n_rows = 200, .clients = 1, .step_ns = NS_PER_S};
	struct live_style style = style_of(80, 24, true);
	char name[LIVE_TEXT_MAX * 2], screen[SCREEN_MAX];
	struct live_model m;

	(void)state;
	live_model_begin(&m, &bench);
	for (unsigned i = 0; i < 200; i++) {
		memset(name, 'x', sizeof(name));
		snprintf(name + 3, sizeof(name) - 3, "%u", i);
		name[3 + strlen(name + 3)] = i % 2 ? 'y' : '\0';
		name[sizeof(name) - 1] = '\0';
		p.name = name;
		p.row = i;
		p.round = i % 3;
		live_model_row(&m, &p, i % 2 ? name : NULL);
		for (unsigned w = 1; w < 400; w++)
			add_window(&m, &p, w, w);
		for (unsigned c = 1; c < 100; c++) {
			add_step(&m, c * 7 % 101, c);
			live_model_process(&m, name + c, 1);
		}
		assert_in_range(m.n_points, 1, LIVE_POINTS_MAX);
		assert_in_range(m.n_components, 1, LIVE_COMPONENTS_MAX);
		for (size_t n = 1; n < m.n_points; n++)
			assert_true(m.points[n].load > m.points[n - 1].load);
		draw(&m, &style, screen);
		check_lines(screen, &style);
	}
}

static void gauges_are_means(void **state)
{
	struct progress p = {.name = "a", .n_rows = 1, .clients = 1};
	struct live_model m;

	(void)state;
	live_model_begin(&m, &sweep);
	assert_true(isnan(m.rps));
	add_window(&m, &p, 1, 100);
	assert_float_equal(m.rps, 1000, 1e-6);
	/* not before there is enough of it */
	add_window(&m, &p, 2, 200);
	add_window(&m, &p, 3, 300);
	assert_float_equal(m.rps, 1000, 1e-6);
	add_window(&m, &p, 4, 400);
	assert_float_equal(m.rps, 3000, 1e-6);
	assert_float_equal(m.generator, 0.5, 1e-6);
	assert_float_equal(m.steal, 0.05, 1e-6);
	assert_int_equal(m.n_components, 2);
	assert_string_equal(m.components[1].name, "uwsgi");
	assert_float_equal(m.components[1].cores, 0.4, 1e-6);
	/* another row begins anew */
	p.name = "b";
	p.row = 1;
	live_model_row(&m, &p, NULL);
	assert_true(isnan(m.rps));
	assert_int_equal(m.n_components, 0);
	assert_int_equal(m.n_windows, 0);
}

/* The same load once more replaces what it was, and an open loop has an axis of its own. */
static void points_are_by_load(void **state)
{
	struct step open = {.clients = 9, .open = {.rate = 700, .achieved_rps = 650}};
	struct live_model m;

	(void)state;
	live_model_begin(&m, &sweep);
	add_step(&m, 4, 40);
	add_step(&m, 1, 10);
	add_step(&m, 2, 20);
	add_step(&m, 4, 44);
	add_step(&m, 8, NAN);
	assert_int_equal(m.n_points, 3);
	assert_float_equal(m.points[0].load, 1, 0);
	assert_float_equal(m.points[2].rps, 44, 0);
	live_model_step(&m, &open);
	assert_int_equal(m.n_points, 1);
	assert_float_equal(m.points[0].load, 700, 0);
	assert_float_equal(m.points[0].rps, 650, 0);
}

static const struct progress progress = {.name = "the row", .n_rows = 1, .clients = 8};
static const struct window window = {.end_ns = NS_PER_S, .counts.completed = 100};

/* Makes the pipe full, byte by byte, so that not one more goes in. */
static void fill(int fd)
{
	static const char bytes[4096];
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	for (size_t len = sizeof(bytes); len; len /= 2)
		while (write(fd, bytes, len) > 0)
			;
	assert_int_equal(errno, EAGAIN);
	fcntl(fd, F_SETFL, flags);
}

/* All that there is to read. */
static ssize_t drain(int fd, char *text, size_t size)
{
	ssize_t n, len = 0;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	for (n = read(fd, text, size - 1); n > 0; n = read(fd, text + len, size - 1 - (size_t)len))
		len += n;
	text[len] = '\0';
	return len;
}

static void begin_live(struct live *live, int ends[2])
{
	assert_int_equal(pipe(ends), 0);
	live_init(live, ends[1], false, true);
	live->before.sink.begin(&live->before.sink, &sweep);
}

static void end_live(struct live *live, const int ends[2])
{
	live_release(live);
	close(ends[0]);
	close(ends[1]);
}

/* Whoever takes the windows of a load draws in between: a terminal that does not read must not hold it up. */
static void a_stopped_terminal_holds_nobody_up(void **state)
{
	static char shown[1024 * 1024];
	struct live live;
	int ends[2];

	(void)state;
	begin_live(&live, ends);
	fill(ends[1]);
	alarm(20); /* what blocks here blocks for good */
	live.after.sink.window(&live.after.sink, &progress, &window, NULL);
	live.after.sink.row(&live.after.sink, &progress, "launching");
	live_erase(&live);
	alarm(0);
	drain(ends[0], shown, sizeof(shown));
	/* and when it reads again, the view is back */
	live.after.sink.window(&live.after.sink, &progress, &window, NULL);
	assert_true(drain(ends[0], shown, sizeof(shown)) > 0);
	assert_non_null(strstr(shown, "8 clients"));
	assert_null(strstr(shown, "launching"));
	end_live(&live, ends);
}

/* What the terminal had no room for comes first, once it has: no escape stays cut in two. */
static void half_of_a_drawing_is_made_whole(void **state)
{
	static char shown[64 * 1024];
	char rest[64 * 1024];
	struct live live;
	int ends[2];

	(void)state;
	begin_live(&live, ends);
	for (int again = 0; again < 2; again++) {
		live.drawn_ns = 0;
		live.after.sink.window(&live.after.sink, &progress, &window, NULL);
		assert_true(live.bytes.len > 100);
		assert_int_equal(live.sent, live.bytes.len);
		drain(ends[0], shown, sizeof(shown));
		live.sent = 50;
		snprintf(rest, sizeof(rest), "%s", live.bytes.data + live.sent);
		if (again) {
			strcat(rest, "\r\033[J");
			live_erase(&live);
		} else {
			live.drawn_ns = 0;
			live.after.sink.window(&live.after.sink, &progress, &window, NULL);
			strcat(rest, live.bytes.data);
		}
		drain(ends[0], shown, sizeof(shown));
		assert_string_equal(shown, rest);
	}
	end_live(&live, ends);
}

/* At most so often, and not at all where nothing is to be seen. */
static void it_is_drawn_ten_times_a_second(void **state)
{
	static char shown[1024 * 1024];
	unsigned draws = 0, windows = 0;
	struct live live;
	int64_t begun_ns;
	int ends[2];

	(void)state;
	begin_live(&live, ends);
	begun_ns = clock_ns();
	while (clock_ns() - begun_ns < 450 * NS_PER_MS) {
		live.after.sink.window(&live.after.sink, &progress, &window, NULL);
		windows++;
	}
	drain(ends[0], shown, sizeof(shown));
	for (const char *at = strstr(shown, "the row"); at; at = strstr(at + 1, "the row"))
		draws++;
	assert_true(windows > 20);
	assert_in_range(draws, 1, 6);
	/* what is printed is not drawn over: the region is gone, and the colours with it */
	live.before.sink.end(&live.before.sink, &sweep);
	assert_true(drain(ends[0], shown, sizeof(shown)) > 0);
	assert_string_equal(shown, "\r\033[J");
	live_erase(&live);
	assert_int_equal(drain(ends[0], shown, sizeof(shown)), 0);
	end_live(&live, ends);
}

static void no_view_does_nothing(void **state)
{
	struct live live;

	(void)state;
	live_init_none(&live);
	assert_null(live.before.sink.begin);
	assert_null(live.after.sink.window);
	live_erase(&live);
	live_release(&live);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_sweep_looks_like_this),
	    cmocka_unit_test(a_bench_shows_its_rows),
	    cmocka_unit_test(a_small_terminal_has_parts_of_it),
	    cmocka_unit_test(what_is_done_beside_loads_is_shown),
	    cmocka_unit_test(no_line_is_wider_than_the_terminal),
	    cmocka_unit_test(wide_characters_are_counted),
	    cmocka_unit_test(the_model_never_grows),
	    cmocka_unit_test(gauges_are_means),
	    cmocka_unit_test(points_are_by_load),
	    cmocka_unit_test(a_stopped_terminal_holds_nobody_up),
	    cmocka_unit_test(half_of_a_drawing_is_made_whole),
	    cmocka_unit_test(it_is_drawn_ten_times_a_second),
	    cmocka_unit_test(no_view_does_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
