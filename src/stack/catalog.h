// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The catalog: a folder with a folder for each component, `suites` with a YAML file for each suite, and `workloads` with
 * the expected body of each workload.
 */
#ifndef MAXQ_STACK_CATALOG_H
#define MAXQ_STACK_CATALOG_H

#include <stddef.h>

#include "base/err.h"

enum { CATALOG_PATH_MAX = 2048 };

/* The catalog to use, absolute: `given` if it is not NULL, else the one that lies beside this program. */
int catalog_find(const char *given, char *path, size_t size, struct err *err);

/* A set of stacks that are measured together. */
struct suite {
	char *title, *about;
	char **stacks; /* chains */
	unsigned stacks_count;
	char *nginx, *skeleton; /* the stacks that the others are compared with; NULL: none */
};

/* Reads suites/NAME.yaml of the catalog. */
int suite_load(struct suite **suite, const char *catalog, const char *name, struct err *err);
void suite_free(struct suite *suite);

#endif
