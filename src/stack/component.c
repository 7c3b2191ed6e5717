// SPDX-License-Identifier: GPL-3.0-or-later
#include "stack/component.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "stack/yamlfile.h"

const char component_path[] = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin";

enum { NEEDS_TEXT_MAX = 8192 };

static const cyaml_schema_field_t listens_fields[] = {
    YAMLFILE_STRINGS("protocols", YAMLFILE_REQUIRED, struct component_listens, protocols),
    YAMLFILE_STRING("tcp", YAMLFILE_OPTIONAL, struct component_listens, tcp),
    YAMLFILE_STRING("unix", YAMLFILE_OPTIONAL, struct component_listens, unix_socket),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t passes_fields[] = {
    YAMLFILE_STRING("alone", YAMLFILE_OPTIONAL, struct component_passes, alone),
    YAMLFILE_STRING("tcp", YAMLFILE_OPTIONAL, struct component_passes, tcp),
    YAMLFILE_STRING("unix", YAMLFILE_OPTIONAL, struct component_passes, unix_socket),
    YAMLFILE_STRING("http", YAMLFILE_OPTIONAL, struct component_passes, http),
    YAMLFILE_STRING("fastcgi", YAMLFILE_OPTIONAL, struct component_passes, fastcgi),
    YAMLFILE_STRING("uwsgi", YAMLFILE_OPTIONAL, struct component_passes, uwsgi),
    YAMLFILE_STRING("scgi", YAMLFILE_OPTIONAL, struct component_passes, scgi),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t application_fields[] = {
    YAMLFILE_STRING("interface", YAMLFILE_REQUIRED, struct component_application, interface),
    YAMLFILE_STRING("entry", YAMLFILE_REQUIRED, struct component_application, entry),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t component_fields[] = {
    YAMLFILE_STRING("title", YAMLFILE_REQUIRED, struct component, title),
    YAMLFILE_STRING("about", YAMLFILE_REQUIRED, struct component, about),
    YAMLFILE_STRINGS("packages", YAMLFILE_OPTIONAL, struct component, packages),
    YAMLFILE_STRINGS("needs", YAMLFILE_OPTIONAL, struct component, needs),
    CYAML_FIELD_MAPPING_PTR("listens", YAMLFILE_OPTIONAL, struct component, listens, listens_fields),
    CYAML_FIELD_MAPPING_PTR("passes", YAMLFILE_OPTIONAL, struct component, passes, passes_fields),
    YAMLFILE_STRING("hosts", YAMLFILE_OPTIONAL, struct component, hosts),
    CYAML_FIELD_MAPPING_PTR(
	"application", YAMLFILE_OPTIONAL, struct component, application, application_fields),
    YAMLFILE_STRINGS("files", YAMLFILE_OPTIONAL, struct component, files),
    YAMLFILE_STRINGS("command", YAMLFILE_OPTIONAL, struct component, command),
    YAMLFILE_STRINGS("env", YAMLFILE_OPTIONAL, struct component, env),
    YAMLFILE_STRINGS("profiled", YAMLFILE_OPTIONAL, struct component, profiled),
    YAMLFILE_STRING("home", YAMLFILE_OPTIONAL, struct component, lender),
    YAMLFILE_STRING("bare", YAMLFILE_OPTIONAL, struct component, bare),
    YAMLFILE_STRINGS("version", YAMLFILE_OPTIONAL, struct component, version),
    YAMLFILE_STRINGS("build", YAMLFILE_OPTIONAL, struct component, build),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t component_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct component, component_fields)};

/* By the rules of Debian; a dash at the end would tell apt-get to remove it. */
static bool is_package(const char *name)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t len = strlen(name);

	return len >= 2 && strchr(first, name[0]) &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789+-.") == len && name[len - 1] != '-';
}

/* A name is a folder of the catalog, not a way out of it. */
static bool is_name(const char *name)
{
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

/* What the schema cannot say. */
static int check_sense(const struct component *c, const char *path, struct err *err)
{
	for (unsigned i = 0; c->listens && i < c->listens->protocols_count; i++)
		if (protocol_parse(c->listens->protocols[i]) < 0)
			return err_set(err, -EINVAL,
			    "%s: key 'protocols': unknown protocol '%s': use http, fastcgi, uwsgi or scgi",
			    path, c->listens->protocols[i]);
	/* they become arguments of apt-get */
	for (unsigned i = 0; i < c->packages_count; i++)
		if (!is_package(c->packages[i]))
			return err_set(err, -EINVAL, "%s: key 'packages': '%s' is not the name of a package",
			    path, c->packages[i]);
	if (!c->application == !c->command_count)
		return err_set(
		    err, -EINVAL, "%s: a component has either a 'command' or an 'application'", path);
	if (c->command_count && !c->listens)
		return err_set(err, -EINVAL, "%s: key 'listens' is missing: how is it reached?", path);
	if (c->bare && !is_name(c->bare))
		return err_set(
		    err, -EINVAL, "%s: key 'bare': '%s' is not the name of a component", path, c->bare);
	if (c->build_count && !c->command_count)
		return err_set(
		    err, -EINVAL, "%s: key 'build': only a component with a 'command' is built", path);
	return 0;
}

/* Where its files are. */
static int set_home(struct component *c, const char *catalog, const char *path, struct err *err)
{
	struct stat st;

	if (c->lender && !is_name(c->lender))
		return err_set(
		    err, -EINVAL, "%s: key 'home': '%s' is not the name of a component", path, c->lender);
	if (asprintf(&c->home, "%s/%s", catalog, c->lender ? c->lender : c->name) < 0) {
		c->home = NULL;
		return err_set(err, -ENOMEM, "out of memory");
	}
	if (stat(c->home, &st) || !S_ISDIR(st.st_mode))
		return err_set(
		    err, -ENOENT, "%s: key 'home': no component '%s' in '%s'", path, c->lender, catalog);
	return 0;
}

int component_load(struct component **component, const char *catalog, const char *name, struct err *err)
{
	struct component *c;
	char path[4096];
	int rc;

	if (!is_name(name))
		return err_set(
		    err, -EINVAL, "bad component name '%s': it has lower-case letters, digits and -", name);
	snprintf(path, sizeof(path), "%s/%s/component.yaml", catalog, name);
	rc = yamlfile_load(path, &component_schema, (void **)&c, err);
	if (rc == -ENOENT)
		err_set(err, rc, "no component '%s' in '%s'", name, catalog);
	if (rc)
		return rc;
	c->name = strdup(name);
	rc = c->name ? check_sense(c, path, err) : err_set(err, -ENOMEM, "out of memory");
	if (!rc)
		rc = set_home(c, catalog, path, err);
	if (rc) {
		component_free(c);
		return rc;
	}
	*component = c;
	return 0;
}

void component_free(struct component *component)
{
	if (!component)
		return;
	free(component->name);
	free(component->home);
	yamlfile_free(&component_schema, component);
}

const char *component_pass(const struct component *component, enum protocol protocol)
{
	if (!component->passes)
		return NULL;
	switch (protocol) {
	case PROTOCOL_HTTP:
		return component->passes->http;
	case PROTOCOL_FASTCGI:
		return component->passes->fastcgi;
	case PROTOCOL_UWSGI:
		return component->passes->uwsgi;
	case PROTOCOL_SCGI:
		return component->passes->scgi;
	default:
		return NULL;
	}
}

bool component_speaks(const struct component *component, enum protocol protocol)
{
	for (unsigned i = 0; component->listens && i < component->listens->protocols_count; i++)
		if (protocol_parse(component->listens->protocols[i]) == (int)protocol)
			return true;
	return false;
}

static bool is_there(const char *need)
{
	char path[4096];

	if (need[0] == '/')
		return !access(need, R_OK);
	for (const char *dir = component_path; *dir; dir += dir[0] == ':') {
		size_t len = strcspn(dir, ":");

		snprintf(path, sizeof(path), "%.*s/%s", (int)len, dir, need);
		if (!access(path, X_OK))
			return true;
		dir += len;
	}
	return false;
}

const char *component_missing(const struct component *component)
{
	for (unsigned i = 0; i < component->needs_count; i++)
		if (!is_there(component->needs[i]))
			return component->needs[i];
	return NULL;
}

int component_check(const struct component *component, struct err *err)
{
	const char *missing = component_missing(component);
	struct buf packages;
	int rc;

	if (!missing)
		return 0;
	buf_init(&packages, NEEDS_TEXT_MAX);
	for (unsigned i = 0; i < component->packages_count; i++)
		buf_printf(&packages, " %s", component->packages[i]);
	if (packages.len)
		rc = err_set(err, -ENOENT, "cannot find '%s', which %s needs: apt-get install%s", missing,
		    component->name, packages.data);
	else
		rc = err_set(
		    err, -ENOENT, "cannot find '%s', which %s needs: install it", missing, component->name);
	buf_release(&packages);
	return rc;
}

int component_build_dir(const struct component *component, char *path, size_t size, struct err *err)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	const struct passwd *user;
	int n;

	if (!home || home[0] != '/') {
		user = getpwuid(geteuid());
		home = user ? user->pw_dir : "/";
	}
	/* the specification says that a relative path is to be ignored */
	if (cache && cache[0] == '/')
		n = snprintf(path, size, "%s/maxq/%s", cache, component->name);
	else
		n = snprintf(path, size, "%s/.cache/maxq/%s", home, component->name);
	if (n < 0 || (size_t)n >= size)
		return err_set(
		    err, -ENAMETOOLONG, "the path of the cache folder is too long: set XDG_CACHE_HOME");
	return 0;
}
