// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 4096, TRIES_MAX = 100 };

bool output_is_stdout(const char *name)
{
	return name && !strcmp(name, "-");
}

/* Ends the stream: what it could not write is told here. */
static int finish(const char *name, FILE *out, int rc, struct err *err)
{
	bool failed = fflush(out) || ferror(out);

	if (!rc && failed)
		rc = err_set(
		    err, errno ? -errno : -EIO, "cannot write '%s': %s", name, strerror(errno ? errno : EIO));
	if (out != stdout && fclose(out) && !rc)
		rc = err_set(err, -errno, "cannot write '%s': %s", name, strerror(errno));
	return rc;
}

int output_create_beside(const char *name, char *temporary, size_t size, struct err *err)
{
	int fd = -1, rc = -EEXIST;
	struct stat there;

	for (int i = 0; i < TRIES_MAX && fd < 0 && rc == -EEXIST; i++) {
		unsigned random = (unsigned)i;

		/* without chance the first one that is free will do */
		if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
			random = (unsigned)i;
		if ((size_t)snprintf(temporary, size, "%s.%08x", name, random) >= size) {
			temporary[0] = '\0';
			return err_set(err, -ENAMETOOLONG, "the name '%.64s...' is too long", name);
		}
		fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		rc = fd < 0 ? -errno : 0;
	}
	if (rc) {
		temporary[0] = '\0';
		return err_set(err, rc, "cannot create '%s': %s", name, strerror(-rc));
	}
	if (!stat(name, &there))
		fchmod(fd, there.st_mode & 0777);
	return fd;
}

/* Beside the file, which it replaces. */
static int replace(const char *name, output_writer *write, const void *what, struct err *err)
{
	char temporary[NAME_MAX_BYTES];
	FILE *out;
	int fd, rc;

	fd = output_create_beside(name, temporary, sizeof(temporary), err);
	if (fd < 0)
		return fd;
	out = fdopen(fd, "w");
	if (!out) {
		rc = err_set(err, -errno, "cannot create '%s': %s", temporary, strerror(errno));
		close(fd);
	} else {
		rc = finish(name, out, write(what, out, err), err);
	}
	if (!rc && rename(temporary, name))
		rc = err_set(err, -errno, "cannot rename '%s' to '%s': %s", temporary, name, strerror(errno));
	if (rc)
		unlink(temporary);
	return rc;
}

int output_write(const char *name, output_writer *write, const void *what, struct err *err)
{
	struct stat st;
	FILE *out;

	if (output_is_stdout(name))
		return finish("standard output", stdout, write(what, stdout, err), err);
	if (stat(name, &st) || S_ISREG(st.st_mode))
		return replace(name, write, what, err);
	out = fopen(name, "we");
	if (!out)
		return err_set(err, -errno, "cannot open '%s': %s", name, strerror(errno));
	return finish(name, out, write(what, out, err), err);
}
