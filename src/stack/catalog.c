// SPDX-License-Identifier: GPL-3.0-or-later
#include "stack/catalog.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/units.h"
#include "stack/yamlfile.h"

static const cyaml_schema_field_t row_fields[] = {
    YAMLFILE_STRING("stack", YAMLFILE_REQUIRED, struct suite_row, stack),
    YAMLFILE_STRING("name", YAMLFILE_OPTIONAL, struct suite_row, name),
    YAMLFILE_STRING("workload", YAMLFILE_OPTIONAL, struct suite_row, workload),
    YAMLFILE_STRING("reference", YAMLFILE_OPTIONAL, struct suite_row, reference_text),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t row_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct suite_row, row_fields)};

static const cyaml_schema_field_t compare_fields[] = {
    YAMLFILE_STRING("title", YAMLFILE_REQUIRED, struct suite_compare, title),
    YAMLFILE_STRING("row", YAMLFILE_REQUIRED, struct suite_compare, row),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t compare_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct suite_compare, compare_fields)};

/* What is not text is read as text all the same: libcyaml takes 10x for 10, 010 for 8, and "perhaps" for true. */
static const cyaml_schema_field_t suite_fields[] = {
    YAMLFILE_STRING("title", YAMLFILE_REQUIRED, struct suite, title),
    YAMLFILE_STRING("about", YAMLFILE_REQUIRED, struct suite, about),
    YAMLFILE_STRING("reference", YAMLFILE_OPTIONAL, struct suite, reference),
    YAMLFILE_STRING("keepalive", YAMLFILE_OPTIONAL, struct suite, keepalive_text),
    CYAML_FIELD_SEQUENCE("clients", YAMLFILE_OPTIONAL, struct suite, clients_text, &yamlfile_string, 1,
	SUITE_CLIENTS_LENGTH_MAX),
    CYAML_FIELD_SEQUENCE("rows", YAMLFILE_REQUIRED, struct suite, rows, &row_schema, 1, SUITE_ROWS_MAX),
    CYAML_FIELD_SEQUENCE(
	"compare", YAMLFILE_OPTIONAL, struct suite, compare, &compare_schema, 0, SUITE_COMPARE_MAX),
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

/* A text that becomes a cell of a table. */
static bool is_short(const char *text)
{
	for (const char *c = text; *c; c++)
		if (*c < ' ' || *c == 0x7f)
			return false;
	return *text && strlen(text) <= SUITE_NAME_MAX;
}

static int check_rows(const struct suite *suite, const char *path, struct err *err)
{
	for (unsigned i = 0; i < suite->rows_count; i++) {
		const struct suite_row *row = &suite->rows[i];

		if (row->name && !is_short(row->name))
			return err_set(err, -EINVAL,
			    "%s: row %u: key 'name': '%s' must have 1 to %d plain characters", path, i + 1,
			    row->name, SUITE_NAME_MAX);
		if (row->workload && row->workload[0] != '/')
			return err_set(err, -EINVAL,
			    "%s: row %u: key 'workload': '%s' is not a path, such as /hello", path, i + 1,
			    row->workload);
		for (unsigned j = 0; j < i; j++)
			if (!strcmp(suite_row_name(suite, j), suite_row_name(suite, i)))
				return err_set(err, -EINVAL,
				    "%s: row %u: key 'name': '%s' is also the name of row %u", path, i + 1,
				    suite_row_name(suite, i), j + 1);
	}
	return 0;
}

static int read_references(struct suite *suite, const char *path, struct err *err)
{
	for (unsigned i = 0; i < suite->rows_count; i++) {
		struct suite_row *row = &suite->rows[i];
		const char *text = row->reference_text;
		char *end;
		double rps;

		if (!text)
			continue;
		rps = strtod(text, &end);
		if (end == text || *end || !isfinite(rps) || rps <= 0)
			return err_set(err, -EINVAL,
			    "%s: row %u: key 'reference': '%s' is not a number of q/s above 0", path, i + 1,
			    text);
		row->reference_rps = malloc(sizeof(rps));
		if (!row->reference_rps)
			return err_set(err, -ENOMEM, "out of memory");
		*row->reference_rps = rps;
	}
	return 0;
}

static int read_keepalive(struct suite *suite, const char *path, struct err *err)
{
	const char *text = suite->keepalive_text;

	if (!text)
		return 0;
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return err_set(
		    err, -EINVAL, "%s: key 'keepalive': '%s' is neither true nor false", path, text);
	suite->keepalive = malloc(sizeof(*suite->keepalive));
	if (!suite->keepalive)
		return err_set(err, -ENOMEM, "out of memory");
	*suite->keepalive = !strcmp(text, "true");
	return 0;
}

static int read_clients(struct suite *suite, const char *path, struct err *err)
{
	unsigned before = 0;

	suite->clients = calloc(suite->clients_text_count + 1, sizeof(*suite->clients));
	if (!suite->clients)
		return err_set(err, -ENOMEM, "out of memory");
	for (unsigned i = 0; i < suite->clients_text_count; i++) {
		const char *text = suite->clients_text[i];
		uint64_t n;

		if (parse_count(text, &n) || n <= before || n > SUITE_CLIENTS_MAX)
			return err_set(err, -EINVAL,
			    "%s: key 'clients': '%s': the numbers must rise, from 1 to %d at most", path,
			    text, SUITE_CLIENTS_MAX);
		before = (unsigned)n;
		suite->clients[suite->clients_count++] = before;
	}
	return 0;
}

static bool has_row(const struct suite *suite, const char *name)
{
	for (unsigned i = 0; i < suite->rows_count; i++)
		if (!strcmp(suite_row_name(suite, i), name))
			return true;
	return false;
}

/* What the schema cannot say. */
static int check_sense(struct suite *suite, const char *path, struct err *err)
{
	int rc = check_rows(suite, path, err);

	if (!rc)
		rc = read_references(suite, path, err);
	if (!rc)
		rc = read_keepalive(suite, path, err);
	if (!rc)
		rc = read_clients(suite, path, err);
	for (unsigned i = 0; i < suite->compare_count && !rc; i++) {
		const struct suite_compare *compare = &suite->compare[i];

		if (!is_short(compare->title))
			rc = err_set(err, -EINVAL,
			    "%s: compare %u: key 'title': '%s' must have 1 to %d plain characters", path,
			    i + 1, compare->title, SUITE_NAME_MAX);
		else if (!has_row(suite, compare->row))
			rc = err_set(err, -EINVAL, "%s: compare %u: key 'row': no row has the name '%s'",
			    path, i + 1, compare->row);
	}
	return rc;
}

const char *suite_row_name(const struct suite *suite, size_t i)
{
	const struct suite_row *row = &suite->rows[i];

	return row->name ? row->name : row->stack;
}

int suite_load(struct suite **suite, const char *catalog, const char *name, struct err *err)
{
	char path[CATALOG_PATH_MAX + 128];
	struct suite *read;
	int rc;

	if (!*name || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name))
		return err_set(
		    err, -EINVAL, "bad suite name '%s': it has lower-case letters, digits and -", name);
	snprintf(path, sizeof(path), "%s/suites/%s.yaml", catalog, name);
	rc = yamlfile_load(path, &suite_schema, (void **)&read, err);
	if (rc == -ENOENT)
		err_set(err, rc, "no suite '%s' in '%s/suites'", name, catalog);
	if (rc)
		return rc;
	rc = check_sense(read, path, err);
	if (rc)
		suite_free(read);
	else
		*suite = read;
	return rc;
}

void suite_free(struct suite *suite)
{
	if (!suite)
		return;
	free(suite->keepalive);
	free(suite->clients);
	for (unsigned i = 0; i < suite->rows_count; i++)
		free(suite->rows[i].reference_rps);
	yamlfile_free(&suite_schema, suite);
}
