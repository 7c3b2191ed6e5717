// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/unittest.h"

static char dir[64], inner[80], log_path[96];

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/maxq-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(inner, sizeof(inner), "%s/0", dir);
	snprintf(log_path, sizeof(log_path), "%s/log", dir);
	return mkdir(inner, 0700);
}

static int remove_dir(void **state)
{
	(void)state;
	return file_remove_tree(dir);
}

static struct child_spec spec_of(const char *const *argv)
{
	static const char *const env[] = {"PATH=/usr/bin:/bin", "GREETING=hello", NULL};

	return (struct child_spec){.argv = argv,
	    .env = env,
	    .dir = dir,
	    .log = log_path,
	    .cgroup = "",
	    .remove_dir = "",
	    .grace_ns = NS_PER_S};
}

static int wait_for_end(struct child *child)
{
	int64_t deadline_ns = clock_ns() + 10 * NS_PER_S;
	int status = -1;

	while (!child_ended(child, &status) && clock_ns() < deadline_ns)
		usleep(1000);
	return status;
}

/* Waits until the log holds a line, and returns it. */
static const char *logged(void)
{
	static char text[256];
	int64_t deadline_ns = clock_ns() + 10 * NS_PER_S;

	while (clock_ns() < deadline_ns) {
		if (file_read_text(log_path, text, sizeof(text)) > 0 && strchr(text, '\n'))
			return text;
		usleep(1000);
	}
	fail_msg("nothing was logged");
	return "";
}

static bool is_gone(pid_t pid)
{
	char path[32], text[512];
	int64_t deadline_ns = clock_ns() + 5 * NS_PER_S;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	while (clock_ns() < deadline_ns) {
		/* a zombie that its parent has not collected yet does nothing any more */
		if (file_read_text(path, text, sizeof(text)) <= 0 || strstr(text, ") Z "))
			return true;
		usleep(1000);
	}
	return false;
}

static void ends_by_itself(void **state)
{
	const char *const argv[] = {"sh", "-c", "echo $GREETING $HOME from $PWD; exit 3", NULL};
	struct child_spec spec = spec_of(argv);
	struct child *child;
	char wanted[128];
	int status;

	(void)state;
	assert_int_equal(child_start(&child, &spec, NULL), 0);
	status = wait_for_end(child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
	snprintf(wanted, sizeof(wanted), "hello from %s\n", dir);
	assert_string_equal(logged(), wanted);
	child_stop(child);
}

static void cannot_be_started(void **state)
{
	const char *const argv[] = {"no-such-program", NULL};
	struct child_spec spec = spec_of(argv);
	struct child *child;
	struct err err;

	(void)state;
	assert_int_equal(child_start(&child, &spec, &err), -ENOENT);
	assert_string_equal(
	    err.msg, "cannot start 'no-such-program': cannot execute it: No such file or directory");
	spec.dir = "/no/such/folder";
	assert_int_equal(child_start(&child, &spec, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "enter its folder"));
}

/* A program that ignores SIGTERM, with a daemon of its own that has left its session: all of it goes. */
static const char stubborn[] =
    "trap '' TERM; setsid sh -c 'trap \"\" TERM HUP; echo $$; while :; do sleep 0.1; done' & while :; do sleep 0.1; done";

static void stop_ends_all_of_it(void **state)
{
	const char *const argv[] = {"sh", "-c", stubborn, NULL};
	struct child_spec spec = spec_of(argv);
	struct child *child;
	pid_t pid, daemon;

	(void)state;
	spec.grace_ns = 50 * NS_PER_MS;
	spec.remove_dir = inner;
	assert_int_equal(child_start(&child, &spec, NULL), 0);
	pid = child_pid(child);
	daemon = (pid_t)strtol(logged(), NULL, 10);
	assert_true(daemon > 0 && !kill(daemon, 0));
	child_stop(child);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(kill(daemon, 0), -1);
	assert_int_equal(access(inner, F_OK), -1);
	/* the folder above is not empty: it stays */
	assert_int_equal(access(dir, F_OK), 0);
}

static void cgroup_is_used_and_removed(void **state)
{
	const char *const argv[] = {
	    "sh", "-c", "cat /proc/self/cgroup | grep ^0::; sleep 100 & sleep 100", NULL};
	struct child_spec spec = spec_of(argv);
	char cgroup[CGROUP_PATH_MAX], name[64];
	struct child *child;

	(void)state;
	snprintf(name, sizeof(name), "maxq-test-%d", (int)getpid());
	if (cgroup_make(name, cgroup, sizeof(cgroup)))
		return; /* not allowed here */
	spec.cgroup = cgroup;
	assert_int_equal(child_start(&child, &spec, NULL), 0);
	assert_non_null(strstr(logged(), name));
	child_stop(child);
	assert_int_equal(access(cgroup, F_OK), -1);
}

/* Whoever holds a child is killed by SIGKILL: the keeper ends everything. */
static void our_own_death_ends_it(void **state)
{
	const char *const argv[] = {"sh", "-c", stubborn, NULL};
	struct child_spec spec = spec_of(argv);
	pid_t holder, daemon;
	int status;

	(void)state;
	spec.grace_ns = 50 * NS_PER_MS;
	spec.remove_dir = inner;
	holder = fork();
	if (!holder) {
		struct child *child;

		if (child_start(&child, &spec, NULL))
			_exit(1);
		pause();
		_exit(0);
	}
	daemon = (pid_t)strtol(logged(), NULL, 10);
	assert_int_equal(kill(holder, SIGKILL), 0);
	waitpid(holder, &status, 0);
	assert_true(is_gone(daemon));
	for (int i = 0; i < 2000 && !access(inner, F_OK); i++)
		usleep(1000);
	assert_int_equal(access(inner, F_OK), -1);
}

/* The keeper itself is killed: the kernel kills the program, and child_stop what that leaves behind. */
static void the_keepers_death_ends_it(void **state)
{
	const char *const argv[] = {"sh", "-c", stubborn, NULL};
	struct child_spec spec = spec_of(argv);
	char path[64], text[512];
	struct child *child;
	pid_t keeper, pid, daemon;
	int status;

	(void)state;
	spec.remove_dir = inner;
	assert_int_equal(child_start(&child, &spec, NULL), 0);
	pid = child_pid(child);
	daemon = (pid_t)strtol(logged(), NULL, 10);
	/* (4) of proc(5)'s stat: the parent */
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	assert_true(file_read_text(path, text, sizeof(text)) > 0);
	keeper = (pid_t)strtol(strrchr(text, ')') + 4, NULL, 10);
	assert_true(keeper > 1 && keeper != getpid());
	assert_int_equal(kill(keeper, SIGKILL), 0);
	assert_true(is_gone(pid));
	assert_true(child_ended(child, &status));
	child_stop(child);
	assert_true(is_gone(daemon));
	assert_int_equal(access(inner, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(ends_by_itself, make_dir, remove_dir),
	    cmocka_unit_test_setup_teardown(cannot_be_started, make_dir, remove_dir),
	    cmocka_unit_test_setup_teardown(stop_ends_all_of_it, make_dir, remove_dir),
	    cmocka_unit_test_setup_teardown(cgroup_is_used_and_removed, make_dir, remove_dir),
	    cmocka_unit_test_setup_teardown(our_own_death_ends_it, make_dir, remove_dir),
	    cmocka_unit_test_setup_teardown(the_keepers_death_ends_it, make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
