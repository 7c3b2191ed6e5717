// SPDX-License-Identifier: GPL-3.0-or-later
/* Files of the catalog: YAML, read by libcyaml against a schema, with one clear line when that fails. */
#ifndef MAXQ_STACK_YAMLFILE_H
#define MAXQ_STACK_YAMLFILE_H

#include <cyaml/cyaml.h>

#include "base/err.h"

enum {
	YAMLFILE_LIST_MAX = 64,
	YAMLFILE_TEXT_MAX = 8192,
	YAMLFILE_REQUIRED = CYAML_FLAG_POINTER,
	YAMLFILE_OPTIONAL = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
};

extern const cyaml_schema_value_t yamlfile_string;

/* Fields of a mapping: a char *, and a char ** with its count in MEMBER_count. */
#define YAMLFILE_STRING(key, flags, type, member) \
	CYAML_FIELD_STRING_PTR(key, flags, type, member, 0, YAMLFILE_TEXT_MAX)
#define YAMLFILE_STRINGS(key, flags, type, member) \
	CYAML_FIELD_SEQUENCE(key, flags, type, member, &yamlfile_string, 0, YAMLFILE_LIST_MAX)

/*
 * Reads the file into a new struct of the schema (free it with yamlfile_free): 0, -ENOENT, or -EINVAL with a message that
 * names file, line and key.
 */
int yamlfile_load(const char *path, const cyaml_schema_value_t *schema, void **data, struct err *err);
void yamlfile_free(const cyaml_schema_value_t *schema, void *data);

#endif
