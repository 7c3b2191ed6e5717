// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

/* What getopt_long returns for the ith option of the table: beyond any letter. */
enum { FIRST_VALUE = 256 };

struct getopt_tables {
	char letters[2 * OPTIONS_MAX + 3];
	struct option longs[OPTIONS_MAX + 1];
};

static void build(const struct option_def *table, unsigned command, struct getopt_tables *t)
{
	char *at = t->letters;
	int n = 0;

	*at++ = ':'; /* tell a missing argument from an unknown option */
	for (int i = 0; i < OPTIONS_MAX && table[i].name; i++) {
		if (!(table[i].commands & command))
			continue;
		t->longs[n++] = (struct option){
		    .name = table[i].name,
		    .has_arg = table[i].argument ? required_argument : no_argument,
		    .val = FIRST_VALUE + i,
		};
		if (!table[i].letter)
			continue;
		*at++ = table[i].letter;
		if (table[i].argument)
			*at++ = ':';
	}
	*at = '\0';
	t->longs[n] = (struct option){0};
}

static const struct option_def *find(const struct option_def *table, unsigned command, int value)
{
	if (value >= FIRST_VALUE)
		return &table[value - FIRST_VALUE];
	for (; table->name; table++)
		if (table->letter == value && (table->commands & command))
			return table;
	return NULL;
}

/* An option by another name of itself, or twice, is one. */
static void note(const char **given, const char *name)
{
	while (*given && strcmp(*given, name) != 0)
		given++;
	*given = name;
}

/* What getopt_long came upon: `value` and its own variables say what. */
static int set_option(const struct option_def *table, unsigned command, void *into, int value, char **argv,
    const char **given, struct err *err)
{
	const struct option_def *option = value == '?' || value == ':' ? NULL : find(table, command, value);
	char letter[] = {'-', (char)optopt, '\0'};

	if (value == ':')
		return err_set(err, -EINVAL, "option '%s' needs an argument", argv[optind - 1]);
	if (!option)
		return err_set(err, -EINVAL, "unknown option '%s': see 'maxq %s --help'",
		    optopt && optopt < FIRST_VALUE ? letter : argv[optind - 1], argv[0]);
	note(given, option->name);
	return option->set(into, optarg, err);
}

int options_parse_noting(const struct option_def *table, unsigned command, void *into, int argc, char **argv,
    const char **given, struct err *err)
{
	struct getopt_tables t = {.letters = ""};
	int value, operands = 0;

	build(table, command, &t);
	memset(given, 0, (OPTIONS_MAX + 1) * sizeof(*given));
	optind = 0; /* glibc: begin anew */
	opterr = 0;
	for (value = getopt_long(argc, argv, t.letters, t.longs, NULL); value != -1;
	     value = getopt_long(argc, argv, t.letters, t.longs, NULL)) {
		int rc = set_option(table, command, into, value, argv, given, err);

		if (rc)
			return rc;
	}
	while (optind < argc)
		argv[++operands] = argv[optind++];
	return operands;
}

int options_parse(
    const struct option_def *table, unsigned command, void *into, int argc, char **argv, struct err *err)
{
	const char *given[OPTIONS_MAX + 1];

	return options_parse_noting(table, command, into, argc, argv, given, err);
}

void options_help(const struct option_def *table, unsigned command, FILE *out)
{
	for (; table->name; table++) {
		const char *line = table->help;
		int width;

		if (!(table->commands & command))
			continue;
		width = table->letter ? fprintf(out, "  -%c, --%s", table->letter, table->name)
				      : fprintf(out, "      --%s", table->name);
		if (table->argument)
			width += fprintf(out, " %s", table->argument);
		/* the help in a column of its own, each of its lines */
		while (line) {
			const char *end = strchr(line, '\n');

			if (width > 30) {
				fputc('\n', out);
				width = 0;
			}
			fprintf(out, "%*s%.*s\n", 32 - width, "", end ? (int)(end - line) : (int)strlen(line),
			    line);
			line = end ? end + 1 : NULL;
			width = 0;
		}
	}
}
