// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/unittest.h"

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

static ssize_t drain(int fd, char *text, size_t size)
{
	ssize_t n, last = 0;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	for (n = read(fd, text, size - 1); n > 0; n = read(fd, text, size - 1))
		last = n;
	text[last] = '\0';
	return last;
}

/* Whoever takes the windows of a load shows the live line in between: a terminal that does not read must not hold it up. */
static void a_stopped_terminal_holds_nobody_up(void **state)
{
	struct text_sink text;
	char shown[65536];
	FILE *live;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	live = fdopen(ends[1], "w");
	text_sink_init(&text, NULL, live, NULL);
	fill(ends[1]);
	alarm(20); /* what blocks here blocks for good */
	text.sink.window(&text.sink, &progress, &window);
	text.sink.row(&text.sink, &progress, "launching");
	alarm(0);
	drain(ends[0], shown, sizeof(shown));
	/* and when it reads again, the line is back */
	text.sink.window(&text.sink, &progress, &window);
	assert_true(drain(ends[0], shown, sizeof(shown)) > 0);
	assert_non_null(strstr(shown, "the row  8 clients"));
	assert_null(strstr(shown, "launching"));
	fclose(live);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_stopped_terminal_holds_nobody_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
