// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A component of the catalog, as catalog/NAME/component.yaml describes it; docs/catalog.md explains the keys to users.
 */
#ifndef MAXQ_STACK_COMPONENT_H
#define MAXQ_STACK_COMPONENT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/url.h"

/* How it can be reached, and how its own configuration writes such an address. */
struct component_listens {
	char **protocols;
	unsigned protocols_count;
	char *tcp;         /* template of {port}; NULL: not over TCP */
	char *unix_socket; /* template of {socket}; NULL: not over unix sockets */
};

/* How it passes requests on to the next component of a chain: its configuration for each protocol. */
struct component_passes {
	char *alone; /* when there is no next one */
	char *tcp,
	    *unix_socket; /* how it writes the address of the next, as {next}: templates of {port}, {socket} */
	char *http, *fastcgi, *uwsgi, *scgi; /* templates of {next}; NULL: does not speak it */
};

/* An application, which another component loads into itself. */
struct component_application {
	char *interface; /* such as wsgi */
	char *entry;     /* what to load, as that interface writes it */
};

struct component {
	char *name;   /* its folder's */
	char *home;   /* the folder with its files, absolute: its own, or that of `lender` */
	char *lender; /* another component, whose files it uses; NULL: has its own */
	char *bare;   /* another component: the same with less, a rung below it on the ladder; NULL: none */

	char *title, *about;
	char **packages; /* of Debian */
	unsigned packages_count;
	char **needs; /* programs on the PATH of servers, or files by their absolute path */
	unsigned needs_count;
	struct component_listens *listens; /* NULL: cannot be reached by itself */
	struct component_passes *passes;   /* NULL: is always the last one, or hosts it */
	char *hosts;                       /* the interface of applications that it loads; NULL: none */
	struct component_application *application; /* NULL: is a program of its own */
	char **files; /* of its folder, rendered into the private folder of each run */
	unsigned files_count;
	char **command; /* the program and its arguments, each a template */
	unsigned command_count;
	char **env; /* NAME=VALUE, each a template, beside the usual clean environment */
	unsigned env_count;
	char **profiled; /* NAME=VALUE, added to these where its functions are to be named */
	unsigned profiled_count;
	char **version; /* a command that prints its version, each argument a template */
	unsigned version_count;
	char **build; /* a command that makes what `command` runs, in {build}, each argument a template */
	unsigned build_count;
};

/* Reads `catalog`/`name`. A message names file, line and key. */
int component_load(struct component **component, const char *catalog, const char *name, struct err *err);
void component_free(struct component *component);

/* The template of `passes` for that protocol, or NULL. */
const char *component_pass(const struct component *component, enum protocol protocol);

bool component_speaks(const struct component *component, enum protocol protocol);

/* The first thing that it needs and that is not there, or NULL. */
const char *component_missing(const struct component *component);

/* 0 if all that it needs is there; else -ENOENT with a message that says what is not, and how to install it. */
int component_check(const struct component *component, struct err *err);

/*
 * The folder that keeps what its `build` makes, and is {build}: $XDG_CACHE_HOME/maxq/NAME, or below ~/.cache. It need not
 * be there yet.
 */
int component_build_dir(const struct component *component, char *path, size_t size, struct err *err);

/* The PATH of all servers that maxq launches. */
extern const char component_path[];

#endif
