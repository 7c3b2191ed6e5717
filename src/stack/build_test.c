// SPDX-License-Identifier: GPL-3.0-or-later
/* Versions and builds, of components that are written here; a build that adds a line to a file tells how often it ran. */
#include "stack/build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/unittest.h"
#include "stack/command.h"

static char top[64], catalog[80], cache[80];

static const char counting[] =
    "title: x\nabout: y\nlistens: {protocols: [http], tcp: '{port}'}\ncommand: ['{build}/made']\n"
    "build: [sh, -c, 'echo made >>$0/made', '{build}']\nenv: ['WHERE={dir}/{port}']\n";

static void write_file(const char *component, const char *file, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", catalog, component);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/%s", catalog, component, file);
	assert_int_equal(file_write(path, text, strlen(text), NULL), 0);
}

static struct component *load(const char *name, const char *yaml)
{
	struct component *component;
	struct err err;

	write_file(name, "component.yaml", yaml);
	if (component_load(&component, catalog, name, &err))
		fail_msg("%s", err.msg);
	return component;
}

/* So that what is written next is newer than a build that began before, whatever the clock's grain. */
static void let_time_pass(void)
{
	clock_sleep_until(clock_ns() + 30 * NS_PER_MS);
}

/* How often the component's build has run, by what it left. */
static size_t times_built(const char *name)
{
	struct buf made;
	char path[256];
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/maxq/%s/made", cache, name);
	buf_init(&made, 4096);
	file_read(path, &made, NULL);
	for (size_t i = 0; i < made.len; i++)
		n += made.data[i] == '\n';
	buf_release(&made);
	return n;
}

static void build(const struct component *component)
{
	struct err err;

	if (build_component(component, &err))
		fail_msg("%s", err.msg);
}

static int begin(void **state)
{
	(void)state;
	strcpy(top, "/tmp/maxq-build-test-XXXXXX");
	if (!mkdtemp(top))
		return -1;
	snprintf(catalog, sizeof(catalog), "%s/catalog", top);
	snprintf(cache, sizeof(cache), "%s/a/cache", top);
	setenv("XDG_CACHE_HOME", cache, 1);
	return mkdir(catalog, 0700);
}

static int end(void **state)
{
	(void)state;
	return file_remove_tree(top);
}

static void a_version_is_the_first_line(void **state)
{
	static const struct {
		const char *command, *version; /* NULL: fails, with `why` */
		const char *why;
	} cases[] = {
	    {"[sh, -c, 'echo; echo one 1.2; echo more']", "one 1.2", NULL},
	    {"[sh, -c, 'echo to standard error >&2']", "to standard error", NULL},
	    {"[printf, \"a\\\\033[31mb\"]", "a?[31mb", NULL},
	    /* no shell: this is one argument */
	    {"[echo, '$HOME; echo x']", "$HOME; echo x", NULL},
	    {"[sh, -c, 'echo ${SECRET-none} $WHERE']", "none here/versions", NULL},
	    {"[sh, -c, 'echo no such luck; exit 3']", NULL,
		"'sh' of versions ended with status 3; its output ends:\nno such luck"},
	    {"['true']", NULL, "'true' of versions printed no version"},
	    {"[no-such-program]", NULL, "cannot start 'no-such-program': cannot execute it"},
	    {"[echo, '{nothing}']", NULL, "unknown variable '{nothing}' in 'versions'"},
	};

	(void)state;
	setenv("SECRET", "not for servers", 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char yaml[512], version[COMMAND_VERSION_MAX];
		struct component *component;
		struct err err = {""};
		int rc;

		snprintf(yaml, sizeof(yaml),
		    "title: x\nabout: y\nlistens: {protocols: [http], tcp: '{port}'}\ncommand: [x]\n"
		    "env: ['WHERE=here/{name}']\nversion: %s\n",
		    cases[i].command);
		component = load("versions", yaml);
		rc = command_version(component, version, &err);
		if (cases[i].version && rc)
			fail_msg("%s: %s", cases[i].command, err.msg);
		if (cases[i].version)
			assert_string_equal(version, cases[i].version);
		else if (!rc || !strstr(err.msg, cases[i].why))
			fail_msg("%s: '%s' does not say '%s'", cases[i].command, err.msg, cases[i].why);
		component_free(component);
	}
}

