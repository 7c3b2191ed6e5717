// SPDX-License-Identifier: GPL-3.0-or-later
#include "stack/missing.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 64 * 1024, ITEM_MAX = 512 };

void missing_init(struct missing *missing)
{
	buf_init(&missing->packages, TEXT_MAX);
	buf_init(&missing->needs, TEXT_MAX);
	missing->n = 0;
}

void missing_release(struct missing *missing)
{
	buf_release(&missing->packages);
	buf_release(&missing->needs);
}

/* Is `item` in the list, as a whole? What follows it is a separator or the end. */
static bool has(const struct buf *list, const char *item, char separator)
{
	size_t len = strlen(item);

	for (const char *at = strstr(list->data, item); at; at = strstr(at + 1, item))
		if (!at[len] || at[len] == separator)
			return true;
	return false;
}

static void add_package(struct missing *missing, const char *package)
{
	char item[ITEM_MAX];

	snprintf(item, sizeof(item), " %s", package);
	if (!has(&missing->packages, item, ' '))
		buf_text(&missing->packages, item);
}

bool missing_add(struct missing *missing, const struct component *component)
{
	const char *need = component_missing(component);
	char item[ITEM_MAX];

	if (!need)
		return false;
	snprintf(item, sizeof(item), "'%s' of %s", need, component->name);
	if (has(&missing->needs, item, ','))
		return true;
	buf_printf(&missing->needs, "%s%s", missing->needs.len ? ", " : "", item);
	for (unsigned i = 0; i < component->packages_count; i++)
		add_package(missing, component->packages[i]);
	missing->n++;
	return true;
}

bool missing_add_chain(struct missing *missing, const struct chain *chain)
{
	bool any = false;

	for (unsigned i = 0; i < chain->n; i++)
		any |= missing_add(missing, chain->elements[i].component);
	return any;
}
