// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/unittest.h"
#include "store/sql.h"

struct fixture {
	char dir[FILE_PRIVATE_DIR_MAX];
	char path[128];
	struct store *store;
	struct err err;
};

static int set_up(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	assert_int_equal(file_private_dir(x->dir, NULL), 0);
	snprintf(x->path, sizeof(x->path), "%s/history.db", x->dir);
	assert_int_equal(store_open(&x->store, x->path, true, &x->err), 0);
	*state = x;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *x = *state;

	store_close(x->store);
	file_remove_tree(x->dir);
	free(x);
	return 0;
}

static int64_t add_run(struct fixture *x, const char *started_at, const char *target)
{
	char target_copy[64];
	struct run_summary summary = {.target = target_copy, .maximum_rps = 1000.5, .cost_us = NAN};
	struct store_run run = {.summary = &summary,
	    .maxq = "0.0",
	    .host = "cpus=1\n",
	    .head = "{\"schema\":1,\"results\":[]}",
	    .printed = "text\n"};
	int64_t id;

	snprintf(target_copy, sizeof(target_copy), "%s", target);
	snprintf(summary.started_at, sizeof(summary.started_at), "%s", started_at);
	snprintf(summary.command, sizeof(summary.command), "sweep");
	id = store_put_run(x->store, &run, &x->err);
	assert_true(id > 0);
	return id;
}

/* A load of three windows, of which the first is warm-up, with one process and responses of 1 and 2 us. */
static void add_traced_load(
    struct fixture *x, int64_t run, unsigned round, const char *tracer, unsigned n_fast)
{
	struct process_facts process = {.component = "nginx", .comm = "nginx", .pid = 42};
	struct process_cpu cpu = {.total_ns = 30, .user_ns = 10, .system_ns = 20};
	struct observed seen = {.elapsed_ns = 100, .n_processes = 1, .processes = &cpu};
	struct step_sample sample;
	struct store_load load = {
	    .run = run, .round = round, .at_ns = 5, .tracer = tracer, .sample = &sample};

	assert_int_equal(step_sample_init(&sample), 0);
	sample.clients = 8;
	sample.warmup_windows = 1;
	sample.processes = malloc(sizeof(process));
	assert_non_null(sample.processes);
	sample.processes[0] = process;
	sample.n_processes = 1;
	for (int w = 0; w < 3; w++) {
		struct window window = {
		    .start_ns = 1000 + 100 * w, .end_ns = 1100 + 100 * w, .counts.completed = 7};

		assert_int_equal(step_sample_add(&sample, &window, &seen, NULL), 0);
	}
	for (unsigned i = 0; i < n_fast; i++)
		hist_record(sample.latency, 1000);
	hist_record(sample.latency, 2000);
	assert_int_equal(store_add_load(x->store, &load, &x->err), 0);
	step_sample_release(&sample);
}

static void add_load(struct fixture *x, int64_t run, unsigned round, unsigned n_fast)
{
	add_traced_load(x, run, round, NULL, n_fast);
}

static int64_t ask(struct fixture *x, const char *sql)
{
	sqlite3_stmt *statement = sql_prepare(x->store, sql, &x->err);
	int64_t value;

	assert_int_equal(sql_row(x->store, statement, &x->err), 1);
	value = sqlite3_column_int64(statement, 0);
	sql_finish(statement);
	return value;
}

static void a_run_comes_back(void **state)
{
	struct fixture *x = *state;
	int64_t run = add_run(x, "2026-01-31T12:00:00Z", "http://x/");
	char *printed = NULL;
	json_t *json = NULL;

	assert_int_equal(store_put_result(x->store, run, 1, "{\"name\":\"b\"}", &x->err), 0);
	assert_int_equal(store_put_result(x->store, run, 0, "{\"name\":\"old\"}", &x->err), 0);
	assert_int_equal(store_put_result(x->store, run, 0, "{\"name\":\"a\"}", &x->err), 0);
	assert_int_equal(store_read(x->store, run, &json, &printed, &x->err), 0);
	assert_string_equal(printed, "text\n");
	free(printed);
	printed = json_dumps(json, JSON_COMPACT);
	assert_string_equal(printed, "{\"schema\":1,\"results\":[{\"name\":\"a\"},{\"name\":\"b\"}]}");
	free(printed);
	json_decref(json);
	assert_int_equal(store_read(x->store, run + 1, &json, NULL, &x->err), -ENOENT);
}

