// SPDX-License-Identifier: GPL-3.0-or-later
/* Symbols of this program, and samples of processes that burn CPU time in functions that are known. */
#include "base/unittest.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "observe/functions.h"
#include "observe/symbols.h"

static volatile unsigned long sink;

/* Not static, and never inlined: they are to be found. */
void burn_in_the_first(unsigned long n);
void burn_in_the_second(unsigned long n);

__attribute__((noinline)) void burn_in_the_first(unsigned long n)
{
	for (unsigned long i = 0; i < n; i++)
		sink += i;
}

__attribute__((noinline)) void burn_in_the_second(unsigned long n)
{
	for (unsigned long i = 0; i < n; i++)
		sink -= i;
}

/* Three parts in the first, one in the second, until it is killed. */
static void burn(void)
{
	alarm(30);
	for (;;) {
		burn_in_the_first(30000);
		burn_in_the_second(10000);
	}
}

static void test_symbols(void **state)
{
	static const char *const names[] = {"burn_in_the_second", "there_is_no_such_function"};
	uint64_t first = (uint64_t)(uintptr_t)burn_in_the_first, found[2];
	const char *function, *file;
	struct symbols *symbols;
	struct err err;
	int rc = symbols_new(&symbols, &err);

	(void)state;
	if (rc == -ENOTSUP)
		skip();
	assert_int_equal(rc, 0);
	assert_false(symbols_find(symbols, getpid(), first, &function, &file));
	assert_int_equal(symbols_map(symbols, getpid()), 0);
	assert_true(symbols_find(symbols, getpid(), first + 1, &function, &file));
	assert_string_equal(function, "burn_in_the_first");
	assert_string_equal(file, "observe_functions_test");
	assert_true(symbols_find(symbols, getpid(), (uint64_t)(uintptr_t)strtoul, &function, &file));
	assert_non_null(strstr(file, "libc.so"));
	assert_false(symbols_find(symbols, getpid(), 4096, &function, &file));
	assert_true(symbols_locate(symbols, getpid(), "functions_test", 2, names, found));
	assert_int_equal(found[0], (uint64_t)(uintptr_t)burn_in_the_second);
	assert_int_equal(found[1], 0);
	assert_false(symbols_locate(symbols, getpid(), "no such file", 2, names, found));
	/* twice is no harm; one that is not there changes nothing */
	assert_int_equal(symbols_map(symbols, getpid()), 0);
	assert_int_not_equal(symbols_map(symbols, 0x7ffffff0), 0);
	symbols_free(symbols);
	symbols_free(NULL);
}

/* How many samples end in the function. */
static uint64_t samples_in(const struct stacks *s, const char *function)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < stacks_count(s); i++) {
		size_t n;
		unsigned component;
		uint64_t count;
		const uint32_t *frames = stacks_at(s, i, &n, &component, &count);

		if (n && !strcmp(stacks_frame_at(s, frames[n - 1]).function, function))
			sum += count;
	}
	return sum;
}

/* Samples a process that is there, and what it starts meanwhile, for so long: false where that is not allowed. */
static bool sample(void (*body)(void), int64_t ns, struct stacks *stacks)
{
	struct functions *functions;
	struct procs *procs;
	struct err err;
	pid_t pid;
	int rc = functions_new(&functions, 2000, &err);

	if (rc == -ENOTSUP || functions_check(&err))
		return false;
	assert_int_equal(rc, 0);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		body();
		_exit(0);
	}
	setpgid(pid, pid);
	assert_int_equal(procs_new(&procs, &err), 0);
	assert_int_equal(procs_add_tree(procs, pid, "burner", NULL), 0);
	if (functions_begin(functions, procs, &err))
		fail_msg("%s", err.msg);
	clock_sleep_until(clock_ns() + ns);
	assert_int_equal(functions_end(functions, &err), 0);
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
	functions_take(functions, stacks);
	procs_free(procs);
	functions_free(functions);
	return true;
}

static void test_shares(void **state)
{
	struct stacks s;
	double first, second;

	(void)state;
	if (!sample(burn, 500 * NS_PER_MS, &s))
		skip();
	first = (double)samples_in(&s, "burn_in_the_first");
	second = (double)samples_in(&s, "burn_in_the_second");
	assert_int_equal(s.n_components, 1);
	assert_string_equal(s.components[0], "burner");
	assert_true(first + second > 20);
	/* three quarters, within four standard deviations of so many samples, and what the machine adds */
	assert_in_range((int)(100 * first / (first + second)), 55, 92);
	assert_true(first + second > 0.8 * (double)s.samples);
	stacks_release(&s);
}

/* Children that come and go, each gone before anybody could look it up. */
static void burn_in_children(void)
{
	alarm(30);
	for (;;) {
		pid_t pid = fork();

		if (!pid) {
			burn_in_the_second(3000000);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

static void test_children(void **state)
{
	struct stacks s;

	(void)state;
	if (!sample(burn_in_children, 500 * NS_PER_MS, &s))
		skip();
	assert_string_equal(s.components[0], "burner");
	assert_true(samples_in(&s, "burn_in_the_second") > 10);
	assert_true(samples_in(&s, "burn_in_the_second") * 2 > s.samples);
	stacks_release(&s);
}

static void test_rings(void **state)
{
	struct stacks s;

	(void)state;
	/* nothing is lost at a frequency that is allowed */
	if (!sample(burn, 200 * NS_PER_MS, &s))
		skip();
	assert_int_equal(s.lost, 0);
	stacks_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_symbols),
	    cmocka_unit_test(test_shares),
	    cmocka_unit_test(test_children),
	    cmocka_unit_test(test_rings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
