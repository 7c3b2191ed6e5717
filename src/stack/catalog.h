// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The catalog: a folder with a folder for each component, `suites` with a YAML file for each suite, and `workloads` with
 * the expected body of each workload.
 */
#ifndef MAXQ_STACK_CATALOG_H
#define MAXQ_STACK_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum {
	CATALOG_PATH_MAX = 2048,
	SUITE_ROWS_MAX = 64,
	SUITE_CLIENTS_LENGTH_MAX = 64, /* so many steps */
	SUITE_CLIENTS_MAX = 1000000,   /* in each */
	SUITE_COMPARE_MAX = 2,
	SUITE_NAME_MAX = 20, /* characters of a row's name or a column's title: tables are to fit */
};

/* The catalog to use, absolute: `given` if it is not NULL, else the one that lies beside this program. */
int catalog_find(const char *given, char *path, size_t size, struct err *err);

/* One stack, asked for one workload. */
struct suite_row {
	char *stack;           /* a chain */
	char *name;            /* NULL: the chain; see suite_row_name */
	char *workload;        /* a path; NULL: the one of the whole run */
	double *reference_rps; /* a throughput that is known from elsewhere; NULL: none */
	char *reference_text;  /* as it is written */
};

/* A column with the ratio of each row to one of them. */
struct suite_compare {
	char *title; /* of the column */
	char *row;   /* its name */
};

/* Rows that are measured together. */
struct suite {
	char *title, *about;
	char *reference;        /* where the reference figures come from, in a word or two; NULL: not said */
	bool *keepalive;        /* NULL: as the command has it */
	unsigned *clients;      /* of each step, rising */
	unsigned clients_count; /* 0: as the command has it */
	struct suite_row *rows;
	unsigned rows_count; /* at least one */
	struct suite_compare *compare;
	unsigned compare_count;
	/* keepalive and clients as they are written */
	char *keepalive_text, **clients_text;
	unsigned clients_text_count;
};

/*
 * Reads suites/NAME.yaml of the catalog. Names of rows are unique, and what is compared with is there; chains are not
 * looked at. A message names the file, and the line or the row, and the key.
 */
int suite_load(struct suite **suite, const char *catalog, const char *name, struct err *err);
void suite_free(struct suite *suite);

/* What row i is called: its name, or its chain. */
const char *suite_row_name(const struct suite *suite, size_t i);

#endif
