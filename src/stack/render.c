// SPDX-License-Identifier: GPL-3.0-or-later
#include "stack/render.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "stack/template.h"

enum { RENDERED_MAX = 256 * 1024, OPEN_FILES_MAX = 65536 };

static unsigned read_somaxconn(void)
{
	char text[32];

	return file_read_text("/proc/sys/net/core/somaxconn", text, sizeof(text)) > 0
	    ? (unsigned)strtoul(text, NULL, 10)
	    : 128;
}

/* Where it listens, as its own configuration writes it. */
static int expand_address(const char *template, const struct place *place, struct buf *into, struct err *err)
{
	struct variables v = {0};

	variables_set(&v, "host", place->host);
	variables_set(&v, "port", place->port);
	variables_set(&v, "socket", place->socket);
	return template_expand(template, &v, place->element->component->name, into, err);
}

/* All that the templates of one server can use; the buffers hold what is made for it. */
struct rendering {
	struct variables variables;
	struct buf listen, next, pass;
	char backlog[16], files[24], user[64], group[64], maxq[4096], build[4096];
};

static void rendering_init(struct rendering *r)
{
	r->variables.n = 0;
	buf_init(&r->listen, RENDERED_MAX);
	buf_init(&r->next, RENDERED_MAX);
	buf_init(&r->pass, RENDERED_MAX);
}

static void rendering_release(struct rendering *r)
{
	buf_release(&r->listen);
	buf_release(&r->next);
	buf_release(&r->pass);
}

/* This program: of maxq-mpi, which only measures, the maxq beside it. */
static void find_maxq(char *path, size_t size)
{
	static const char mpi[] = "-mpi";
	ssize_t n = readlink("/proc/self/exe", path, size - 1);
	size_t len = n > 0 ? (size_t)n : 0, cut = sizeof(mpi) - 1;

	path[len] = '\0';
	if (len > cut && !strcmp(path + len - cut, mpi))
		path[len - cut] = '\0';
}

/* What there is before a server has a place: things of this machine and user, and of the component. */
static int set_surroundings(struct rendering *r, const struct component *c, const char *dir, struct err *err)
{
	const struct passwd *user = getpwuid(geteuid());
	const struct group *group = getgrgid(getegid());
	struct rlimit files;

	find_maxq(r->maxq, sizeof(r->maxq));
	snprintf(r->backlog, sizeof(r->backlog), "%u", read_somaxconn());
	/* servers allocate for as many as they are told */
	if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_max > OPEN_FILES_MAX)
		files.rlim_max = OPEN_FILES_MAX;
	snprintf(r->files, sizeof(r->files), "%llu", (unsigned long long)files.rlim_max);
	snprintf(r->user, sizeof(r->user), "%s", user ? user->pw_name : "nobody");
	snprintf(r->group, sizeof(r->group), "%s", group ? group->gr_name : "nogroup");
	variables_set(&r->variables, "maxq", r->maxq);
	variables_set(&r->variables, "backlog", r->backlog);
	variables_set(&r->variables, "open_files", r->files);
	variables_set(&r->variables, "user", r->user);
	variables_set(&r->variables, "group", r->group);
	variables_set(&r->variables, "dir", dir);
	variables_set(&r->variables, "home", c->home);
	variables_set(&r->variables, "name", c->name);
	if (!c->build_count)
		return 0;
	variables_set(&r->variables, "build", r->build);
	return component_build_dir(c, r->build, sizeof(r->build), err);
}

/* How it reaches what follows it: {next} and {pass}, or what it does alone. */
static int set_next(struct rendering *r, const struct place *place, const struct place *next, struct err *err)
{
	const struct component *c = place->element->component;
	const char *pass = "", *address;
	int rc = 0;

	if (next) {
		address = next->element->is_unix ? c->passes->unix_socket : c->passes->tcp;
		pass = component_pass(c, next->element->protocol);
		rc = expand_address(address, next, &r->next, err);
	} else if (c->passes && c->passes->alone) {
		pass = c->passes->alone;
	}
	variables_set(&r->variables, "next", r->next.data);
	if (!rc)
		rc = template_expand(pass, &r->variables, c->name, &r->pass, err);
	variables_set(&r->variables, "pass", r->pass.data);
	return rc;
}

static int set_variables(
    struct rendering *r, const struct place *place, const struct place *next, struct err *err)
{
	const struct element *e = place->element, *hosted = e + 1;
	const struct component_listens *listens = e->component->listens;
	int rc = expand_address(e->is_unix ? listens->unix_socket : listens->tcp, place, &r->listen, err);

	if (!rc)
		rc = set_surroundings(r, e->component, place->dir, err);
	if (rc)
		return rc;
	variables_set(&r->variables, "listen", r->listen.data);
	variables_set(&r->variables, "host", place->host);
	variables_set(&r->variables, "port", place->port);
	variables_set(&r->variables, "socket", place->socket);
	variables_set(&r->variables, "protocol", protocol_name(e->protocol));
	if (e->component->hosts) {
		variables_set(&r->variables, "app_home", hosted->component->home);
		variables_set(&r->variables, "app_entry", hosted->component->application->entry);
	}
	return set_next(r, place, next, err);
}

