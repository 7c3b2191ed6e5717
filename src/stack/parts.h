// SPDX-License-Identifier: GPL-3.0-or-later
/* Rules of parts (sample/parts.h) from a YAML file: parts.yaml of the catalog, or the user's. */
#ifndef MAXQ_STACK_PARTS_H
#define MAXQ_STACK_PARTS_H

#include "base/err.h"
#include "sample/parts.h"

/*
 * Reads the file, or where it is NULL the catalog's (`catalog` NULL: ours). A message names the file, and line, part or key. -ENOENT
 * is no error for a catalog, which need not have one: its message is for those who named a file.
 */
int parts_load(struct parts **parts, const char *file, const char *catalog, struct err *err);
void parts_free(struct parts *parts);

#endif
