// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/findings.h"

#include <stdbool.h>
#include <string.h>

#include "report/wrap.h"

enum { NAME = 16, LEVEL = 8, LABEL = 8 };

static void print_part(FILE *out, const char *label, const char *text, bool command)
{
	if (!*text)
		return;
	fprintf(out, "  %-*s", LABEL, label);
	wrap_print(out, 2 + LABEL, text, command);
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
	wrap_print(out, LEVEL + NAME + 1, f->found, false);
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
