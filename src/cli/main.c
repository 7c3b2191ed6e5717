// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
    {"sweep", cmd_sweep,
	"raise the load until throughput plateaus; say the maximum and its limit (the default)"},
    {"load", cmd_load, "one fixed load, as the classical load generators do"},
    {"bench", cmd_bench, "launch stacks of the catalog, sweep each, and rank them"},
    {"layers", cmd_layers, "what each layer of a service that runs already costs"},
    {"profile", cmd_profile, "where the CPU time of a request goes, phase by phase"},
    {"stacks", cmd_stacks, "list the catalog; show, check or complete what is in it"},
    {"doctor", cmd_doctor, "is this machine fit to measure? What is in the way, and what mends it"},
    {"serve", cmd_serve, "the built-in skeleton server: the floor, and a target that is always there"},
    {"history", cmd_history, "list the runs that were kept, or plot them over time"},
    {"show", cmd_show, "show a run again, exactly as it was printed"},
    {"compare", cmd_compare, "what differs between two runs, or two servers, and how sure that is"},
    {"gate", cmd_gate, "fail when a change made a service more expensive, for continuous integration"},
    {"report", cmd_report, "write runs as a page of charts for a browser; two are compared"},
    {"export", cmd_export, "write runs to a file, with all that is kept of them"},
    {"import", cmd_import, "read such a file, or a result that --json wrote"},
    {"forget", cmd_forget, "delete runs from the history"},
    {"help", cmd_help, "explain a command"},
};

enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int show_help(FILE *out)
{
	fputs(
	    "usage: maxq [COMMAND] [OPTION]... [ARGUMENT]...\n\n"
	    "maxq finds the maximum throughput of a web stack, what each layer of it costs per request, and what ran\n"
	    "out at the maximum.\n\n"
	    "  maxq http://127.0.0.1:8080/      the maximum of a server that runs\n"
	    "  maxq bench                       launch, load and rank the stacks of the catalog\n\nCommands:\n",
	    out);
	for (int i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
	fputs("\n'maxq help COMMAND' or 'maxq COMMAND --help' says more.\n", out);
	return EXIT_MEASURED;
}

static const struct command *find(const char *name)
{
	for (int i = 0; i < N_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

int cmd_help(int argc, char **argv)
{
	const struct command *command = argc > 1 ? find(argv[1]) : NULL;
	char help[] = "--help";
	struct err err;

	if (argc > 1 && !command) {
		err_set(&err, 0, "no command '%s': see 'maxq help'", argv[1]);
		return cli_fail(EXIT_USAGE, &err);
	}
	if (!command || command->run == cmd_help)
		return show_help(stdout);
	return command->run(2, (char *[]){argv[1], help, NULL});
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct err err;

	if (argc < 2) {
		show_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return show_help(stdout);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts("maxq " MAXQ_VERSION);
		return EXIT_MEASURED;
	}
	command = find(argv[1]);
	if (command)
		return command->run(argc - 1, argv + 1);
	/* without a command: sweep, if that is what it looks like */
	if (argv[1][0] == '-' || strstr(argv[1], "://"))
		return cmd_sweep(argc, argv);
	err_set(&err, 0, "no command '%s': see 'maxq help'; a target begins with http://", argv[1]);
	return cli_fail(EXIT_USAGE, &err);
}
