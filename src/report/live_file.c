// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/live_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/interrupt.h"
#include "report/json_put.h"

enum { SHOWN_WINDOWS = 100, BYTES_MAX = 1 << 20, TRIES = 5 };

/* A name before it has its lock, what ends one that has, and what every document begins with. */
#define FRESH "-live-new-XXXXXX"
#define SUFFIX ".json"
#define BEGIN "{\"pid\":"

static const int64_t period_ns = NS_PER_S;

static struct live_file *file_of(struct sink *sink)
{
	return (struct live_file *)sink; /* its first member */
}

static json_t *rows_json(const struct live_model *m)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < m->n_rows && i < LIVE_ROWS_MAX; i++) {
		const struct live_row *row = &m->rows[i];
		json_t *json = json_object();

		json_put(json, "name", row->name[0] ? json_text(row->name) : json_null());
		json_put(json, "throughput_rps", json_number(row->rps > 0 ? row->rps : NAN));
		json_array_append_new(rows, json);
	}
	return rows;
}

static json_t *windows_json(const struct live_model *m)
{
	json_t *windows = json_array();
	size_t n = m->n_windows < SHOWN_WINDOWS ? m->n_windows : SHOWN_WINDOWS;

	for (size_t i = m->n_windows - n; i < m->n_windows; i++)
		json_array_append_new(windows, json_real(m->windows_rps[i % LIVE_WINDOWS_MAX]));
	return windows;
}

static json_t *components_json(const struct live_model *m)
{
	json_t *components = json_array();

	for (size_t i = 0; i < m->n_components; i++)
		json_array_append_new(components,
		    json_pack("{s: o, s: f}", "name", json_text(m->components[i].name), "cores",
			m->components[i].cores));
	return components;
}

static json_t *points_json(const struct live_model *m)
{
	json_t *points = json_array();

	for (size_t i = 0; i < m->n_points; i++)
		json_array_append_new(points, json_pack("[f, f]", m->points[i].load, m->points[i].rps));
	return points;
}

static json_t *model_json(const struct live_file *file)
{
	const struct live_model *m = &file->model;
	json_t *json = json_object();

	json_put(json, "pid", json_integer(getpid()));
	json_put(json, "command", json_string(m->command));
	json_put(json, "started_at", json_string(file->started_at));
	json_put(json, "run", *file->run ? json_integer(*file->run) : json_null());
	json_put(json, "name", json_text(m->name));
	json_put(json, "doing", m->doing[0] ? json_string(m->doing) : json_null());
	json_put(json, "row", json_integer((json_int_t)m->row));
	json_put(json, "n_rows", json_integer((json_int_t)m->n_rows));
	json_put(json, "round", json_integer(m->round));
	json_put(json, "clients", json_integer(m->clients));
	json_put(json, "warming_up", json_boolean(m->warming_up));
	json_put(json, "elapsed_s", json_real(clock_seconds(m->elapsed_ns)));
	json_put(json, "step_s", json_real(clock_seconds(m->step_ns)));
	json_put(json, "left_s", json_number(m->left_ns > 0 ? clock_seconds(m->left_ns) : NAN));
	json_put(json, "throughput_rps", json_number(m->rps));
	json_put(json, "generator_busy", json_number(m->generator));
	json_put(json, "steal", json_number(m->steal));
	json_put(json, "errors", json_integer((json_int_t)m->errors));
	json_put(json, "server_cpus", json_integer(m->server_cpus));
	json_put(json, "windows_rps", windows_json(m));
	json_put(json, "components", components_json(m));
	json_put(json, "rows", rows_json(m));
	json_put(json, "by_rate", json_boolean(m->by_rate));
	json_put(json, "points", points_json(m));
	return json;
}

/* A full disk, or the like, leaves what was written before: it is only for show. */
static void write_text(int fd, const char *text)
{
	size_t len = strlen(text);

	if (pwrite(fd, text, len, 0) == (ssize_t)len && ftruncate(fd, (off_t)len))
		return; /* the document ends where it ends, whatever stands behind it */
}

