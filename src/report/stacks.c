// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/stacks.h"

#include <libsmartcols/libsmartcols.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"

enum { CELL = 1024, FILE_MAX = 256 * 1024 };

static struct libscols_table *new_table(const char *const *titles, size_t n, FILE *out)
{
	struct libscols_table *table = scols_new_table();

	if (!table)
		return NULL;
	scols_table_set_stream(table, out);
	scols_table_enable_noencoding(table, 1);
	for (size_t i = 0; i < n; i++)
		scols_table_new_column(table, titles[i], 0, !strcmp(titles[i], "rows") ? SCOLS_FL_RIGHT : 0);
	return table;
}

/* Descriptions and files are somebody's: what could steer a terminal is not passed on to it. */
static int visible(int c)
{
	return ((unsigned char)c < ' ' && c != '\t') || c == 0x7f ? '?' : c;
}

static void print_text(const char *text, size_t len, FILE *out)
{
	for (size_t i = 0; i < len; i++)
		fputc(visible(text[i]), out);
}

static void add_line(struct libscols_table *table, const char *const *cells, size_t n)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);

	for (size_t i = 0; line && i < n; i++) {
		char cell[CELL];

		snprintf(cell, sizeof(cell), "%s", cells[i]);
		for (char *c = cell; *c; c++)
			*c = (char)visible(*c);
		scols_line_set_data(line, i, cell);
	}
}

static void finish(struct libscols_table *table)
{
	scols_print_table(table);
	scols_unref_table(table);
}

static void describe_kind(const struct component *c, char *text, size_t size)
{
	if (c->application)
		snprintf(text, size, "%s application", c->application->interface);
	else if (c->hosts)
		snprintf(text, size, "server for %s", c->hosts);
	else
		snprintf(text, size, "%s", c->passes ? "front" : "server");
}

/* "missing: a b" with the packages, or, of a component that has none, with what it needs. */
static void add_missing(const struct component *c, struct buf *text)
{
	const char *need = component_missing(c);

	if (!need)
		return;
	if (!text->len)
		buf_text(text, "missing:");
	for (unsigned i = 0; i < c->packages_count; i++)
		buf_printf(text, " %s", c->packages[i]);
	if (!c->packages_count)
		buf_printf(text, " %s", need);
}

void stacks_print_components(struct component *const *components, size_t n, FILE *out)
{
	static const char *const titles[] = {"component", "title", "kind", "state"};
	struct libscols_table *table = new_table(titles, 4, out);

	for (size_t i = 0; table && i < n; i++) {
		const struct component *c = components[i];
		struct buf state;
		char kind[CELL];

		if (!c)
			continue;
		buf_init(&state, CELL);
		describe_kind(c, kind, sizeof(kind));
		add_missing(c, &state);
		add_line(table,
		    (const char *const[]){c->name, c->title, kind, state.len ? state.data : "installed"}, 4);
		buf_release(&state);
	}
	if (table)
		finish(table);
}

void stacks_print_suites(struct suite *const *suites, char *const *names, size_t n, FILE *out)
{
	static const char *const titles[] = {"suite", "title", "rows"};
	struct libscols_table *table = new_table(titles, 3, out);

	for (size_t i = 0; table && i < n; i++) {
		char rows[16];

		if (!suites[i])
			continue;
		snprintf(rows, sizeof(rows), "%u", suites[i]->rows_count);
		add_line(table, (const char *const[]){names[i], suites[i]->title, rows}, 3);
	}
	if (table)
		finish(table);
}

/* An argument as one would type it into a shell. */
static void print_quoted(const char *text, FILE *out)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./{}-";

	if (*text && strspn(text, plain) == strlen(text)) {
		fputs(text, out);
		return;
	}
	fputc('\'', out);
	for (; *text; text++)
		*text == '\'' ? fputs("'\\''", out) : fputc(visible(*text), out);
	fputc('\'', out);
}

/* "nginx: title: about" */
static void print_title(const char *name, const char *title, const char *about, FILE *out)
{
	fprintf(out, "%s: ", name);
	print_text(title, strlen(title), out);
	fputs(": ", out);
	print_text(about, strlen(about), out);
	fputc('\n', out);
}

static void print_key(const char *key, FILE *out)
{
	fprintf(out, "  %-12s ", key);
}

static void print_list(const char *key, char *const *list, size_t n, FILE *out)
{
	if (!n)
		return;
	print_key(key, out);
	for (size_t i = 0; i < n; i++) {
		if (i)
			fputc(' ', out);
		print_quoted(list[i], out);
	}
	fputc('\n', out);
}

static void print_sockets(bool tcp, bool unix_socket, FILE *out)
{
	fprintf(out, " over %s%s%s\n", tcp ? "tcp" : "", tcp && unix_socket ? ", " : "",
	    unix_socket ? "unix" : "");
}

