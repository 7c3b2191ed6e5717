// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/install.h"
#include "cli/options.h"
#include "report/stacks.h"
#include "stack/command.h"

struct stacks {
	const char *given; /* --catalog */
	char catalog[CATALOG_PATH_MAX];
	int64_t ready_ns;
	bool check, install, quiet, help;
	struct catalog_names components, suites, workloads;
	struct missing missing; /* of all that was named */
	bool failed;            /* something was wrong, and has been told */
};

static struct stacks *stacks_of(void *into)
{
	return into;
}

static int set_catalog(void *into, const char *value, struct err *err)
{
	(void)err;
	stacks_of(into)->given = value;
	return 0;
}

static int set_ready(void *into, const char *value, struct err *err)
{
	if (parse_duration(value, &stacks_of(into)->ready_ns) || stacks_of(into)->ready_ns < NS_PER_MS)
		return err_set(err, -EINVAL, "bad time '%s': write it as 500ms or 10s", value);
	return 0;
}

static int set_flag(bool *flag)
{
	*flag = true;
	return 0;
}

static int set_check(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	return set_flag(&stacks_of(into)->check);
}

static int set_install(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	return set_flag(&stacks_of(into)->install);
}

static int set_quiet(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	return set_flag(&stacks_of(into)->quiet);
}

static int set_help(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	return set_flag(&stacks_of(into)->help);
}

static const struct option_def options[] = {
    {0, "catalog", "DIR", 1, "components are described in this folder", set_catalog},
    {0, "check", NULL, 1, "launch each stack, ask it for all workloads, compare the answers\nand end it",
	set_check},
    {0, "install", NULL, 1, "install the packages that are missing, as root or by sudo", set_install},
    {0, "ready", "TIME", 1, "a stack must answer within this after its launch (10s)", set_ready},
    {'q', "quiet", NULL, 1, "print nothing but errors", set_quiet},
    {'h', "help", NULL, 1, "show this", set_help},
    {0},
};

static int show_help(void)
{
	fputs(
	    "usage: maxq stacks [OPTION]... [COMPONENT|STACK|SUITE]...\n\n"
	    "Lists the catalog, or shows what is named: of a component its version, packages and command; of a stack, such\n"
	    "as nginx,uwsgi@uwsgi+unix,flask, the commands and configuration that it would be launched with; of a suite its\n"
	    "rows. Without a name, --check and --install are for all components.\n\nOptions (and their defaults):\n",
	    stdout);
	options_help(options, 1, stdout);
	return EXIT_MEASURED;
}

/* Tells what is wrong, and goes on with the next. */
static void fail(struct stacks *s, const struct err *err)
{
	cli_fail(EXIT_CANNOT, err);
	s->failed = true;
}

static bool is_listed(const struct catalog_names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (!strcmp(names->list[i], name))
			return true;
	return false;
}

/* The version of an installed component, from malloc, or NULL. */
static char *version_of(const struct component *component)
{
	char text[COMMAND_VERSION_MAX];

	if (component_missing(component) || command_version(component, text, NULL))
		return NULL;
	return strdup(text);
}

/* One line on what is missing, of all that was shown. */
static void print_missing(const struct stacks *s)
{
	if (s->missing.packages.len && !s->install && !s->quiet)
		printf("\nmissing: apt-get install%s\n", s->missing.packages.data);
}

static void load_components(struct stacks *s, struct component **components)
{
	struct err err;

	for (size_t i = 0; i < s->components.n; i++) {
		if (component_load(&components[i], s->catalog, s->components.list[i], &err))
			fail(s, &err);
		else
			missing_add(&s->missing, components[i]);
	}
}

static void show_all(struct stacks *s, struct component *const *components)
{
	struct suite **suites = calloc(s->suites.n + 1, sizeof(struct suite *));
	struct err err;

	for (size_t i = 0; suites && i < s->suites.n; i++)
		if (suite_load(&suites[i], s->catalog, s->suites.list[i], &err))
			fail(s, &err);
	if (suites && !s->quiet) {
		stacks_print_components(components, s->components.n, stdout);
		putchar('\n');
		stacks_print_suites(suites, s->suites.list, s->suites.n, stdout);
	}
	for (size_t i = 0; suites && i < s->suites.n; i++)
		suite_free(suites[i]);
	free(suites);
}