static void *write_all(void *closure)
{
	struct live_file *file = closure;
	char *text;

	interrupt_block();
	pthread_mutex_lock(&file->lock);
	while (!file->ended) {
		text = file->next;
		file->next = NULL;
		if (!text) {
			pthread_cond_wait(&file->work, &file->lock);
			continue;
		}
		pthread_mutex_unlock(&file->lock);
		write_text(file->fd, text);
		free(text);
		pthread_mutex_lock(&file->lock);
	}
	pthread_mutex_unlock(&file->lock);
	return NULL;
}

/* Hands over what goes on now; what was not written yet is out of date. */
static void write_now(struct live_file *file)
{
	json_t *json;
	char *text;

	if (file->fd < 0)
		return;
	file->written_ns = clock_ns();
	json = model_json(file);
	text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(5));
	json_decref(json);
	pthread_mutex_lock(&file->lock);
	free(file->next);
	file->next = text;
	pthread_cond_signal(&file->work);
	pthread_mutex_unlock(&file->lock);
}

static void write_in_time(struct live_file *file)
{
	if (clock_ns() - file->written_ns >= period_ns)
		write_now(file);
}

static void on_begin(struct sink *sink, const struct report *report)
{
	struct live_file *file = file_of(sink);

	live_model_begin(&file->model, report);
	snprintf(file->started_at, sizeof(file->started_at), "%s", report->started_at);
	write_now(file);
}

static void on_row(struct sink *sink, const struct progress *p, const char *doing)
{
	live_model_row(&file_of(sink)->model, p, doing);
	if (doing)
		write_now(file_of(sink));
	else
		write_in_time(file_of(sink));
}

static void on_window(
    struct sink *sink, const struct progress *p, const struct window *window, const struct observed *seen)
{
	live_model_processes(&file_of(sink)->model, p, seen);
	live_model_window(&file_of(sink)->model, p, window, seen);
	write_in_time(file_of(sink));
}

static void on_sample(struct sink *sink, const struct progress *p, const struct step_sample *sample)
{
	live_model_sample(&file_of(sink)->model, p, sample);
	write_in_time(file_of(sink));
}

static void on_step(struct sink *sink, const struct progress *p, const struct step *step)
{
	(void)p;
	live_model_step(&file_of(sink)->model, step);
	write_now(file_of(sink));
}

static void on_searched(struct sink *sink, const struct progress *p, const struct step *step)
{
	live_model_searched(&file_of(sink)->model, p, step);
	write_now(file_of(sink));
}

static void remove_file(struct live_file *file)
{
	unlink(file->path);
	close(file->fd);
	file->fd = -1;
	pthread_cond_destroy(&file->work);
	pthread_mutex_destroy(&file->lock);
}

static int lock(int fd, int command, struct flock *found)
{
	*found = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
	return fcntl(fd, command, found) ? -errno : 0;
}

/* Under its name it has its lock from the beginning, and so is of somebody. */
static int make_file(struct live_file *file, const char *store, struct err *err)
{
	char fresh[LIVE_FILE_PATH_MAX];
	struct flock held;
	int rc;

	if ((size_t)snprintf(fresh, sizeof(fresh), "%s" FRESH, store) + strlen(SUFFIX) >= sizeof(fresh))
		return err_set(err, -ENAMETOOLONG, "the name '%.64s...' is too long", store);
	file->fd = mkostemp(fresh, O_CLOEXEC);
	if (file->fd < 0)
		return err_set(err, -errno, "cannot create '%s': %s", fresh, strerror(errno));
	snprintf(file->path, sizeof(file->path), "%s-live-%s" SUFFIX, store,
	    fresh + strlen(fresh) - strlen("XXXXXX"));
	rc = lock(file->fd, F_SETLK, &held);
	if (!rc && rename(fresh, file->path))
		rc = -errno;
	if (!rc)
		return 0;
	unlink(fresh);
	close(file->fd);
	file->fd = -1;
	return err_set(err, rc, "cannot make '%s': %s", file->path, strerror(-rc));
}