static void is_the_owners_alone(void **state)
{
	struct fixture *x = *state;
	struct stat st;

	add_run(x, "2026-01-31T12:00:00Z", "http://x/");
	assert_int_equal(stat(x->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void expect_ids(struct fixture *x, const struct store_filter *filter, const char *ids)
{
	struct run_summary *runs = NULL;
	char text[128] = "";
	int n = store_list(x->store, filter, &runs, &x->err);

	assert_true(n >= 0);
	for (int i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%lld ", (long long)runs[i].id);
	assert_string_equal(text, ids);
	store_free_list(runs, (size_t)n);
}

static void filters(void **state)
{
	struct fixture *x = *state;
	int64_t first = add_run(x, "2026-01-30T12:00:00Z", "http://a/");
	int64_t second = add_run(x, "2026-01-31T23:59:59Z", "http://a/b");

	add_run(x, "2026-02-01T00:00:00Z", "http://c/");
	assert_int_equal(store_put_label(x->store, first, "branch", "main", &x->err), 0);
	assert_int_equal(store_put_label(x->store, second, "branch", "other", &x->err), 0);
	expect_ids(x, &(struct store_filter){0}, "3 2 1 ");
	expect_ids(x, &(struct store_filter){.limit = 2}, "3 2 ");
	expect_ids(x, &(struct store_filter){.target = "//a/"}, "2 1 ");
	expect_ids(x, &(struct store_filter){.command = "load"}, "");
	expect_ids(x, &(struct store_filter){.since = "2026-01-31"}, "3 2 ");
	expect_ids(x, &(struct store_filter){.until = "2026-01-31"}, "2 1 ");
	expect_ids(x, &(struct store_filter){.before = "2026-01-31"}, "1 ");
	expect_ids(x, &(struct store_filter){.labels = {"branch"}, .n_labels = 1}, "2 1 ");
	expect_ids(x, &(struct store_filter){.labels = {"branch=main"}, .n_labels = 1}, "1 ");
	expect_ids(x, &(struct store_filter){.labels = {"branch=main", "os"}, .n_labels = 2}, "");
	assert_int_equal(store_find(x->store, "last", &x->err), 3);
	assert_int_equal(store_find(x->store, "-2", &x->err), 2);
	assert_int_equal(store_find(x->store, "1", &x->err), 1);
	assert_int_equal(store_find(x->store, "4", &x->err), -ENOENT);
	assert_int_equal(store_find(x->store, "-4", &x->err), -ENOENT);
	assert_int_equal(store_find(x->store, "0", &x->err), -EINVAL);
	assert_int_equal(store_find(x->store, "1x", &x->err), -EINVAL);
	assert_int_equal(store_forget(x->store, 3, &x->err), 0);
	assert_true(add_run(x, "2026-02-01T00:00:00Z", "http://c/") == 4);
}

static void a_step_has_its_loads(void **state)
{
	struct fixture *x = *state;
	int64_t run = add_run(x, "2026-01-31T12:00:00Z", "flask");
	struct hist *latency = malloc(sizeof(*latency));

	assert_non_null(latency);
	add_load(x, run, 0, 1); /* too short, and measured again */
	add_load(x, run, 0, 2);
	assert_int_equal(store_set_step(x->store, run, 0, 0, &x->err), 0);
	add_load(x, run, 1, 3);
	add_load(x, run, 2, 4);
	assert_int_equal(store_set_step(x->store, run, 0, 1, &x->err), 0);
	hist_init(latency);
	assert_int_equal(store_read_latency(x->store, run, 0, 0, latency, &x->err), 0);
	assert_int_equal(latency->count, 3);
	hist_init(latency);
	assert_int_equal(store_read_latency(x->store, run, 0, 1, latency, &x->err), 0);
	assert_int_equal(latency->count, 9);
	assert_int_equal(latency->max_ns, 2000);
	free(latency);
	assert_int_equal(ask(x, "SELECT sum(completed) FROM windows WHERE load = 2"), 21);
	assert_int_equal(ask(x, "SELECT start_ns FROM windows WHERE load = 2 AND window = 2"), 200);
	assert_int_equal(ask(x, "SELECT sum(total_ns) FROM window_processes WHERE load = 2"), 90);
	assert_int_equal(store_forget(x->store, run, &x->err), 0);
	assert_int_equal(ask(x, "SELECT count(*) FROM loads"), 0);
	assert_int_equal(ask(x, "SELECT count(*) FROM window_processes"), 0);
}

/* Who looks at a step's latencies wants none of those that tracing made longer, whichever of the two came last. */
static void what_is_traced_is_of_no_step(void **state)
{
	struct fixture *x = *state;
	int64_t run = add_run(x, "2026-01-31T12:00:00Z", "flask");
	struct hist *latency = malloc(sizeof(*latency));

	assert_non_null(latency);
	add_load(x, run, 1, 3);
	add_traced_load(x, run, 1, "phases", 100);
	add_traced_load(x, run, 2, "phases", 200);
	add_load(x, run, 2, 4);
	add_traced_load(x, run, 3, "none", 300);
	add_traced_load(x, run, 0, "functions", 400);
	assert_int_equal(store_set_step(x->store, run, 0, 0, &x->err), 0);
	hist_init(latency);
	assert_int_equal(store_read_latency(x->store, run, 0, 0, latency, &x->err), 0);
	assert_int_equal(latency->count, 9);
	free(latency);
	assert_int_equal(ask(x, "SELECT count(*) FROM loads WHERE step IS NULL AND tracer IS NOT NULL"), 4);
	assert_int_equal(ask(x, "SELECT count(*) FROM loads WHERE round = 2 AND tracer = 'phases'"), 1);
}

static void what_is_not_committed_is_nothing(void **state)
{
	struct fixture *x = *state;

	add_run(x, "2026-01-30T12:00:00Z", "http://a/");
	assert_int_equal(store_begin(x->store, &x->err), 0);
	add_run(x, "2026-01-31T12:00:00Z", "http://a/");
	store_rollback(x->store);
	store_rollback(x->store); /* of nothing */
	expect_ids(x, &(struct store_filter){0}, "1 ");
}

/* Each older format becomes the newest one, and keeps what was in it. */
static void older_formats_are_migrated(void **state)
{
	struct fixture *x = *state;

	for (int version = 1; version < STORE_VERSION; version++) {
		char path[160];
		struct store *old = calloc(1, sizeof(*old)), *opened = NULL;

		assert_non_null(old);
		snprintf(path, sizeof(path), "%s/%d.db", x->dir, version);
		assert_int_equal(sqlite3_open(path, &old->db), 0);
		assert_int_equal(sql_exec(old, "PRAGMA application_id = 0x6d617871", NULL), 0);
		assert_int_equal(schema_migrate(old, version, &x->err), 0);
		assert_int_equal(
		    sql_exec(old,
			"INSERT INTO runs VALUES (7, 'u', '2026-01-31T12:00:00Z', '0', 'load', 'http://old/', '',"
			" 1, 2, 1, 1, '{}', NULL)",
			&x->err),
		    0);
		if (version >= 2)
			assert_int_equal(sql_exec(old,
					     "INSERT INTO loads (run, result, step, round, clients, at_ns,"
					     " warmup_windows, latency) VALUES (7, 0, 3, 2, 8, 9, 1, x'00')",
					     &x->err),
			    0);
		store_close(old);
		assert_int_equal(store_open(&opened, path, false, &x->err), 0);
		store_close(x->store);
		x->store = opened;
		assert_int_equal(ask(x, "PRAGMA user_version"), STORE_VERSION);
		expect_ids(x, &(struct store_filter){.target = "http://old/"}, "7 ");
		assert_int_equal(
		    ask(x, "SELECT count(*) FROM loads WHERE step = 3 AND clients = 8 AND tracer IS NULL"),
		    version >= 2);
		add_traced_load(x, 7, 0, "phases", 1);
		assert_int_equal(ask(x, "SELECT count(*) FROM loads WHERE tracer = 'phases'"), 1);
	}
}

static void newer_and_foreign_ones_are_refused(void **state)
{
	struct fixture *x = *state;
	struct store *store = NULL;

	assert_int_equal(sql_exec(x->store, "PRAGMA user_version = 99", &x->err), 0);
	assert_int_equal(store_open(&store, x->path, true, &x->err), -EPROTONOSUPPORT);
	assert_non_null(strstr(x->err.msg, "newer maxq"));
	assert_int_equal(
	    sql_exec(x->store, "PRAGMA user_version = 0; PRAGMA application_id = 5", &x->err), 0);
	assert_int_equal(store_open(&store, x->path, true, &x->err), -EILSEQ);
	assert_non_null(strstr(x->err.msg, "another program"));
	snprintf(x->path, sizeof(x->path), "%s/text", x->dir);
	assert_int_equal(file_write(x->path, "this is no database at all, but a text", 38, &x->err), 0);
	assert_int_equal(store_open(&store, x->path, true, &x->err), -EILSEQ);
	snprintf(x->path, sizeof(x->path), "%s/nothing", x->dir);
	assert_int_equal(store_open(&store, x->path, false, &x->err), -ENOENT);
	assert_int_equal(access(x->path, F_OK), -1);
}

/* A run in all its parts, from one store to another and back. */
static void exports_and_imports(void **state)
{
	struct fixture *x = *state;
	int64_t run = add_run(x, "2026-01-31T12:00:00Z", "http://a/"), again;
	char *first, *second;
	json_t *json, *back;

	assert_int_equal(
	    store_put_result(x->store, run, 0, "{\"name\":\"a\",\"x\":0.10000000000000001}", &x->err), 0);
	assert_int_equal(store_put_label(x->store, run, "k", "v", &x->err), 0);
	add_load(x, run, 0, 5);
	assert_int_equal(store_set_step(x->store, run, 0, 0, &x->err), 0);
	add_traced_load(x, run, 1, "functions", 6);
	json = store_export(x->store, run, &x->err);
	assert_non_null(json);
	assert_int_equal(store_import(x->store, json, &x->err), -EEXIST);
	assert_int_equal(store_forget(x->store, run, &x->err), 0);
	again = store_import(x->store, json, &x->err);
	assert_true(again > run);
	back = store_export(x->store, again, &x->err);
	first = json_dumps(json, JSON_REAL_PRECISION(STORE_DIGITS));
	second = json_dumps(back, JSON_REAL_PRECISION(STORE_DIGITS));
	assert_string_equal(first, second);
	assert_non_null(strstr(first, "\"queue_overflows\""));
	assert_non_null(strstr(first, "\"tracer\": \"functions\""));
	free(first);
	free(second);
	json_decref(json);
	json_decref(back);
}

/* Every member of it missing, or of a wrong type, at any depth: it is refused or taken, and the store stays sound. */
static void break_everywhere(struct fixture *x, const json_t *whole, json_t *at)
{
	json_t *const wrong[] = {json_integer(-1), json_string("\033"), json_array(), json_object()};
	const char *key;
	json_t *value;
	json_t *keys = json_copy(at); /* members that are put back come last */

	json_object_foreach(keys, key, value)
	{
		char *name = strdup(key);

		json_incref(value);
		for (size_t i = 0; i <= ARRAY_SIZE(wrong); i++) {
			int64_t id;

			if (i < ARRAY_SIZE(wrong))
				json_object_set(at, name, wrong[i]);
			else
				json_object_del(at, name);
			assert_int_equal(store_begin(x->store, &x->err), 0);
			id = store_import(x->store, whole, &x->err);
			assert_true(id > 0 || id == -EPROTO || id == -EEXIST || id == -EILSEQ || id == -EIO);
			store_rollback(x->store);
		}
		json_object_set_new(at, name, value);
		free(name);
	}
	json_decref(keys);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		json_decref(wrong[i]);
}

static void takes_no_nonsense(void **state)
{
	struct fixture *x = *state;
	int64_t run = add_run(x, "2026-01-31T12:00:00Z", "http://a/");
	json_t *json, *load;

	add_load(x, run, 0, 5);
	assert_int_equal(store_put_label(x->store, run, "k", "v", &x->err), 0);
	json = store_export(x->store, run, &x->err);
	assert_non_null(json);
	assert_int_equal(store_forget(x->store, run, &x->err), 0);
	load = json_array_get(json_object_get(json, "loads"), 0);
	break_everywhere(x, json, json);
	break_everywhere(x, json, load);
	break_everywhere(x, json, json_object_get(load, "windows"));
	break_everywhere(x, json, json_object_get(json, "labels"));
	assert_true(store_import(x->store, json, &x->err) > 0);
	json_decref(json);
	json = json_pack("[]");
	assert_int_equal(store_import(x->store, json, &x->err), -EPROTO);
	json_decref(json);
}

/* Several programs at a time, each of which writes many times: all of it is there in the end. */
static void many_can_write(void **state)
{
	struct fixture *x = *state;
	enum { WRITERS = 4, RUNS = 25 };
	pid_t pids[WRITERS];

	snprintf(x->path, sizeof(x->path), "%s/new.db", x->dir);
	for (int i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		for (int n = 0; n < RUNS; n++) {
			store_close(x->store);
			x->store = NULL;
			if (store_open(&x->store, x->path, true, &x->err))
				_exit(1);
			if (store_begin(x->store, &x->err))
				_exit(2);
			add_load(x, add_run(x, "2026-01-31T12:00:00Z", "http://a/"), 0, 5);
			if (store_commit(x->store, &x->err))
				_exit(3);
		}
		_exit(0);
	}
	for (int i = 0; i < WRITERS; i++) {
		int status = -1;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	store_close(x->store);
	assert_int_equal(store_open(&x->store, x->path, false, &x->err), 0);
	assert_int_equal(ask(x, "SELECT count(*) FROM runs"), WRITERS * RUNS);
	assert_int_equal(ask(x, "SELECT count(*) FROM windows"), WRITERS * RUNS * 3);
}

static void finds_its_file(void **state)
{
	struct fixture *x = *state;
	char path[STORE_PATH_MAX], expected[256], state_home[160];
	struct stat st;

	unsetenv("MAXQ_STORE");
	snprintf(state_home, sizeof(state_home), "%s/a/state", x->dir);
	setenv("XDG_STATE_HOME", state_home, 1);
	snprintf(expected, sizeof(expected), "%s/maxq/history.db", state_home);
	assert_int_equal(store_path(NULL, true, path, sizeof(path), &x->err), 0);
	assert_string_equal(path, expected);
	snprintf(expected, sizeof(expected), "%s/maxq", state_home);
	assert_int_equal(stat(expected, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	setenv("HOME", "/nowhere", 1);
	setenv("XDG_STATE_HOME", "relative", 1);
	assert_int_equal(store_path(NULL, false, path, sizeof(path), &x->err), 0);
	assert_string_equal(path, "/nowhere/.local/state/maxq/history.db");
	setenv("MAXQ_STORE", "/a", 1);
	assert_int_equal(store_path(NULL, true, path, sizeof(path), &x->err), 0);
	assert_string_equal(path, "/a");
	assert_int_equal(store_path("/b", true, path, sizeof(path), &x->err), 0);
	assert_string_equal(path, "/b");
	unsetenv("MAXQ_STORE");
	unsetenv("XDG_STATE_HOME");
	unsetenv("HOME");
	assert_int_equal(store_path(NULL, true, path, sizeof(path), &x->err), -ENOENT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_run_comes_back),
	    TEST(is_the_owners_alone),
	    TEST(filters),
	    TEST(a_step_has_its_loads),
	    TEST(what_is_traced_is_of_no_step),
	    TEST(what_is_not_committed_is_nothing),
	    TEST(older_formats_are_migrated),
	    TEST(newer_and_foreign_ones_are_refused),
	    TEST(exports_and_imports),
	    TEST(takes_no_nonsense),
	    TEST(many_can_write),
	    TEST(finds_its_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
