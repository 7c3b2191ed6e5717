// SPDX-License-Identifier: GPL-3.0-or-later
#include "stack/chain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* Where links are chosen, in the order of preference: the cheapest first. */
static const enum protocol preferred[] = {PROTOCOL_UWSGI, PROTOCOL_FASTCGI, PROTOCOL_SCGI, PROTOCOL_HTTP};
/* The front's: by http, as in life, where it can. */
static const enum protocol preferred_front[] = {
    PROTOCOL_HTTP, PROTOCOL_UWSGI, PROTOCOL_FASTCGI, PROTOCOL_SCGI};
enum { N_PREFERRED = sizeof(preferred) / sizeof(preferred[0]), LEGAL_TEXT_MAX = 1024 };

/* `before` is NULL for the front, which the load generator reaches: by any protocol, over any socket. */
static bool can_link(
    const struct component *before, const struct component *component, enum protocol protocol, bool is_unix)
{
	if (!component_speaks(component, protocol))
		return false;
	if (!(is_unix ? component->listens->unix_socket : component->listens->tcp))
		return false;
	if (!before)
		return protocol != PROTOCOL_HTTPS;
	return component_pass(before, protocol) &&
	    (is_unix ? before->passes->unix_socket : before->passes->tcp);
}

/* "http+tcp, uwsgi+unix": all links that these two can have. */
static void list_legal(const struct component *before, const struct component *component, struct buf *text)
{
	for (int p = 0; p < PROTOCOL_COUNT; p++)
		for (int is_unix = 0; is_unix < 2; is_unix++)
			if (can_link(before, component, (enum protocol)p, is_unix))
				buf_printf(text, "%s%s+%s", text->len ? ", " : "",
				    protocol_name((enum protocol)p), is_unix ? "unix" : "tcp");
	if (!text->len)
		buf_text(text, "none");
}

static int refuse(
    const struct component *before, const struct component *component, const char *link, struct err *err)
{
	struct buf legal;
	int rc;

	buf_init(&legal, LEGAL_TEXT_MAX);
	list_legal(before, component, &legal);
	rc = err_set(err, -EINVAL, "'%s' cannot be reached by '%s' from %s: possible: %s", component->name,
	    link, before ? before->name : "the load generator", legal.data);
	buf_release(&legal);
	return rc;
}

static int choose_link(const struct component *before, struct element *element, struct err *err)
{
	/* the front over TCP, as in life; what is behind it over unix sockets, which cost less */
	for (int p = 0; p < N_PREFERRED; p++) {
		enum protocol protocol = before ? preferred[p] : preferred_front[p];

		for (int i = 0; i < 2; i++) {
			bool is_unix = before ? !i : i;

			if (can_link(before, element->component, protocol, is_unix)) {
				element->protocol = protocol;
				element->is_unix = is_unix;
				return 0;
			}
		}
	}
	return refuse(before, element->component, "anything", err);
}

static int read_link(const struct component *before, struct element *element, char *link, struct err *err)
{
	char *plus = strchr(link, '+');
	int protocol;

	if (!plus)
		return err_set(err, -EINVAL,
		    "bad link '@%s' of '%s': write it as @PROTOCOL+SOCKET, such as @uwsgi+unix", link,
		    element->component->name);
	*plus = '\0';
	protocol = protocol_parse(link);
	element->is_unix = !strcmp(plus + 1, "unix");
	if (protocol >= 0 && (element->is_unix || !strcmp(plus + 1, "tcp")) &&
	    can_link(before, element->component, (enum protocol)protocol, element->is_unix)) {
		element->protocol = (enum protocol)protocol;
		return 0;
	}
	*plus = '+';
	return refuse(before, element->component, link, err);
}

/* `before` is the element before, or NULL. */
static int read_element(
    struct element *element, const struct element *before, char *text, const char *catalog, struct err *err)
{
	const struct component *b = before ? before->component : NULL;
	char *link = strchr(text, '@');
	struct component *c;
	int rc;

	if (link)
		*link++ = '\0';
	rc = component_load(&element->component, catalog, text, err);
	if (rc)
		return rc;
	c = element->component;
	element->is_application = c->application != NULL;
	if (before && before->is_application)
		return err_set(err, -EINVAL, "nothing can follow '%s': it is an application", b->name);
	if (element->is_application) {
		if (link)
			return err_set(
			    err, -EINVAL, "'%s' has no link: %s loads it", text, b ? b->name : "a server");
		if (!b || !b->hosts || strcmp(b->hosts, c->application->interface) != 0)
			return err_set(err, -EINVAL,
			    "'%s' needs a server that runs %s applications before it, such as uwsgi,%s", text,
			    c->application->interface, text);
		return 0;
	}
	if (b && !b->passes)
		return err_set(
		    err, -EINVAL, "'%s' does not pass requests on: '%s' cannot follow it", b->name, text);
	return link ? read_link(b, element, link, err) : choose_link(b, element, err);
}

/* The last one must be able to answer by itself. */
static int check_end(const struct chain *chain, struct err *err)
{
	const struct component *last = chain_last(chain);

	if (last->hosts)
		return err_set(err, -EINVAL, "'%s' needs an application after it, such as %s,skeleton",
		    last->name, last->name);
	if (last->passes && !last->passes->alone)
		return err_set(
		    err, -EINVAL, "'%s' only passes requests on: name what follows it", last->name);
	return 0;
}

int chain_parse(struct chain *chain, const char *text, const char *catalog, struct err *err)
{
	struct chain c = {.text = strdup(text)};
	char *copy = strdup(text), *rest = copy;
	int rc = c.text && copy ? 0 : err_set(err, -ENOMEM, "out of memory");

	while (!rc && rest) {
		char *item = strsep(&rest, ",");

		if (c.n == CHAIN_MAX)
			rc =
			    err_set(err, -EINVAL, "'%s' is too long: at most %d components", text, CHAIN_MAX);
		else
			rc = read_element(
			    &c.elements[c.n], c.n ? &c.elements[c.n - 1] : NULL, item, catalog, err);
		c.n++;
	}
	if (!rc)
		rc = check_end(&c, err);
	free(copy);
	if (rc) {
		chain_release(&c);
		return rc;
	}
	*chain = c;
	return 0;
}

void chain_release(struct chain *chain)
{
	for (unsigned i = 0; i < chain->n && i < CHAIN_MAX; i++)
		component_free(chain->elements[i].component);
	free(chain->text);
	*chain = (struct chain){0};
}

const struct component *chain_last(const struct chain *chain)
{
	return chain->elements[chain->n - 1].component;
}

int chain_check(const struct chain *chain, struct err *err)
{
	for (unsigned i = 0; i < chain->n; i++) {
		int rc = component_check(chain->elements[i].component, err);

		if (rc)
			return rc;
	}
	return 0;
}
