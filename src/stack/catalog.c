// SPDX-License-Identifier: GPL-3.0-or-later
#include "stack/catalog.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stack/yamlfile.h"

static const cyaml_schema_field_t suite_fields[] = {
    YAMLFILE_STRING("title", YAMLFILE_REQUIRED, struct suite, title),
    YAMLFILE_STRING("about", YAMLFILE_REQUIRED, struct suite, about),
    YAMLFILE_STRINGS("stacks", YAMLFILE_REQUIRED, struct suite, stacks),
    YAMLFILE_STRING("nginx", YAMLFILE_OPTIONAL, struct suite, nginx),
    YAMLFILE_STRING("skeleton", YAMLFILE_OPTIONAL, struct suite, skeleton),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t suite_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct suite, suite_fields)};

/* Of this program's folder, the first of these that has a catalog: installed, or in the source tree. */
static int find_ours(char *path, size_t size, struct err *err)
{
	static const char *const places[] = {"../share/maxq/catalog", "../catalog", "../../catalog"};
	char self[PATH_MAX], candidate[PATH_MAX + 64], resolved[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	if (strrchr(self, '/'))
		*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(candidate, sizeof(candidate), "%s/%s", self, places[i]);
		if (realpath(candidate, resolved) && (size_t)snprintf(path, size, "%s", resolved) < size)
			return 0;
	}
	return err_set(err, -ENOENT, "cannot find the catalog beside '%s': name it by --catalog", self);
}

int catalog_find(const char *given, char *path, size_t size, struct err *err)
{
	char resolved[PATH_MAX];

	if (!given)
		return find_ours(path, size, err);
	if (!realpath(given, resolved))
		return err_set(err, -errno, "cannot open the catalog '%s': %s", given, strerror(errno));
	if ((size_t)snprintf(path, size, "%s", resolved) >= size)
		return err_set(err, -ENAMETOOLONG, "the path of the catalog '%s' is too long", given);
	return 0;
}

int suite_load(struct suite **suite, const char *catalog, const char *name, struct err *err)
{
	char path[CATALOG_PATH_MAX + 128];
	int rc;

	if (!*name || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name))
		return err_set(
		    err, -EINVAL, "bad suite name '%s': it has lower-case letters, digits and -", name);
	snprintf(path, sizeof(path), "%s/suites/%s.yaml", catalog, name);
	rc = yamlfile_load(path, &suite_schema, (void **)suite, err);
	if (rc == -ENOENT)
		err_set(err, rc, "no suite '%s' in '%s/suites'", name, catalog);
	return rc;
}

void suite_free(struct suite *suite)
{
	if (suite)
		yamlfile_free(&suite_schema, suite);
}