/* Launches a stack, and asks it for each workload; a front by itself has no work to do but /hello. */
static void check(struct stacks *s, const struct chain *chain)
{
	struct stack_options how = {.catalog = s->catalog, .ready_ns = s->ready_ns};
	size_t n = chain_last(chain)->passes ? 1 : s->workloads.n;
	struct stack *stack = NULL;
	struct err err;
	int rc = stack_launch(&stack, chain, &how, &err);

	for (size_t i = 1; i < n && !rc; i++)
		rc = stack_verify(stack, s->workloads.list[i], &err);
	stack_stop(stack);
	if (rc) {
		fprintf(stderr, "FAILED %s: %s\n", chain->text, err.msg);
		s->failed = true;
	} else if (!s->quiet) {
		printf("ok %s\n", chain->text);
		fflush(stdout);
	}
}

/* Writes the name of the first server that can load such applications: false when there is none. */
static bool find_server(const struct stacks *s, const char *interface, char *text, size_t size)
{
	bool found = false;

	for (size_t i = 0; i < s->components.n && !found; i++) {
		struct component *c;

		if (component_load(&c, s->catalog, s->components.list[i], NULL))
			continue;
		found = c->hosts && !strcmp(c->hosts, interface);
		if (found)
			snprintf(text, size, "%s", c->name);
		component_free(c);
	}
	return found;
}

/* By itself, or behind the first server that can load it. */
static void check_component(struct stacks *s, const struct component *c)
{
	char text[512], server[256];
	struct chain chain;
	struct err err;

	if (c->application && find_server(s, c->application->interface, server, sizeof(server)))
		snprintf(text, sizeof(text), "%s,%s", server, c->name);
	else
		snprintf(text, sizeof(text), "%s", c->name);
	if (chain_parse(&chain, text, s->catalog, &err)) {
		fail(s, &err);
		return;
	}
	check(s, &chain);
	chain_release(&chain);
}

static void show_component(struct stacks *s, const char *name)
{
	struct component *component;
	struct err err;
	char *version;

	if (component_load(&component, s->catalog, name, &err)) {
		fail(s, &err);
		return;
	}
	missing_add(&s->missing, component);
	if (s->check) {
		check_component(s, component);
	} else if (!s->quiet && !s->install) {
		version = version_of(component);
		stacks_print_component(component, version, stdout);
		free(version);
	}
	component_free(component);
}

static void print_chain(struct stacks *s, const struct chain *chain)
{
	struct stack_options how = {.catalog = s->catalog, .ready_ns = s->ready_ns};
	char *versions[CHAIN_MAX] = {NULL};
	struct stack *stack;
	struct err err;

	if (stack_prepare(&stack, chain, &how, &err)) {
		fail(s, &err);
		return;
	}
	for (unsigned i = 0; i < chain->n; i++)
		versions[i] = version_of(chain->elements[i].component);
	stacks_print_stack(chain, stack, versions, stdout);
	for (unsigned i = 0; i < chain->n; i++)
		free(versions[i]);
	stack_stop(stack);
}

static void show_chain(struct stacks *s, const char *text)
{
	struct chain chain;
	struct err err;

	if (chain_parse(&chain, text, s->catalog, &err)) {
		fail(s, &err);
		return;
	}
	missing_add_chain(&s->missing, &chain);
	if (s->check)
		check(s, &chain);
	else if (!s->quiet && !s->install)
		print_chain(s, &chain);
	chain_release(&chain);
}

/* Rows of one stack may differ in their workloads: it is checked once. */
static bool is_repeated(const struct suite *suite, unsigned row)
{
	for (unsigned i = 0; i < row; i++)
		if (!strcmp(suite->rows[i].stack, suite->rows[row].stack))
			return true;
	return false;
}