static void a_command_has_a_deadline(void **state)
{
	struct component *component = load("slow",
	    "title: x\nabout: y\napplication: {interface: i, entry: e}\nversion: [sh, -c, 'echo wait; sleep 100']\n");
	int64_t began_ns = clock_ns();
	struct err err;

	(void)state;
	assert_int_equal(
	    command_run(component, component->version, component->version_count, 300 * NS_PER_MS, NULL, &err),
	    -ETIMEDOUT);
	assert_string_equal(err.msg, "'sh' of slow has not ended after 0.3 s; its output ends:\nwait");
	assert_true(clock_ns() - began_ns < 20 * NS_PER_S);
	component_free(component);
}

static void a_build_runs_when_something_changed(void **state)
{
	struct component *component;
	char path[256];
	struct stat st;

	(void)state;
	write_file("made", "source", "1");
	let_time_pass();
	component = load("made", counting);
	let_time_pass();
	build(component);
	assert_int_equal(times_built("made"), 1);
	snprintf(path, sizeof(path), "%s/maxq/made", cache);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	build(component);
	assert_int_equal(times_built("made"), 1);

	let_time_pass();
	write_file("made", "source", "2");
	let_time_pass();
	build(component);
	build(component);
	assert_int_equal(times_built("made"), 2);

	/* also where a file is gone */
	let_time_pass();
	snprintf(path, sizeof(path), "%s/made/source", catalog);
	assert_int_equal(unlink(path), 0);
	let_time_pass();
	build(component);
	build(component);
	assert_int_equal(times_built("made"), 3);

	/* and where the command is another, though no file is newer */
	free(component->build[2]);
	component->build[2] = strdup("echo again >>$0/made");
	build(component);
	build(component);
	assert_int_equal(times_built("made"), 4);
	component_free(component);
}

static void a_build_that_fails_is_told_and_tried_again(void **state)
{
	struct component *component = load("fails",
	    "title: x\nabout: y\nlistens: {protocols: [http], tcp: '{port}'}\ncommand: ['{build}/x']\n"
	    "build: [sh, -c, 'echo made >>$0/made; echo line 7 is wrong; test -e $0/mended', '{build}']\n");
	char path[256];
	struct err err;

	(void)state;
	for (size_t i = 1; i <= 2; i++) {
		assert_true(build_component(component, &err) < 0);
		assert_string_equal(
		    err.msg, "'sh' of fails ended with status 1; its output ends:\nline 7 is wrong");
		assert_int_equal(times_built("fails"), i);
	}
	snprintf(path, sizeof(path), "%s/maxq/fails/mended", cache);
	assert_int_equal(file_write(path, "", 0, NULL), 0);
	build(component);
	build(component);
	assert_int_equal(times_built("fails"), 3);
	component_free(component);
}

static void two_at_a_time_build_once(void **state)
{
	struct component *component = load("shared",
	    "title: x\nabout: y\nlistens: {protocols: [http], tcp: '{port}'}\ncommand: ['{build}/x']\n"
	    "build: [sh, -c, 'sleep 0.2; echo made >>$0/made', '{build}']\n");
	pid_t pids[3];
	int status;

	(void)state;
	let_time_pass();
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (!pids[i])
			_exit(build_component(component, NULL) ? 1 : 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(times_built("shared"), 1);
	component_free(component);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_version_is_the_first_line),
	    cmocka_unit_test(a_command_has_a_deadline),
	    cmocka_unit_test(a_build_runs_when_something_changed),
	    cmocka_unit_test(a_build_that_fails_is_told_and_tried_again),
	    cmocka_unit_test(two_at_a_time_build_once),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
