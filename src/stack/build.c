// SPDX-License-Identifier: GPL-3.0-or-later
#include "stack/build.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "stack/command.h"

enum { BUILD_PATH_MAX = 4096, COMMAND_MAX = 64 * 1024 };

static const int64_t build_timeout_ns = 600 * NS_PER_S, poll_ns = 20 * NS_PER_MS;

/* Makes the folder, and those above it that are missing: all of them ours alone. */
static int make_dirs(const char *path, struct err *err)
{
	char part[BUILD_PATH_MAX];
	size_t len = 0;

	while (path[len]) {
		len += 1 + strcspn(path + len + 1, "/");
		snprintf(part, sizeof(part), "%.*s", (int)len, path);
		if (mkdir(part, 0700) && errno != EEXIST)
			return err_set(err, -errno, "cannot create '%s': %s", part, strerror(errno));
	}
	return 0;
}

/* Waits until nobody else builds there: the descriptor that keeps it so until it is closed, or negative errno. */
static int lock(const char *dir, struct err *err)
{
	int64_t deadline_ns = clock_ns() + build_timeout_ns;
	char path[BUILD_PATH_MAX + 8];
	int fd;

	snprintf(path, sizeof(path), "%s/lock", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, -errno, "cannot open '%s': %s", path, strerror(errno));
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		int rc = 0;

		if (errno != EWOULDBLOCK && errno != EINTR)
			rc = err_set(err, -errno, "cannot lock '%s': %s", path, strerror(errno));
		else if (interrupt_signal())
			rc = err_set(err, -EINTR, "interrupted");
		else if (clock_ns() >= deadline_ns)
			rc = err_set(err, -ETIMEDOUT, "'%s' is locked by another maxq for too long", path);
		if (rc) {
			close(fd);
			return rc;
		}
		clock_sleep_until(clock_ns() + poll_ns);
	}
	return fd;
}

static bool is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* True when all files below `home`, and its folders (something may be gone), were last written before `when`. */
static bool all_before(const char *home, const struct timespec *when)
{
	FTS *tree = fts_open((char *const[]){(char *)home, NULL}, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	bool before = tree != NULL;

	for (FTSENT *entry = tree ? fts_read(tree) : NULL; entry && before; entry = fts_read(tree))
		before = entry->fts_info != FTS_NS && entry->fts_info != FTS_DNR &&
		    entry->fts_info != FTS_ERR && is_before(&entry->fts_statp->st_mtim, when);
	if (tree)
		fts_close(tree);
	return before;
}

/* All that the stamp remembers of a build: where its files are, and what is run. */
static int describe(const struct component *c, struct buf *text, struct err *err)
{
	buf_printf(text, "%s\n", c->home);
	for (unsigned i = 0; i < c->build_count; i++)
		buf_printf(text, "%s\n", c->build[i]);
	for (unsigned i = 0; i < c->env_count; i++)
		buf_printf(text, "%s\n", c->env[i]);
	return text->failed ? err_set(err, -ENOBUFS, "the 'build' of %s is too long", c->name) : 0;
}

static bool is_built(const struct component *c, const char *stamp, const struct buf *wanted)
{
	struct buf found;
	struct stat st;
	bool same;

	buf_init(&found, COMMAND_MAX);
	same = !file_read(stamp, &found, NULL) && found.len == wanted->len &&
	    !memcmp(found.data, wanted->data, wanted->len);
	buf_release(&found);
	return same && !stat(stamp, &st) && all_before(c->home, &st.st_mtim);
}

static int build(const struct component *c, const char *stamp, const struct buf *wanted, struct err *err)
{
	struct timespec began[2];
	int rc;

	/* the clock that files are stamped by: what is written from now on is not before */
	clock_gettime(CLOCK_REALTIME_COARSE, &began[0]);
	began[1] = began[0];
	unlink(stamp); /* what was made before may be overwritten in part */
	rc = command_run(c, c->build, c->build_count, build_timeout_ns, NULL, err);
	if (!rc)
		rc = file_write(stamp, wanted->data, wanted->len, err);
	if (!rc && utimensat(AT_FDCWD, stamp, began, 0)) {
		rc = err_set(err, -errno, "cannot set the time of '%s': %s", stamp, strerror(errno));
		unlink(stamp);
	}
	return rc;
}

int build_component(const struct component *component, struct err *err)
{
	char dir[BUILD_PATH_MAX], stamp[BUILD_PATH_MAX + 8];
	struct buf wanted;
	int fd, rc;

	if (!component->build_count)
		return 0;
	buf_init(&wanted, COMMAND_MAX);
	rc = component_build_dir(component, dir, sizeof(dir), err);
	if (!rc)
		rc = make_dirs(dir, err);
	if (!rc)
		rc = describe(component, &wanted, err);
	fd = rc ? rc : lock(dir, err);
	if (fd >= 0) {
		snprintf(stamp, sizeof(stamp), "%s/stamp", dir);
		rc = is_built(component, stamp, &wanted) ? 0 : build(component, stamp, &wanted, err);
		close(fd);
	} else {
		rc = fd;
	}
	buf_release(&wanted);
	return rc;
}
