// SPDX-License-Identifier: GPL-3.0-or-later
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "stack/catalog.h"

enum { NAMES_MAX = 4096 };

/* What an entry of a folder is called: `text` with its name, or false when it is not one of those that are listed. */
typedef bool name_maker(const char *dir, const char *entry, char *text, size_t size);

static bool is_file(const char *dir, const char *entry, const char *below)
{
	char path[CATALOG_PATH_MAX + 600];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s%s", dir, entry, below);
	return !stat(path, &st) && S_ISREG(st.st_mode);
}

static bool component_name(const char *dir, const char *entry, char *text, size_t size)
{
	snprintf(text, size, "%s", entry);
	return is_file(dir, entry, "/component.yaml");
}

static bool suite_name(const char *dir, const char *entry, char *text, size_t size)
{
	const char *dot = strrchr(entry, '.');

	if (!dot || strcmp(dot, ".yaml") != 0)
		return false;
	snprintf(text, size, "%.*s", (int)(dot - entry), entry);
	return is_file(dir, entry, "");
}

static bool workload_name(const char *dir, const char *entry, char *text, size_t size)
{
	snprintf(text, size, "/%s", entry);
	return strcmp(entry, "hello") != 0 && is_file(dir, entry, "");
}

static int add(struct catalog_names *names, const char *name)
{
	char *copy = names->n < NAMES_MAX ? strdup(name) : NULL;

	if (copy)
		names->list[names->n++] = copy;
	return copy ? 0 : -ENOMEM;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list(
    struct catalog_names *names, const char *dir, name_maker *make, const char *first, struct err *err)
{
	struct catalog_names found = {.list = calloc(NAMES_MAX, sizeof(char *))};
	struct dirent **entries = NULL;
	char name[256];
	int n, rc = found.list ? 0 : -ENOMEM;

	n = rc ? 0 : scandir(dir, &entries, NULL, NULL);
	if (n < 0)
		rc = err_set(err, -errno, "cannot read the catalog '%s': %s", dir, strerror(errno));
	if (!rc && first)
		rc = add(&found, first);
	for (int i = 0; i < n; i++) {
		if (!rc && entries[i]->d_name[0] != '.' && make(dir, entries[i]->d_name, name, sizeof(name)))
			rc = add(&found, name);
		free(entries[i]);
	}
	free(entries);
	/* by their names: with their endings, talk-links.yaml comes before talk.yaml */
	if (!rc && found.n > 1)
		qsort(found.list + (first != NULL), found.n - (first != NULL), sizeof(*found.list), compare);
	if (rc == -ENOMEM)
		err_set(err, rc, "out of memory");
	if (rc)
		catalog_names_release(&found);
	else
		*names = found;
	return rc;
}

int catalog_components(struct catalog_names *names, const char *catalog, struct err *err)
{
	return list(names, catalog, component_name, NULL, err);
}

int catalog_suites(struct catalog_names *names, const char *catalog, struct err *err)
{
	char dir[CATALOG_PATH_MAX + 16];

	snprintf(dir, sizeof(dir), "%s/suites", catalog);
	return list(names, dir, suite_name, NULL, err);
}

int catalog_workloads(struct catalog_names *names, const char *catalog, struct err *err)
{
	char dir[CATALOG_PATH_MAX + 16];

	snprintf(dir, sizeof(dir), "%s/workloads", catalog);
	return list(names, dir, workload_name, "/hello", err);
}

void catalog_names_release(struct catalog_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->list[i]);
	free(names->list);
	*names = (struct catalog_names){0};
}
