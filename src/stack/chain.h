// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A stack as the user writes it: components from front to back, with the link by which each is reached.
 *
 *     CHAIN   = ELEMENT ("," ELEMENT)...
 *     ELEMENT = NAME ["@" PROTOCOL "+" SOCKET]        such as  nginx,uwsgi@uwsgi+unix,skeleton
 *
 * An element without a link gets the first protocol that both sides speak, over a unix socket where both can; the front
 * gets http over TCP where it can, and may be given any link, as the load generator speaks all protocols. An application
 * has no link: the component before it loads it.
 */
#ifndef MAXQ_STACK_CHAIN_H
#define MAXQ_STACK_CHAIN_H

#include "stack/component.h"

enum { CHAIN_MAX = 8 };

struct element {
	struct component *component;
	bool is_application;
	enum protocol protocol; /* of its link; not for applications */
	bool is_unix;
};

struct chain {
	char *text; /* as it was written */
	unsigned n;
	struct element elements[CHAIN_MAX];
};

/* Reads the chain and loads its components. What cannot be linked is refused, with what can. */
int chain_parse(struct chain *chain, const char *text, const char *catalog, struct err *err);
void chain_release(struct chain *chain);

/* The component that answers: the last one. */
const struct component *chain_last(const struct chain *chain);

/* Refuses with what to install when something is missing. */
int chain_check(const struct chain *chain, struct err *err);

#endif
