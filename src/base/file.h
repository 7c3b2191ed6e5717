// SPDX-License-Identifier: GPL-3.0-or-later
/* Whole files and folders. Every failure names the file. */
#ifndef MAXQ_BASE_FILE_H
#define MAXQ_BASE_FILE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Appends the file's content; -EFBIG when the buffer's maximum is too small. Works for /proc, whose sizes are 0. */
int file_read(const char *path, struct buf *into, struct err *err);

/* As file_read for a small file, into a caller's string, terminated: bytes read (cut at size - 1) or negative errno. */
int file_read_text(const char *path, char *text, size_t size);

/* Creates or replaces `path` with mode 0600. */
int file_write(const char *path, const void *data, size_t len, struct err *err);

/* Appends the last `lines` lines of the file, of at most `max` bytes; a file that cannot be read has none. */
void file_tail(const char *path, unsigned lines, size_t max, struct buf *into);

enum { FILE_PRIVATE_DIR_MAX = 48 };

/*
 * Makes a new folder of mode 0700, in TMPDIR where that is short enough for the paths of unix sockets, else in /tmp. `path`
 * has room for FILE_PRIVATE_DIR_MAX, and is empty after a failure.
 */
int file_private_dir(char *path, struct err *err);

/* Removes a folder and all below it without following links or leaving its file system. 0 also when it is not there. */
int file_remove_tree(const char *path);

#endif
