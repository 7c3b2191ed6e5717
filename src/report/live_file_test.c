// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/live_file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/unittest.h"

static const struct report bench = {.command = "bench", .host.cpus = 4};

/* A history of its own, with what glob takes for a pattern in its name. */
struct place {
	char folder[64], store[96];
};

static void make_place(struct place *place)
{
	snprintf(place->folder, sizeof(place->folder), "/tmp/live-file-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	snprintf(place->store, sizeof(place->store), "%s/his[t]or*y.db", place->folder);
}

/* Nothing of it is left. */
static void end_place(const struct place *place)
{
	assert_int_equal(rmdir(place->folder), 0);
}

/* What a bench tells in its second row: a window, the steps of its search, a round of each. */
static void tell(struct live_file *file)
{
	struct progress p = {.name = "nginx,\xff",
	    .row = 1,
	    .n_rows = 2,
	    .round = 3,
	    .clients = 16,
	    .left_ns = 9 * NS_PER_S,
	    .step_ns = 2 * NS_PER_S};
	struct window windows[] = {
	    {.end_ns = NS_PER_S, .counts.completed = 500, .generator_busiest_ns = NS_PER_S / 2},
	};
	struct observed seen = {.used = {.busy_ns = NS_PER_S, .idle_ns = NS_PER_S}};
	struct step_sample sample = {.n_windows = 1, .windows = windows};
	struct step step = {.clients = 16, .throughput_rps = 450};

	file->sink.begin(&file->sink, &bench);
	file->sink.row(&file->sink, &p, "launching");
	file->sink.searched(&file->sink, &p, &step);
	p.elapsed_ns = NS_PER_S;
	file->sink.window(&file->sink, &p, &windows[0], &seen);
	file->sink.sample(&file->sink, &p, &sample);
	file->sink.step(&file->sink, &p, &step);
}

/* A run in a process of its own, as locks are of processes: it tells, says so, and waits for its end. */
static pid_t begin_run(const struct place *place, bool tells)
{
	static int64_t number = 7;
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct live_file file;
		struct err err;
		bool made = !live_file_init(&file, place->store, &number, &err);

		if (made && tells)
			tell(&file);
		if (made && write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void kill_run(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* A document is written by a thread: a moment later. */
static json_t *wait_for(const struct place *place, size_t n)
{
	json_t *all = live_file_read_all(place->store);

	for (int i = 0; i < 500 && json_array_size(all) != n; i++) {
		json_decref(all);
		clock_sleep_until(clock_ns() + 10 * NS_PER_MS);
		all = live_file_read_all(place->store);
	}
	assert_int_equal(json_array_size(all), n);
	return all;
}

static double number_of(const json_t *json, const char *key)
{
	const json_t *value = json_object_get(json, key);

	assert_true(json_is_number(value));
	return json_number_value(value);
}

static void test_what_goes_on(void **state)
{
	struct place place;
	json_t *all, *one, *rows;
	pid_t pid;

	(void)state;
	make_place(&place);
	pid = begin_run(&place, true);
	all = wait_for(&place, 1);
	one = json_array_get(all, 0);
	assert_int_equal((int)number_of(one, "pid"), pid);
	assert_int_equal((int)number_of(one, "run"), 7);
	assert_string_equal(json_string_value(json_object_get(one, "command")), "bench");
	assert_string_equal(json_string_value(json_object_get(one, "name")), "(not UTF-8)");
	assert_true(json_is_null(json_object_get(one, "doing")));
	assert_int_equal((int)number_of(one, "round"), 3);
	assert_int_equal((int)number_of(one, "clients"), 16);
	assert_true(number_of(one, "elapsed_s") == 1 && number_of(one, "step_s") == 2);
	assert_true(number_of(one, "left_s") == 9);
	assert_true(number_of(one, "throughput_rps") == 500);
	assert_true(number_of(one, "generator_busy") == 0.5);
	assert_true(number_of(one, "steal") == 0);
	assert_true(json_number_value(json_array_get(json_object_get(one, "windows_rps"), 0)) == 500);
	rows = json_object_get(one, "rows");
	assert_int_equal(json_array_size(rows), 2);
	assert_true(json_is_null(json_object_get(json_array_get(rows, 0), "throughput_rps")));
	/* its round takes the place of its search */
	assert_true(number_of(json_array_get(rows, 1), "throughput_rps") == 500);
	assert_true(
	    json_number_value(json_array_get(json_array_get(json_object_get(one, "points"), 0), 1)) == 450);
	json_decref(all);
	kill_run(pid);
	json_decref(live_file_read_all(place.store));
	end_place(&place);
}

/* A run that was killed is not there any more, and leaves nothing once somebody has looked; others stay. */
static void test_who_is_gone(void **state)
{
	struct place place;
	pid_t pids[3];
	json_t *all;

	(void)state;
	make_place(&place);
	for (size_t i = 0; i < 3; i++)
		pids[i] = begin_run(&place, true);
	json_decref(wait_for(&place, 3));
	kill_run(pids[1]);
	all = live_file_read_all(place.store);
	assert_int_equal(json_array_size(all), 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_not_equal((int)number_of(json_array_get(all, i), "pid"), pids[1]);
	json_decref(all);
	kill_run(pids[0]);
	kill_run(pids[2]);
	all = live_file_read_all(place.store);
	assert_int_equal(json_array_size(all), 0);
	json_decref(all);
	end_place(&place);
}

static void test_nothing_to_tell(void **state)
{
	struct place place;
	pid_t pid;
	json_t *all;

	(void)state;
	make_place(&place);
	all = live_file_read_all(place.store);
	assert_int_equal(json_array_size(all), 0);
	json_decref(all);
	/* begun, and nothing was written yet */
	pid = begin_run(&place, false);
	all = live_file_read_all(place.store);
	assert_int_equal(json_array_size(all), 0);
	json_decref(all);
	kill_run(pid);
	json_decref(live_file_read_all(place.store));
	end_place(&place);
}

/* What only looks like it is left alone; and the next run clears away what is of those before it. */
static void test_what_is_cleared_away(void **state)
{
	static const struct {
		const char *name, *text;
		bool stays;
	} files[] = {
	    {"-live-abcdef.json", "{\"pid\":7}", false},
	    {"-live-empty1.json", "", false},
	    {"-live-backup.json", "SQLite format 3", true},
	    {"-live-backup", "{\"pid\":7}", true},
	};
	char path[128];
	struct place place;
	struct live_file file;
	struct err err;
	int64_t number = 0;

	(void)state;
	make_place(&place);
	for (size_t i = 0; i < 4; i++) {
		FILE *out;

		snprintf(path, sizeof(path), "%s%s", place.store, files[i].name);
		out = fopen(path, "w");
		assert_non_null(out);
		fputs(files[i].text, out);
		fclose(out);
	}
	assert_int_equal(live_file_init(&file, place.store, &number, &err), 0);
	live_file_release(&file);
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s%s", place.store, files[i].name);
		assert_int_equal(unlink(path), files[i].stays ? 0 : -1);
	}
	end_place(&place);
}

static void test_its_end(void **state)
{
	struct place place;
	struct live_file file;
	struct stat st;
	struct err err;
	int64_t number = 0;

	(void)state;
	make_place(&place);
	assert_int_equal(live_file_init(&file, place.store, &number, &err), 0);
	tell(&file);
	assert_int_equal(stat(file.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	for (int i = 0; i < 500 && !st.st_size; i++) {
		clock_sleep_until(clock_ns() + 10 * NS_PER_MS);
		assert_int_equal(stat(file.path, &st), 0);
	}
	assert_true(st.st_size > 0);
	live_file_release(&file);
	live_file_release(&file);
	/* a sink without a file does nothing */
	tell(&file);
	end_place(&place);
	assert_true(live_file_init(&file, "/nowhere/history.db", &number, &err) < 0);
	assert_non_null(strstr(err.msg, "/nowhere/history.db"));
	live_file_release(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_goes_on),
	    cmocka_unit_test(test_who_is_gone),
	    cmocka_unit_test(test_nothing_to_tell),
	    cmocka_unit_test(test_what_is_cleared_away),
	    cmocka_unit_test(test_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
