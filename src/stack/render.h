// SPDX-License-Identifier: GPL-3.0-or-later
/* From the templates of a component to a server that can be started: its files, its command, its environment. */
#ifndef MAXQ_STACK_RENDER_H
#define MAXQ_STACK_RENDER_H

#include "stack/chain.h"

/* Where one server of a stack lives. */
struct place {
	const struct element *element; /* in its chain: an application that it hosts is the next element */
	char dir[64];                  /* its private folder */
	char log[80], socket[96];      /* in there; the socket is used only if its link says so */
	char port[8];                  /* empty with a unix socket */
	char host[16];                 /* the address of IPv4 that the port is on */
	bool profiled;                 /* the environment has what `profiled` says, too */
};

/* Both are arrays ended by NULL, as exec wants them. */
struct rendered {
	char **argv, **env;
};

/*
 * Renders the component's files into its folder, and its command and environment. `next` is the server that it passes
 * requests on to, or NULL. Release what is rendered, also after a failure.
 */
int render(const struct place *place, const struct place *next, struct rendered *rendered, struct err *err);

/*
 * Renders a command of the component that is not its server: its `version` or `build`. It runs in `dir`, and what only a
 * server has ({listen}, {next} and the like) is empty. Release what is rendered, also after a failure.
 */
int render_command(const struct component *component, char *const *command, unsigned count, const char *dir,
    struct rendered *rendered, struct err *err);

void rendered_release(struct rendered *rendered);

#endif
