// SPDX-License-Identifier: GPL-3.0-or-later
#include "stack/parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "stack/catalog.h"
#include "stack/yamlfile.h"

enum { PARTS_MAX = 64, FUNCTIONS_MAX = 256, PART_NAME_MAX = 24 };

static const cyaml_schema_field_t part_fields[] = {
    YAMLFILE_STRING("part", YAMLFILE_REQUIRED, struct part, name),
    CYAML_FIELD_SEQUENCE(
	"functions", YAMLFILE_OPTIONAL, struct part, functions, &yamlfile_string, 0, FUNCTIONS_MAX),
    CYAML_FIELD_SEQUENCE("whole", YAMLFILE_OPTIONAL, struct part, whole, &yamlfile_string, 0, FUNCTIONS_MAX),
    CYAML_FIELD_BOOL("own", CYAML_FLAG_OPTIONAL, struct part, own),
    CYAML_FIELD_BOOL("kernel", CYAML_FLAG_OPTIONAL, struct part, kernel),
    CYAML_FIELD_BOOL("otherwise", CYAML_FLAG_OPTIONAL, struct part, otherwise),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t part_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct part, part_fields)};

static const cyaml_schema_field_t parts_fields[] = {
    CYAML_FIELD_SEQUENCE("parts", YAMLFILE_REQUIRED, struct parts, parts, &part_schema, 1, PARTS_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t parts_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct parts, parts_fields)};

/* What the schema cannot say. */
static int check_sense(const struct parts *parts, const char *path, struct err *err)
{
	unsigned kernel = 0, otherwise = 0;

	for (unsigned i = 0; i < parts->parts_count; i++) {
		const struct part *p = &parts->parts[i];

		if (!*p->name || strlen(p->name) > PART_NAME_MAX)
			return err_set(err, -EINVAL, "%s: part %u: key 'part': a name has 1 to %d characters",
			    path, i + 1, PART_NAME_MAX);
		for (unsigned k = 0; k < i; k++)
			if (!strcmp(parts->parts[k].name, p->name))
				return err_set(
				    err, -EINVAL, "%s: part %u: '%s' is there twice", path, i + 1, p->name);
		if (!p->functions_count && !p->whole_count && !p->own && !p->kernel && !p->otherwise)
			return err_set(err, -EINVAL,
			    "%s: part %u: nothing belongs to '%s': give it 'functions', 'whole', 'own', "
			    "'kernel' or 'otherwise'",
			    path, i + 1, p->name);
		kernel += p->kernel;
		otherwise += p->otherwise;
	}
	if (kernel > 1 || otherwise > 1)
		return err_set(err, -EINVAL, "%s: only one part can have '%s'", path,
		    kernel > 1 ? "kernel" : "otherwise");
	return 0;
}

int parts_load(struct parts **parts, const char *file, const char *catalog, struct err *err)
{
	char found[CATALOG_PATH_MAX], path[CATALOG_PATH_MAX + 32];
	struct parts *read;
	int rc;

	if (!file) {
		rc = catalog_find(catalog, found, sizeof(found), err);
		if (rc)
			return rc;
		snprintf(path, sizeof(path), "%s/parts.yaml", found);
		file = path;
	}
	rc = yamlfile_load(file, &parts_schema, (void **)&read, err);
	if (rc)
		return rc;
	rc = check_sense(read, file, err);
	if (rc)
		parts_free(read);
	else
		*parts = read;
	return rc;
}

void parts_free(struct parts *parts)
{
	if (parts)
		yamlfile_free(&parts_schema, parts);
}
