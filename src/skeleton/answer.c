// SPDX-License-Identifier: GPL-3.0-or-later
#include "skeleton/answer.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What a template writes into; it never overflows, as bodies are small by construction. */
struct page {
	uint8_t *at, *end;
};

static void put(struct page *page, const char *text, size_t len)
{
	if (len > (size_t)(page->end - page->at))
		len = (size_t)(page->end - page->at);
	memcpy(page->at, text, len);
	page->at += len;
}

static void put_text(struct page *page, const char *text)
{
	put(page, text, strlen(text));
}

static void put_escaped(struct page *page, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			put(page, "&lt;", 4);
			break;
		case '>':
			put(page, "&gt;", 4);
			break;
		case '&':
			put(page, "&amp;", 5);
			break;
		case '"':
			put(page, "&quot;", 6);
			break;
		case '\'':
			put(page, "&#39;", 5);
			break;
		default:
			put(page, text, 1);
		}
	}
}

/* A template: text, with {} where the value goes, escaped. */
static void render(struct page *page, const char *template, const char *value)
{
	const char *hole = strstr(template, "{}");

	for (; hole; hole = strstr(template, "{}")) {
		put(page, template, (size_t)(hole - template));
		put_escaped(page, value);
		template = hole + 2;
	}
	put_text(page, template);
}

static void hello(const struct answers *answers, struct page *page)
{
	(void)answers;
	put_text(page, "hello from skeleton-c\n");
}

static void render_name(const struct answers *answers, struct page *page)
{
	(void)answers;
	render(page, "<!DOCTYPE html>\n<p>Hello, {}!</p>\n", "World");
}

static void render_table(const struct answers *answers, struct page *page)
{
	char cell[16];

	(void)answers;
	put_text(page, "<!DOCTYPE html>\n<table>\n");
	for (int row = 1; row <= 6; row++) {
		put_text(page, "<tr>");
		for (int column = 1; column <= 4; column++) {
			snprintf(cell, sizeof(cell), "%d.%d", row, column);
			render(page, "<td>{}</td>", cell);
		}
		put_text(page, "</tr>\n");
	}
	put_text(page, "</table>\n");
}

static uint32_t hash(int32_t item)
{
	/* Fibonacci hashing (Knuth, TAOCP 6.4): the top 11 bits for 2048 slots */
	return (uint32_t)item * UINT32_C(2654435769) >> 21;
}

static bool contains(const int32_t *set, int32_t item)
{
	for (uint32_t i = hash(item);; i = (i + 1) % LOOKUP_SLOTS) {
		if (set[i] == item)
			return true;
		if (set[i] < 0)
			return false;
	}
}

/* The set holds every 50th number; asked for is every number below 50,000. */
static void lookup(const struct answers *answers, struct page *page)
{
	char text[32];
	int found = 0;

	for (int32_t i = 0; i < LOOKUP_TRIES; i++)
		found += contains(answers->set, i);
	put(page, text, (size_t)snprintf(text, sizeof(text), "found %d\n", found));
}

void answers_init(struct answers *answers)
{
	memset(answers->set, 0xff, sizeof(answers->set));
	for (int32_t i = 0; i < LOOKUP_ITEMS; i++) {
		uint32_t at = hash(i * (LOOKUP_TRIES / LOOKUP_ITEMS));

		while (answers->set[at] >= 0)
			at = (at + 1) % LOOKUP_SLOTS;
		answers->set[at] = i * (LOOKUP_TRIES / LOOKUP_ITEMS);
	}
}

int answer(const struct answers *answers, const char *path, size_t path_len, uint8_t *body, const char **type)
{
	static const struct {
		const char *path;
		size_t len;
		void (*work)(const struct answers *answers, struct page *page);
		const char *type;
	} paths[] = {
	    {"/hello", 6, hello, "text/plain"},
	    {"/render_name", 12, render_name, "text/html"},
	    {"/render_table", 13, render_table, "text/html"},
	    {"/lookup", 7, lookup, "text/plain"},
	};
	const char *query = memchr(path, '?', path_len);
	size_t len = query ? (size_t)(query - path) : path_len;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct page page = {.at = body, .end = body + ANSWER_MAX};

		if (len != paths[i].len || memcmp(path, paths[i].path, len) != 0)
			continue;
		paths[i].work(answers, &page);
		*type = paths[i].type;
		return (int)(page.at - body);
	}
	return -ENOENT;
}
