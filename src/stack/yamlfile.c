// SPDX-License-Identifier: GPL-3.0-or-later
#include "stack/yamlfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"

enum { FILE_MAX = 64 * 1024 };

const cyaml_schema_value_t yamlfile_string = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, YAMLFILE_TEXT_MAX)};

/* What libcyaml says of a bad file: a line with the problem, then a backtrace with the places, the innermost first. */
struct complaint {
	char problem[160], place[160];
	char key[160]; /* the innermost place that has one: an entry of a list has only a number */
};

static void on_log(cyaml_log_t level, void *context, const char *fmt, va_list args)
{
	struct complaint *complaint = context;
	char line[160];

	(void)level;
	vsnprintf(line, sizeof(line), fmt, args);
	line[strcspn(line, "\n")] = '\0';
	if (strstr(line, "(line: ")) {
		if (!*complaint->place)
			memcpy(complaint->place, line, sizeof(line));
		if (!*complaint->key && strstr(line, "in mapping field"))
			memcpy(complaint->key, line, sizeof(line));
	} else if (!strstr(line, "Backtrace") && !*complaint->problem) {
		memcpy(complaint->problem, line, sizeof(line));
	}
}

static const cyaml_config_t *config_with(struct complaint *complaint, cyaml_config_t *config)
{
	*config = (cyaml_config_t){
	    .log_fn = on_log,
	    .log_ctx = complaint,
	    .log_level = CYAML_LOG_WARNING,
	    .mem_fn = cyaml_mem,
	};
	return config;
}

/* libcyaml tells of an unexpected key where the value before it began; we look for the key itself from there on. */
static unsigned find_key_line(const char *text, unsigned from, const char *key)
{
	size_t len = strlen(key);
	unsigned number = 1;

	for (const char *line = text; line; number++) {
		const char *at = line + strspn(line, " -");

		if (number >= from && !strncmp(at, key, len) && at[len] == ':')
			return number;
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return from;
}

static int complain(const char *path, const char *text, const struct complaint *complaint, struct err *err)
{
	static const char unexpected[] = "Unexpected key: ", missing[] = "Missing required mapping field: ";
	const char *problem = complaint->problem, *place = strstr(complaint->place, "(line: ");
	const char *quote = strchr(complaint->key, '\'');
	unsigned line = place ? (unsigned)strtoul(place + 7, NULL, 10) : 0;

	if (!strncmp(problem, "Load: ", 6))
		problem += 6;
	if (!strncmp(problem, unexpected, strlen(unexpected))) {
		const char *key = problem + strlen(unexpected);

		return err_set(
		    err, -EINVAL, "%s line %u: unknown key '%s'", path, find_key_line(text, line, key), key);
	}
	/* the place is then where the mapping ends */
	if (!strncmp(problem, missing, strlen(missing)))
		return err_set(
		    err, -EINVAL, "%s line %u: key '%s' is missing", path, line, problem + strlen(missing));
	if (quote)
		return err_set(err, -EINVAL, "%s line %u: key %.*s: %s", path, line,
		    (int)strcspn(quote + 1, "'") + 2, quote, problem);
	return err_set(err, -EINVAL, "%s line %u: %s", path, line, *problem ? problem : "not YAML");
}

int yamlfile_load(const char *path, const cyaml_schema_value_t *schema, void **data, struct err *err)
{
	struct complaint complaint = {0};
	cyaml_config_t config;
	void *loaded = NULL;
	struct buf text;
	int rc;

	buf_init(&text, FILE_MAX);
	rc = file_read(path, &text, err);
	if (!rc &&
	    cyaml_load_data((const uint8_t *)text.data, text.len, config_with(&complaint, &config), schema,
		(cyaml_data_t **)&loaded, NULL))
		rc = complain(path, text.data, &complaint, err);
	else if (!rc && !loaded)
		rc = err_set(err, -EINVAL, "%s: the file is empty", path);
	buf_release(&text);
	if (!rc)
		*data = loaded;
	return rc;
}

void yamlfile_free(const cyaml_schema_value_t *schema, void *data)
{
	struct complaint complaint = {0};
	cyaml_config_t config;

	cyaml_free(config_with(&complaint, &config), schema, data, 0);
}
