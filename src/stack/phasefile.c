// SPDX-License-Identifier: GPL-3.0-or-later
#include "stack/phasefile.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "stack/yamlfile.h"

static const cyaml_schema_field_t phase_fields[] = {
    YAMLFILE_STRING("name", YAMLFILE_REQUIRED, struct phasefile_phase, name),
    YAMLFILE_STRING("user", YAMLFILE_OPTIONAL, struct phasefile_phase, user),
    YAMLFILE_STRINGS("syscalls", YAMLFILE_OPTIONAL, struct phasefile_phase, syscalls),
    YAMLFILE_STRINGS("on_sockets", YAMLFILE_OPTIONAL, struct phasefile_phase, on_sockets), CYAML_FIELD_END};

static const cyaml_schema_value_t phase_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct phasefile_phase, phase_fields)};

static const cyaml_schema_field_t file_fields[] = {
    YAMLFILE_STRING("rest", YAMLFILE_REQUIRED, struct phasefile, rest),
    CYAML_FIELD_SEQUENCE(
	"phases", YAMLFILE_REQUIRED, struct phasefile, phases, &phase_schema, 1, YAMLFILE_LIST_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_value_t file_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct phasefile, file_fields)};

int phasefile_find(const struct phasefile *file, const char *name)
{
	for (unsigned i = 0; i < file->phases_count; i++)
		if (!strcmp(file->phases[i].name, name))
			return (int)i;
	return -1;
}

/* How often the call is named, in all phases. */
static unsigned times_named(const struct phasefile *file, const char *call)
{
	unsigned n = 0;

	for (unsigned i = 0; i < file->phases_count; i++) {
		const struct phasefile_phase *phase = &file->phases[i];

		for (unsigned j = 0; j < phase->syscalls_count; j++)
			n += !strcmp(phase->syscalls[j], call);
		for (unsigned j = 0; j < phase->on_sockets_count; j++)
			n += !strcmp(phase->on_sockets[j], call);
	}
	return n;
}

static int check_calls(
    const struct phasefile *file, const char *path, char *const *calls, unsigned n, struct err *err)
{
	for (unsigned i = 0; i < n; i++)
		if (times_named(file, calls[i]) > 1)
			return err_set(err, -EINVAL, "%s: '%s' is named twice", path, calls[i]);
	return 0;
}

static int check_phase(
    const struct phasefile *file, const char *path, unsigned i, unsigned name_max, struct err *err)
{
	const struct phasefile_phase *phase = &file->phases[i];
	size_t len = strlen(phase->name);
	int rc;

	if (!len || len >= name_max || strspn(phase->name, "abcdefghijklmnopqrstuvwxyz0123456789-") != len)
		return err_set(err, -EINVAL,
		    "%s: bad name of a phase '%.32s': it has 1 to %u small letters, digits and hyphens", path,
		    phase->name, name_max - 1);
	if (phasefile_find(file, phase->name) != (int)i)
		return err_set(err, -EINVAL, "%s: phase '%s' is there twice", path, phase->name);
	if (phase->user && phasefile_find(file, phase->user) < 0)
		return err_set(err, -EINVAL, "%s: phase '%s': there is no phase '%.32s' for its user time",
		    path, phase->name, phase->user);
	rc = check_calls(file, path, phase->syscalls, phase->syscalls_count, err);
	return rc ? rc : check_calls(file, path, phase->on_sockets, phase->on_sockets_count, err);
}

static int check(
    const struct phasefile *file, const char *path, unsigned phases_max, unsigned name_max, struct err *err)
{
	int rc = 0;

	if (file->phases_count > phases_max)
		return err_set(err, -EINVAL, "%s: too many phases: at most %u", path, phases_max);
	if (phasefile_find(file, file->rest) < 0)
		return err_set(err, -EINVAL, "%s: there is no phase '%.32s' for the rest", path, file->rest);
	for (unsigned i = 0; i < file->phases_count && !rc; i++)
		rc = check_phase(file, path, i, name_max, err);
	return rc;
}

int phasefile_load(struct phasefile **file, const char *path, const char *catalog, unsigned phases_max,
    unsigned name_max, struct err *err)
{
	char usual[PATH_MAX];
	void *loaded = NULL;
	int rc;

	if (!path) {
		snprintf(usual, sizeof(usual), "%s/phases.yaml", catalog);
		path = usual;
	}
	rc = yamlfile_load(path, &file_schema, &loaded, err);
	if (rc)
		return rc;
	rc = check(loaded, path, phases_max, name_max, err);
	if (rc)
		phasefile_free(loaded);
	else
		*file = loaded;
	return rc;
}

void phasefile_free(struct phasefile *file)
{
	if (file)
		yamlfile_free(&file_schema, file);
}