static void show_suite(struct stacks *s, const char *name)
{
	struct chain chains[SUITE_ROWS_MAX] = {0};
	struct suite *suite;
	struct err err;

	if (suite_load(&suite, s->catalog, name, &err)) {
		fail(s, &err);
		return;
	}
	for (unsigned i = 0; i < suite->rows_count; i++) {
		if (chain_parse(&chains[i], suite->rows[i].stack, s->catalog, &err))
			fail(s, &err);
		else
			missing_add_chain(&s->missing, &chains[i]);
	}
	for (unsigned i = 0; s->check && i < suite->rows_count && !interrupt_signal(); i++)
		if (chains[i].n && !is_repeated(suite, i))
			check(s, &chains[i]);
	if (!s->check && !s->quiet && !s->install)
		stacks_print_suite(name, suite, chains, stdout);
	for (unsigned i = 0; i < suite->rows_count; i++)
		chain_release(&chains[i]);
	suite_free(suite);
}

/* Other servers are checked together with what is behind them. */
static bool answers_alone(const struct component *c)
{
	return !c->hosts && (!c->passes || c->passes->alone);
}

/* All components: to be listed, checked, or completed. */
static void do_all(struct stacks *s)
{
	struct component **components = calloc(s->components.n + 1, sizeof(struct component *));

	if (!components)
		return;
	load_components(s, components);
	for (size_t i = 0; s->check && i < s->components.n && !interrupt_signal(); i++)
		if (components[i] && answers_alone(components[i]))
			check_component(s, components[i]);
	if (!s->check && !s->install)
		show_all(s, components);
	for (size_t i = 0; i < s->components.n; i++)
		component_free(components[i]);
	free(components);
}

static void do_named(struct stacks *s, const char *name)
{
	struct err err;

	if (strpbrk(name, ",@")) {
		show_chain(s, name);
	} else if (is_listed(&s->components, name)) {
		show_component(s, name);
	} else if (is_listed(&s->suites, name)) {
		show_suite(s, name);
	} else {
		err_set(
		    &err, -ENOENT, "no component or suite '%s' in '%s': see 'maxq stacks'", name, s->catalog);
		fail(s, &err);
	}
}

static int open_catalog(struct stacks *s, struct err *err)
{
	int rc = catalog_find(s->given, s->catalog, sizeof(s->catalog), err);

	if (!rc)
		rc = catalog_components(&s->components, s->catalog, err);
	if (!rc)
		rc = catalog_suites(&s->suites, s->catalog, err);
	if (!rc)
		rc = catalog_workloads(&s->workloads, s->catalog, err);
	return rc;
}

static void run(struct stacks *s, char **names, int n)
{
	struct err err;

	if (!n)
		do_all(s);
	for (int i = 0; i < n && !interrupt_signal(); i++) {
		if (i && !s->quiet && !s->check && !s->install)
			putchar('\n');
		do_named(s, names[i]);
	}
	print_missing(s);
	if (s->install && !s->missing.n && !s->failed && !s->quiet)
		puts("nothing is missing");
	if (s->install && install_missing(&s->missing, &err))
		fail(s, &err);
}

int cmd_stacks(int argc, char **argv)
{
	struct stacks s = {.ready_ns = 10 * NS_PER_S};
	struct err err;
	int n = options_parse(options, 1, &s, argc, argv, &err);

	if (n < 0)
		return cli_fail(EXIT_USAGE, &err);
	if (s.help)
		return show_help();
	if (s.check && s.install)
		return cli_fail(
		    EXIT_USAGE, &(struct err){"--install and --check are two things: one after the other"});
	interrupt_watch();
	missing_init(&s.missing);
	if (open_catalog(&s, &err))
		fail(&s, &err);
	else
		run(&s, argv + 1, n);
	missing_release(&s.missing);
	catalog_names_release(&s.components);
	catalog_names_release(&s.suites);
	catalog_names_release(&s.workloads);
	if (fflush(stdout) || ferror(stdout))
		return cli_fail(EXIT_CANNOT, &(struct err){"cannot write the list: standard output failed"});
	if (interrupt_signal())
		return EXIT_SIGNAL + interrupt_signal();
	return s.failed ? EXIT_CANNOT : EXIT_MEASURED;
}