static void print_links(const struct component *c, FILE *out)
{
	bool first = true;

	if (c->listens) {
		print_key("reached by", out);
		for (unsigned i = 0; i < c->listens->protocols_count; i++)
			fprintf(out, "%s%s", i ? ", " : "", c->listens->protocols[i]);
		print_sockets(c->listens->tcp, c->listens->unix_socket, out);
	}
	if (c->passes) {
		print_key("passes on by", out);
		for (int p = 0; p < PROTOCOL_COUNT; p++) {
			if (!component_pass(c, (enum protocol)p))
				continue;
			fprintf(out, "%s%s", first ? "" : ", ", protocol_name((enum protocol)p));
			first = false;
		}
		print_sockets(c->passes->tcp, c->passes->unix_socket, out);
	}
}

static void print_install(const struct component *c, FILE *out)
{
	const char *need = component_missing(c);

	if (!need)
		return;
	print_key("missing", out);
	fprintf(out, "'%s'%s", need, c->packages_count ? ": apt-get install" : "");
	for (unsigned i = 0; i < c->packages_count; i++)
		fprintf(out, " %s", c->packages[i]);
	fputc('\n', out);
}

void stacks_print_component(const struct component *c, const char *version, FILE *out)
{
	char kind[CELL];

	describe_kind(c, kind, sizeof(kind));
	print_title(c->name, c->title, c->about, out);
	print_key("kind", out);
	fprintf(out, "%s\n", kind);
	print_key("version", out);
	fprintf(out, "%s\n", version ? version : "not known");
	print_list("packages", c->packages, c->packages_count, out);
	print_install(c, out);
	print_links(c, out);
	if (c->application) {
		print_key("entry", out);
		print_text(c->application->entry, strlen(c->application->entry), out);
		fputc('\n', out);
	}
	if (c->bare) {
		print_key("bare", out);
		fprintf(out, "%s\n", c->bare);
	}
	print_key("folder", out);
	fprintf(out, "%s\n", c->home);
	print_list("files", c->files, c->files_count, out);
	print_list("build", c->build, c->build_count, out);
	print_list("command", c->command, c->command_count, out);
	print_list("environment", c->env, c->env_count, out);
}

void stacks_print_suite(const char *name, const struct suite *suite, const struct chain *chains, FILE *out)
{
	const char *reference = suite->reference ? suite->reference : "reference";
	const char *titles[] = {"row", "stack", "workload", reference, "state"};
	struct libscols_table *table = new_table(titles, 5, out);

	print_title(name, suite->title, suite->about, out);
	fputc('\n', out);
	for (unsigned i = 0; table && i < suite->rows_count; i++) {
		const struct suite_row *row = &suite->rows[i];
		struct buf state;

		buf_init(&state, CELL);
		for (unsigned e = 0; e < chains[i].n; e++)
			add_missing(chains[i].elements[e].component, &state);
		add_line(table,
		    (const char *const[]){suite_row_name(suite, i), row->stack,
			row->workload ? row->workload : "-", row->reference_text ? row->reference_text : "-",
			state.len ? state.data : "installed"},
		    5);
		buf_release(&state);
	}
	if (table)
		finish(table);
}

static void print_file(const char *path, FILE *out)
{
	struct buf text;

	buf_init(&text, FILE_MAX);
	fprintf(out, "  %s\n", path);
	if (!file_read(path, &text, NULL))
		for (char *line = text.data, *end; *line; line = end) {
			end = line + strcspn(line, "\n");
			fputs("    | ", out);
			print_text(line, (size_t)(end - line), out);
			fputc('\n', out);
			end += *end == '\n';
		}
	buf_release(&text);
}

static void print_server(const struct server_view *server, FILE *out)
{
	const struct component *c = server->element->component;
	const struct rendered *with = server->with;
	size_t n_args = 0, n_env = 0;
	char path[CELL];

	while (with->argv[n_args])
		n_args++;
	while (with->env[n_env])
		n_env++;
	fprintf(out, "\n%s, in %s\n", c->name, server->dir);
	print_list("command", with->argv, n_args, out);
	print_list("environment", with->env, n_env, out);
	for (unsigned i = 0; i < c->files_count; i++) {
		snprintf(path, sizeof(path), "%s/%s", server->dir, c->files[i]);
		print_file(path, out);
	}
}

void stacks_print_stack(
    const struct chain *chain, const struct stack *stack, char *const *versions, FILE *out)
{
	fprintf(out, "%s\n", chain->text);
	for (unsigned i = 0; i < chain->n; i++) {
		const struct element *e = &chain->elements[i];

		print_key(e->component->name, out);
		if (e->is_application)
			fprintf(out, "loaded by %s", chain->elements[i - 1].component->name);
		else
			fprintf(out, "reached by %s over %s", protocol_name(e->protocol),
			    e->is_unix ? "unix" : "tcp");
		fprintf(out, "; %s\n", versions[i] ? versions[i] : "version not known");
		print_install(e->component, out);
	}
	fputs("\nPorts and folders as they would be chosen now; each run has its own.\n", out);
	for (unsigned i = 0; i < stack_n_servers(stack); i++) {
		struct server_view server = stack_server_view(stack, i);

		print_server(&server, out);
	}
}