int live_file_init(struct live_file *file, const char *store, const int64_t *run, struct err *err)
{
	int rc;

	*file = (struct live_file){
	    .sink = {.begin = on_begin,
		.row = on_row,
		.window = on_window,
		.sample = on_sample,
		.step = on_step,
		.searched = on_searched},
	    .run = run,
	    .fd = -1,
	};
	/* those of runs that were killed */
	json_decref(live_file_read_all(store));
	rc = make_file(file, store, err);
	if (rc)
		return rc;
	pthread_mutex_init(&file->lock, NULL);
	pthread_cond_init(&file->work, NULL);
	rc = -pthread_create(&file->writer, NULL, write_all, file);
	if (!rc)
		return 0;
	remove_file(file);
	return err_set(err, rc, "cannot start a thread: %s", strerror(-rc));
}

void live_file_release(struct live_file *file)
{
	if (file->fd < 0)
		return;
	pthread_mutex_lock(&file->lock);
	file->ended = true;
	pthread_cond_signal(&file->work);
	pthread_mutex_unlock(&file->lock);
	pthread_join(file->writer, NULL);
	free(file->next);
	file->next = NULL;
	remove_file(file);
}

/* What stands behind the document is of a longer one before it; what is being written over just now is read once more. */
static json_t *read_document(int fd)
{
	char *text = malloc(BYTES_MAX);
	json_t *json = NULL;

	for (int i = 0; text && i < TRIES && !json; i++) {
		ssize_t n = pread(fd, text, BYTES_MAX, 0);

		if (n > 0)
			json = json_loadb(text, (size_t)n, JSON_DISABLE_EOF_CHECK, NULL);
		if (!json)
			clock_sleep_until(clock_ns() + NS_PER_MS);
	}
	free(text);
	return json;
}

/* Whatever has such a name by chance stays. */
static bool is_ours(int fd)
{
	char begin[sizeof(BEGIN) - 1];
	ssize_t n = pread(fd, begin, sizeof(begin), 0);

	return !n || (n == (ssize_t)sizeof(begin) && !memcmp(begin, BEGIN, sizeof(begin)));
}

/* NULL: it is of nobody, or nothing was written yet. */
static json_t *read_one(const char *path)
{
	struct flock held;
	json_t *json = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return NULL;
	if (!lock(fd, F_GETLK, &held)) {
		if (held.l_type != F_UNLCK)
			json = read_document(fd);
		else if (is_ours(fd))
			unlink(path);
	}
	close(fd);
	return json;
}

static int by_begin(const void *a, const void *b)
{
	const char *x = json_string_value(json_object_get(*(json_t *const *)a, "started_at"));
	const char *y = json_string_value(json_object_get(*(json_t *const *)b, "started_at"));

	return strcmp(x ? x : "", y ? y : "");
}

/* The name itself may have what glob takes for a pattern. */
static void make_pattern(const char *store, struct buf *pattern)
{
	buf_init(pattern, 2 * LIVE_FILE_PATH_MAX + 16);
	for (; *store; store++)
		buf_printf(pattern, "%s%c", strchr("*?[\\", *store) ? "\\" : "", *store);
	buf_text(pattern, "-live-??????" SUFFIX);
}

json_t *live_file_read_all(const char *store)
{
	struct buf pattern;
	glob_t found = {0};
	json_t **documents = NULL, *all = json_array();
	size_t n = 0;

	make_pattern(store, &pattern);
	if (!pattern.failed && !glob(pattern.data, GLOB_NOSORT, NULL, &found))
		documents = calloc(found.gl_pathc, sizeof(json_t *));
	for (size_t i = 0; documents && i < found.gl_pathc; i++) {
		documents[n] = read_one(found.gl_pathv[i]);
		if (documents[n])
			n++;
	}
	if (n)
		qsort(documents, n, sizeof(json_t *), by_begin);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(all, documents[i]);
	free(documents);
	globfree(&found);
	buf_release(&pattern);
	return all;
}
