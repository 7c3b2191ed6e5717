// SPDX-License-Identifier: GPL-3.0-or-later
#include "stack/template.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char variable_chars[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

static struct variable *find(const struct variables *variables, const char *name, size_t len)
{
	for (unsigned i = 0; i < variables->n; i++) {
		const struct variable *v = &variables->list[i];

		if (strlen(v->name) == len && !memcmp(v->name, name, len))
			return (struct variable *)v;
	}
	return NULL;
}

void variables_set(struct variables *variables, const char *name, const char *value)
{
	struct variable *v = find(variables, name, strlen(name));

	if (!v) {
		if (variables->n == VARIABLES_MAX)
			abort(); /* names are static text: there are only so many */
		v = &variables->list[variables->n++];
	}
	*v = (struct variable){.name = name, .value = value};
}

int template_expand(
    const char *text, const struct variables *variables, const char *where, struct buf *into, struct err *err)
{
	while (*text) {
		size_t plain = strcspn(text, "{");
		const struct variable *v;
		size_t len;

		buf_append(into, text, plain);
		text += plain;
		if (!*text)
			break;
		len = strspn(text + 1, variable_chars);
		if (!len || text[1 + len] != '}') {
			buf_append(into, text++, 1);
			continue;
		}
		v = find(variables, text + 1, len);
		if (!v)
			return err_set(
			    err, -EINVAL, "unknown variable '{%.*s}' in '%s'", (int)len, text + 1, where);
		buf_text(into, v->value);
		text += len + 2;
	}
	return into->failed ? err_set(err, -ENOBUFS, "'%s' becomes too long", where) : 0;
}
