// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/outputs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/flame.h"
#include "report/folded.h"

/* What is there stays until there is something to take its place. */
static int open_one(FILE **file, const char *path, struct err *err)
{
	if (!path)
		return 0;
	*file = fopen(path, "ae");
	return *file ? 0 : err_set(err, -errno, "cannot create '%s': %s", path, strerror(errno));
}

int outputs_open(struct outputs *outputs, struct err *err)
{
	int rc = open_one(&outputs->folded_file, outputs->folded, err);

	return rc ? rc : open_one(&outputs->flame_file, outputs->flame, err);
}

static int empty(FILE *file)
{
	struct stat st;

	/* devices and pipes have nothing to be emptied of */
	if (fstat(fileno(file), &st) || !S_ISREG(st.st_mode))
		return 0;
	return ftruncate(fileno(file), 0) ? -errno : 0;
}

static int close_one(FILE **file, const char *path, int rc, struct err *err)
{
	bool failed = ferror(*file);

	if ((fclose(*file) || failed) && !rc)
		rc = -EIO;
	*file = NULL;
	return rc ? err_set(err, rc, "cannot write '%s': %s", path, strerror(-rc)) : 0;
}

int outputs_write(struct outputs *outputs, const struct report *report, struct err *err)
{
	int rc = 0;

	if (outputs->folded_file) {
		rc = empty(outputs->folded_file);
		if (!rc)
			folded_write(report, outputs->folded_file);
		rc = close_one(&outputs->folded_file, outputs->folded, rc, err);
	}
	if (outputs->flame_file && !rc) {
		rc = empty(outputs->flame_file);
		if (!rc)
			rc = flame_write(report, outputs->flame_file);
		rc = close_one(&outputs->flame_file, outputs->flame, rc, err);
	}
	return rc;
}

/* A file that nothing was written into is not left lying about. */
static void discard_one(FILE *file, const char *path)
{
	struct stat st;

	if (!file)
		return;
	if (!fstat(fileno(file), &st) && S_ISREG(st.st_mode) && !st.st_size)
		unlink(path);
	fclose(file);
}

void outputs_discard(struct outputs *outputs)
{
	discard_one(outputs->folded_file, outputs->folded);
	discard_one(outputs->flame_file, outputs->flame);
	*outputs = (struct outputs){0};
}
