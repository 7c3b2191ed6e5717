// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int file_read(const char *path, struct buf *into, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char chunk[4096];
	ssize_t n;
	int rc = 0;

	if (fd < 0) {
		rc = -errno;
		return err_set(err, rc, "cannot open '%s': %s", path, strerror(-rc));
	}
	while (!rc) {
		n = read(fd, chunk, sizeof(chunk));
		if (!n)
			break;
		if (n < 0 && errno != EINTR)
			rc = err_set(err, -errno, "cannot read '%s': %s", path, strerror(errno));
		else if (n > 0 && buf_append(into, chunk, (size_t)n))
			rc = err_set(err, -EFBIG, "'%s' is larger than %zu bytes", path, into->max);
	}
	close(fd);
	return rc;
}

int file_read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	int saved;

	if (fd < 0)
		return -errno;
	n = read(fd, text, size - 1);
	saved = errno;
	close(fd);
	if (n < 0)
		return -saved;
	text[n] = '\0';
	return (int)n;
}

int file_write(const char *path, const void *data, size_t len, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	const char *at = data;
	int rc = 0;

	if (fd < 0)
		return err_set(err, -errno, "cannot create '%s': %s", path, strerror(errno));
	while (len && !rc) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno != EINTR)
			rc = err_set(err, -errno, "cannot write '%s': %s", path, strerror(errno));
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
	if (close(fd) && !rc)
		rc = err_set(err, -errno, "cannot write '%s': %s", path, strerror(errno));
	return rc;
}

void file_tail(const char *path, unsigned lines, size_t max, struct buf *into)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char chunk[8192];
	off_t size;
	ssize_t n;
	const char *from;

	if (fd < 0)
		return;
	if (max > sizeof(chunk))
		max = sizeof(chunk);
	size = lseek(fd, 0, SEEK_END);
	n = pread(fd, chunk, max, size > (off_t)max ? size - (off_t)max : 0);
	close(fd);
	if (n <= 0)
		return;
	from = chunk + n;
	while (from > chunk && lines) {
		from--;
		if (from > chunk && from[-1] == '\n')
			lines--;
	}
	buf_append(into, from, (size_t)(chunk + n - from));
}

int file_private_dir(char *path, struct err *err)
{
	enum { TMPDIR_MAX = 20 };
	const char *tmp = getenv("TMPDIR");
	int rc;

	if (!tmp || strlen(tmp) > TMPDIR_MAX)
		tmp = "/tmp";
	snprintf(path, FILE_PRIVATE_DIR_MAX, "%s/maxq-XXXXXX", tmp);
	if (mkdtemp(path))
		return 0;
	rc = -errno;
	path[0] = '\0';
	return err_set(err, rc, "cannot create a folder in '%s': %s", tmp, strerror(-rc));
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int file_remove_tree(const char *path)
{
	if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) && errno != ENOENT)
		return -errno;
	return 0;
}
