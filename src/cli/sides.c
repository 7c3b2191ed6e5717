// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/sides.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/label.h"
#include "report/json_file.h"

/* A minus and digits. */
static bool is_past(const char *text)
{
	return text[0] == '-' && text[1] >= '1' && text[1] <= '9' &&
	    !text[1 + strspn(text + 1, "0123456789")];
}

char **sides_protect(int argc, char **argv)
{
	size_t room = 0;
	char **list, *text;

	for (int i = 0; i < argc; i++)
		room += strlen(argv[i]) + 2;
	list = calloc(1, ((size_t)argc + 1) * sizeof(char *) + room);
	if (!list)
		return NULL;
	text = (char *)(list + argc + 1);
	for (int i = 0; i < argc; i++) {
		int n = snprintf(text, room, "%s%s", i && is_past(argv[i]) ? "@" : "", argv[i]);

		list[i] = text;
		text += n + 1;
		room -= (size_t)n + 1;
	}
	return list;
}

static bool is_run(const char *text)
{
	return is_past(text) || !strcmp(text, "last") || (*text && !text[strspn(text, "0123456789")]);
}

static int open_store(struct sides *sides, const char *file, struct err *err)
{
	char path[STORE_PATH_MAX];
	int rc;

	if (sides->store)
		return 0;
	rc = store_path(file, false, path, sizeof(path), err);
	return rc ? rc : store_open(&sides->store, path, false, err);
}

static int64_t find_labelled(struct store *store, const char *label, struct err *err)
{
	struct store_filter filter = {.labels = {label}, .n_labels = 1, .limit = 1};
	struct run_summary *runs = NULL;
	int n, rc = label_check(label, err);
	int64_t id;

	if (rc)
		return rc;
	n = store_list(store, &filter, &runs, err);
	if (n < 0)
		return n;
	id = n ? runs[0].id : err_set(err, -ENOENT, "no run with label '%s': see 'maxq history'", label);
	store_free_list(runs, (size_t)n);
	return id;
}

static int read_file(const char *name, json_t **json, struct err *err)
{
	FILE *in = fopen(name, "re");

	if (!in)
		return err_set(err, -ENOENT,
		    "cannot open '%s': no such file, and no run either: see 'maxq history'", name);
	*json = json_file_read(in, name, JSON_FILE_MAX, err);
	fclose(in);
	return *json ? 0 : -EPROTO;
}

static int open_side(
    struct sides *sides, struct side *side, const char *given, const char *store_file, struct err *err)
{
	const char *name = given[0] == '@' ? given + 1 : given;
	json_t *json = NULL;
	int64_t id = 0;
	int rc = 0;

	snprintf(side->name, sizeof(side->name), "%s", name);
	if (is_run(name) || (strchr(name, '=') && !strchr(name, '/'))) {
		rc = open_store(sides, store_file, err);
		if (!rc)
			id = is_run(name) ? store_find(sides->store, name, err)
					  : find_labelled(sides->store, name, err);
		if (!rc && id < 0)
			rc = (int)id;
		if (!rc)
			rc = store_read(sides->store, id, &json, NULL, err);
		snprintf(side->name, sizeof(side->name), "run %lld%s%.64s%s", (long long)id,
		    is_run(name) ? "" : " (", is_run(name) ? "" : name, is_run(name) ? "" : ")");
	} else {
		rc = read_file(name, &json, err);
	}
	return rc ? rc : json_read(json, &side->document, err);
}

int sides_open(struct sides *sides, const char *a, const char *b, const char *store_file, struct err *err)
{
	int rc = 0;

	*sides = (struct sides){0};
	if (a)
		rc = open_side(sides, &sides->a, a, store_file, err);
	if (!rc)
		rc = open_side(sides, &sides->b, b, store_file, err);
	if (!rc && !a && strcmp(sides->b.document.report.command, "compare") != 0)
		rc = err_set(err, -EINVAL, "'%s' is one run: name the other one, too", sides->b.name);
	return rc;
}

static int refuse(const struct sides *sides, struct err *err)
{
	const struct comparison *c = &sides->comparison;
	char list[1024] = "";
	size_t len = 0;

	for (unsigned i = 0; i < c->n_unlike && len < sizeof(list) - 1; i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", i ? "; " : "", c->unlike[i]);
	return err_set(err, -EINVAL,
	    "'%.100s' and '%.100s' cannot be compared: %s; --anyway does it all the same", sides->a.name,
	    sides->b.name, list);
}

int sides_compare(struct sides *sides, bool anyway, struct err *err)
{
	const struct report *b = &sides->b.document.report;
	int rc;

	if (sides->a.document.json)
		rc = compare_runs(&sides->a.document.report, b, &sides->comparison);
	else
		rc = compare_rows(b, &sides->comparison);
	if (rc)
		return err_set(
		    err, rc, rc == -EINVAL ? "'%s' has not measured two" : "out of memory", sides->b.name);
	sides->is_compared = true;
	if (sides->comparison.n_unlike && !anyway)
		return refuse(sides, err);
	if (!sides->comparison.n_rows)
		return err_set(
		    err, -EINVAL, "'%s' and '%s' have no row of the same name", sides->a.name, sides->b.name);
	return 0;
}

struct compare_view sides_view(const struct sides *sides)
{
	bool is_one = !sides->a.document.json;

	return (struct compare_view){
	    .comparison = &sides->comparison,
	    .name_a = is_one ? sides->b.name : sides->a.name,
	    .name_b = sides->b.name,
	    .a = is_one ? &sides->b.document.report : &sides->a.document.report,
	    .b = &sides->b.document.report,
	};
}

void sides_release(struct sides *sides)
{
	if (sides->is_compared)
		comparison_release(&sides->comparison);
	if (sides->a.document.json)
		document_release(&sides->a.document);
	if (sides->b.document.json)
		document_release(&sides->b.document);
	store_close(sides->store);
	*sides = (struct sides){0};
}
