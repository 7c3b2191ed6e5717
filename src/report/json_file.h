// SPDX-License-Identifier: GPL-3.0-or-later
/* A file of JSON that comes from anywhere, so that a wrong one neither takes all memory nor goes on for ever. */
#ifndef MAXQ_REPORT_JSON_FILE_H
#define MAXQ_REPORT_JSON_FILE_H

#include <jansson.h>
#include <stdio.h>

#include "base/err.h"

/* So many bytes of results or runs are read; as a tree they take about seven times as much memory. */
enum { JSON_FILE_MAX = 256 << 20 };

/*
 * Reads all of `in`, which stays the caller's, and at most so many bytes. `name` is for messages. For json_decref, or NULL: it
 * cannot be read, is longer, or is no JSON.
 */
json_t *json_file_read(FILE *in, const char *name, size_t bytes_max, struct err *err);

#endif