static int render_files(const struct place *place, const struct variables *v, struct err *err)
{
	const struct component *c = place->element->component;
	struct buf template, rendered;
	char from[4096], to[512];
	int rc = 0;

	buf_init(&template, RENDERED_MAX);
	buf_init(&rendered, RENDERED_MAX);
	for (unsigned i = 0; i < c->files_count && !rc; i++) {
		template.len = rendered.len = 0;
		snprintf(from, sizeof(from), "%s/%s", c->home, c->files[i]);
		snprintf(to, sizeof(to), "%s/%s", place->dir, c->files[i]);
		rc = file_read(from, &template, err);
		if (!rc)
			rc = template_expand(template.data, v, from, &rendered, err);
		if (!rc)
			rc = file_write(to, rendered.data, rendered.len, err);
	}
	buf_release(&template);
	buf_release(&rendered);
	return rc;
}

static void free_list(char **list)
{
	for (char **item = list; list && *item; item++)
		free(*item);
	free(list);
}

/* Expands a list into an array ended by NULL, as exec wants it; free it with free_list. */
static char **expand_list(char *const *list, unsigned n, const struct variables *v, const char *where,
    unsigned more, struct err *err)
{
	char **expanded = calloc(n + more + 1, sizeof(*expanded));
	int rc = 0;

	if (!expanded) {
		err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	for (unsigned i = 0; i < n && !rc; i++) {
		struct buf text;

		buf_init(&text, RENDERED_MAX);
		rc = template_expand(list[i], v, where, &text, err);
		if (!rc)
			expanded[i] = strdup(text.data);
		buf_release(&text);
	}
	if (!rc)
		return expanded;
	free_list(expanded);
	return NULL;
}

/* What every server gets, before what its description adds. */
static char **make_env(
    const struct component *c, const char *dir, bool profiled, const struct variables *v, struct err *err)
{
	enum { USUAL = 4 };
	unsigned more = profiled ? c->profiled_count : 0;
	char **env = expand_list(c->env, c->env_count, v, c->name, USUAL + more, err);
	char **added = env ? expand_list(c->profiled, more, v, c->name, 0, err) : NULL;
	char **at = env;

	if (!added) {
		free_list(env);
		return NULL;
	}
	/* the texts go from one list to the other */
	memcpy(&env[c->env_count], added, more * sizeof(*added));
	free(added);
	while (*at)
		at++;
	if (asprintf(&at[0], "PATH=%s", component_path) < 0 || asprintf(&at[1], "HOME=%s", dir) < 0 ||
	    asprintf(&at[2], "TMPDIR=%s", dir) < 0 || asprintf(&at[3], "LANG=C.UTF-8") < 0) {
		err_set(err, -ENOMEM, "out of memory");
		free_list(env);
		return NULL;
	}
	return env;
}

static int render_argv(const struct component *c, char *const *command, unsigned count, const char *dir,
    bool profiled, const struct variables *v, struct rendered *rendered, struct err *err)
{
	rendered->argv = expand_list(command, count, v, c->name, 0, err);
	rendered->env = rendered->argv ? make_env(c, dir, profiled, v, err) : NULL;
	return rendered->env ? 0 : -EINVAL;
}

int render(const struct place *place, const struct place *next, struct rendered *rendered, struct err *err)
{
	const struct component *c = place->element->component;
	struct rendering r;
	int rc;

	*rendered = (struct rendered){0};
	rendering_init(&r);
	rc = set_variables(&r, place, next, err);
	if (!rc)
		rc = render_files(place, &r.variables, err);
	if (!rc)
		rc = render_argv(c, c->command, c->command_count, place->dir, place->profiled, &r.variables,
		    rendered, err);
	rendering_release(&r);
	return rc;
}

int render_command(const struct component *component, char *const *command, unsigned count, const char *dir,
    struct rendered *rendered, struct err *err)
{
	static const char *const unknown_yet[] = {
	    "listen", "host", "port", "socket", "protocol", "next", "pass", "app_home", "app_entry"};
	struct rendering r;
	int rc;

	*rendered = (struct rendered){0};
	rendering_init(&r);
	for (size_t i = 0; i < sizeof(unknown_yet) / sizeof(unknown_yet[0]); i++)
		variables_set(&r.variables, unknown_yet[i], "");
	rc = set_surroundings(&r, component, dir, err);
	if (!rc)
		rc = render_argv(component, command, count, dir, false, &r.variables, rendered, err);
	rendering_release(&r);
	return rc;
}

void rendered_release(struct rendered *rendered)
{
	free_list(rendered->argv);
	free_list(rendered->env);
}
