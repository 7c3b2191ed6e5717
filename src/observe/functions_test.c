// SPDX-License-Identifier: GPL-3.0-or-later
/* Symbols of this program, and samples of processes that burn CPU time in functions that are known. */
#include "base/unittest.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "observe/functions.h"
#include "observe/symbols.h"

/* Where a process that is to be sampled tells that it is about to begin. */
enum { READY_FD = 99 };

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

static void tell_ready(void)
{
	if (write(READY_FD, "", 1) != 1)
		_exit(1);
}

/* Three parts in the first, one in the second, until it is killed. */
static void burn(void)
{
	tell_ready();
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
	struct symbols *symbols = NULL;
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

static pid_t last_pid; /* that was sampled */

/* Samples a process that is there, and what it starts meanwhile, for so long: false where that is not allowed. */
static bool sample(void (*body)(void), int64_t ns, struct stacks *stacks)
{
	struct functions *functions = NULL;
	struct procs *procs = NULL;
	struct err err;
	int ready[2];
	char byte;
	pid_t pid;
	int rc = functions_new(&functions, 2000, &err);

	if (rc == -ENOTSUP || functions_check(&err))
		return false;
	assert_int_equal(rc, 0);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		alarm(30);
		dup2(ready[1], READY_FD);
		body();
		_exit(0);
	}
	setpgid(pid, pid);
	last_pid = pid;
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
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
	struct stacks s = {0};
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
	tell_ready();
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
	struct stacks s = {0};

	(void)state;
	if (!sample(burn_in_children, 500 * NS_PER_MS, &s))
		skip();
	assert_string_equal(s.components[0], "burner");
	assert_true(samples_in(&s, "burn_in_the_second") > 10);
	assert_true(samples_in(&s, "burn_in_the_second") * 10 > s.samples); /* the rest is forking */
	stacks_release(&s);
}

/* Code that was made by the program itself, of which only its map knows: a jump to itself. */
static void burn_in_made_code(void)
{
#if defined(__x86_64__)
	static const unsigned char code[] = {0xeb, 0xfe};
#elif defined(__aarch64__)
	static const unsigned char code[] = {0x00, 0x00, 0x00, 0x14};
#else
	static const unsigned char code[] = {0};
#endif
	char path[64];
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	FILE *map;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	map = fopen(path, "w");
	if (page == MAP_FAILED || !map)
		_exit(1);
	memcpy(page, code, sizeof(code));
	__builtin___clear_cache((char *)page, (char *)page + sizeof(code));
	fprintf(map, "%lx %zx JS:*hello /srv/app.js:3:1\n", (unsigned long)(uintptr_t)page, sizeof(code));
	fclose(map);
	tell_ready();
	((void (*)(void))(uintptr_t)page)();
}

static void test_made_code(void **state)
{
	struct stacks s = {0};
	char path[64];

	(void)state;
#if !defined(__x86_64__) && !defined(__aarch64__)
	skip();
#endif
	if (!sample(burn_in_made_code, 200 * NS_PER_MS, &s))
		skip();
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)last_pid);
	unlink(path);
	assert_true(samples_in(&s, "hello") * 2 > s.samples);
	stacks_release(&s);
}

/* The same by Python: a method in a function, of a program without a file of its own. MAXQ_PYTHON: another than Debian's. */
static const char *python(void)
{
	const char *named = getenv("MAXQ_PYTHON");

	return named ? named : "/usr/bin/python3";
}

static void burn_in_python(void)
{
	static const char program[] = "import json, os\n"
				      "class Shop:\n"
				      "    def work(self):\n"
				      "        for i in range(100): json.dumps([1, 2, 3], indent=1)\n"
				      "def main():\n"
				      "    os.write(99, b'x')\n"
				      "    while True: Shop().work()\n"
				      "main()\n";

	execl(python(), python(), "-c", program, NULL);
}

/* How many samples have the function anywhere on their stack. */
static uint64_t samples_with(const struct stacks *s, const char *function)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < stacks_count(s); i++) {
		size_t n;
		unsigned component;
		uint64_t count;
		const uint32_t *frames = stacks_at(s, i, &n, &component, &count);

		for (size_t k = 0; k < n; k++) {
			if (!strcmp(stacks_frame_at(s, frames[k]).function, function)) {
				sum += count;
				break;
			}
		}
	}
	return sum;
}

static void test_python(void **state)
{
	struct stacks s = {0};

	(void)state;
	if (access(python(), X_OK) || !sample(burn_in_python, 500 * NS_PER_MS, &s))
		skip();
	if (!s.python) {
		print_message("no Python: %s\n", s.why_no_python);
		stacks_release(&s);
		skip();
	}
	assert_true(samples_with(&s, "<string>.main") * 10 > 9 * s.samples);
	assert_true(samples_with(&s, "<string>.Shop.work") * 10 > 9 * s.samples);
	assert_true(samples_with(&s, "json.encoder.JSONEncoder.encode") * 2 > s.samples);
	/* what it calls in C is the function's own, if it is the interpreter's */
	assert_int_equal(samples_with(&s, "_PyEval_EvalFrameDefault"), 0);
	stacks_release(&s);
}

static void test_rings(void **state)
{
	struct stacks s = {0};

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
	    cmocka_unit_test(test_made_code),
	    cmocka_unit_test(test_python),
	    cmocka_unit_test(test_rings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
