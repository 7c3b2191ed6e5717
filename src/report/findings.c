// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/findings.h"

#include <stdbool.h>
#include <string.h>

enum { COLUMNS = 80, NAME = 16, LEVEL = 8, LABEL = 8 };

/*
 * Where to break the text so that `room` columns hold its first part: at the last space that is in no quotes, for a
 * command there goes on in the next line only outside of them. The length of that part.
 */
static size_t find_break(const char *text, size_t room, bool command)
{
	size_t len = strlen(text), at = 0;
	char quote = '\0';

	if (len <= room)
		return len;
	for (size_t i = 0; i < len && (i <= room || !at); i++) {
		if (command && quote) {
			quote = text[i] == quote ? '\0' : quote;
			continue;
		}
		if (command && (text[i] == '\'' || text[i] == '"'))
			quote = text[i];
		else if (text[i] == ' ')
			at = i;
	}
	return at ? at : len;
}

/* The text from column `left` on, which is where the cursor stands. */
static void print_wrapped(FILE *out, int left, const char *text, bool command)
{
	size_t room = (size_t)(COLUMNS - left);

	do {
		bool last = strlen(text) <= room;
		/* the backslash wants its place, too */
		size_t n = find_break(text, command && !last ? room - 2 : room, command);

		fprintf(out, "%.*s", (int)n, text);
		text += n;
		text += *text == ' ';
		fprintf(out, "%s\n", *text && command ? " \\" : "");
		if (*text)
			fprintf(out, "%*s", left, "");
	} while (*text);
}

static void print_part(FILE *out, const char *label, const char *text, bool command)
{
	if (!*text)
		return;
	fprintf(out, "  %-*s", LABEL, label);
	print_wrapped(out, 2 + LABEL, text, command);
}

static void print_finding(FILE *out, const struct finding *f)
{
	char level[LEVEL + 1];
	size_t n;

	snprintf(level, sizeof(level), "%s", level_name(f->level));
	n = strlen(level);
	/* what needs something done stands out without colour */
	for (size_t i = 0; i < n && f->level > LEVEL_NOTE; i++)
		level[i] = (char)(level[i] - 'a' + 'A');
	fprintf(out, "%-*s%-*s", LEVEL, level, NAME + 1, f->name);
	print_wrapped(out, LEVEL + NAME + 1, f->found, false);
	print_part(out, "wanted", f->wanted, false);
	print_part(out, "effect", f->effect, false);
	print_part(out, "mend", f->mend, true);
	print_part(out, "advice", f->advice, false);
}

static void print_verdict(const struct findings *findings, FILE *out)
{
	size_t of[LEVEL_COUNT] = {0};

	for (size_t i = 0; i < findings->n; i++)
		of[findings->list[i].level]++;
	fprintf(out, "\n%s: %zu problem%s, %zu warning%s, %zu note%s\n",
	    of[LEVEL_PROBLEM] ? "not fit to measure as planned" : "fit to measure as planned",
	    of[LEVEL_PROBLEM], of[LEVEL_PROBLEM] == 1 ? "" : "s", of[LEVEL_WARNING],
	    of[LEVEL_WARNING] == 1 ? "" : "s", of[LEVEL_NOTE], of[LEVEL_NOTE] == 1 ? "" : "s");
}

void findings_print(const struct findings *findings, FILE *out)
{
	for (size_t i = 0; i < findings->n; i++)
		print_finding(out, &findings->list[i]);
	print_verdict(findings, out);
}
