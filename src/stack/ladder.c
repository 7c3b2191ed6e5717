// SPDX-License-Identifier: GPL-3.0-or-later
#include "stack/ladder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { TEXT_MAX = 1024 };

static const char floor_server[] = "skeleton-c", floor_application[] = "skeleton";
static const char behind[] = "behind", direct[] = "direct", front[] = "front";

/* The ends of the rungs: the last server, or what stands for it. */
struct tails {
	unsigned n;
	char *text[LADDER_TAILS_MAX]; /* by the link of the last server */
	char *adds[LADDER_TAILS_MAX]; /* to the one before */
	int skeleton;                 /* the one with the least application; -1: none but the whole */
};

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "out of memory");
}

/* Adds `name` in the place of the element, by its link: the usual one of a front is not written. */
static void write_element(struct buf *text, const struct element *element, const char *name)
{
	bool usual = !text->len && element->protocol == PROTOCOL_HTTP && !element->is_unix;

	buf_printf(text, "%s%s", text->len ? "," : "", name);
	if (!element->is_application && !usual)
		buf_printf(
		    text, "@%s+%s", protocol_name(element->protocol), element->is_unix ? "unix" : "tcp");
}

static bool has_application(const struct chain *chain)
{
	return chain->elements[chain->n - 1].is_application;
}

/* The last one that is a process. */
static unsigned last_server(const struct chain *chain)
{
	return chain->n - 1 - (unsigned)has_application(chain);
}

/*
 * The elements of the chain from `first` on, up to its last server, for which `server` stands, with `application`; NULL:
 * without one. From malloc.
 */
static char *write_chain(
    const struct chain *chain, unsigned first, const char *server, const char *application)
{
	unsigned last = last_server(chain);
	struct buf text;
	char *copy;

	buf_init(&text, TEXT_MAX);
	for (unsigned i = first; i < last; i++)
		write_element(&text, &chain->elements[i], chain->elements[i].component->name);
	write_element(&text, &chain->elements[last], server);
	if (application)
		buf_printf(&text, ",%s", application);
	copy = text.failed ? NULL : strdup(text.data);
	buf_release(&text);
	return copy;
}

/* Adds a tail, unless the catalog cannot make it; that is an error if it `must` be there. */
static int add_tail(struct tails *tails, const struct chain *chain, const char *server,
    const char *application, const char *adds, const char *catalog, bool must, struct err *err)
{
	char *text = write_chain(chain, last_server(chain), server, application);
	struct chain parsed;
	struct err why;
	int rc;

	if (!text)
		return no_memory(err);
	rc = chain_parse(&parsed, text, catalog, &why);
	if (rc) {
		free(text);
		return must || rc == -ENOMEM ? err_set(err, rc, "%s", why.msg) : 0;
	}
	chain_release(&parsed);
	tails->text[tails->n] = text;
	tails->adds[tails->n] = strdup(adds ? adds : text);
	return tails->adds[tails->n++] ? 0 : no_memory(err);
}

/* Each tail adds a server or an application, and never both, unless what is between them is not in the catalog. */
static int make_tails(struct tails *tails, const struct chain *chain, const char *catalog, struct err *err)
{
	const struct component *last = chain_last(chain);
	const char *server = chain->elements[last_server(chain)].component->name;
	const char *application = has_application(chain) ? last->name : NULL, *adds = server;
	int rc = 0;

	tails->skeleton = -1;
	if (strcmp(server, floor_server) != 0)
		rc = add_tail(tails, chain, floor_server, NULL, NULL, catalog, false, err);
	tails->skeleton = (int)tails->n - 1;
	if (!rc && application && strcmp(application, floor_application) != 0) {
		unsigned before = tails->n;

		rc = add_tail(tails, chain, server, floor_application, adds, catalog, false, err);
		if (tails->n > before) {
			tails->skeleton = (int)before;
			adds = application;
		}
	}
	if (!rc && last->bare) {
		rc = application ? add_tail(tails, chain, server, last->bare, last->bare, catalog, true, err)
				 : add_tail(tails, chain, last->bare, NULL, last->bare, catalog, true, err);
		adds = last->name;
	}
	if (!rc)
		rc = add_tail(tails, chain, server, application, adds, catalog, true, err);
	return rc;
}

static void release_tails(struct tails *tails)
{
	for (unsigned i = 0; i < tails->n; i++) {
		free(tails->text[i]);
		free(tails->adds[i]);
	}
}

/* Its index, or -ENOMEM; takes the text over. */
static int add_rung(struct ladder *ladder, char *text)
{
	if (!text)
		return -ENOMEM;
	ladder->rungs[ladder->n_rungs] = text;
	return (int)ladder->n_rungs++;
}

static int add_step(struct ladder *ladder, const char *flight, int from, int to, const char *adds)
{
	struct ladder_step *step = &ladder->steps[ladder->n_steps];

	*step = (struct ladder_step){.flight = flight, .from = from, .to = to, .adds = strdup(adds)};
	if (!step->adds)
		return -ENOMEM;
	ladder->n_steps++;
	return 0;
}

/* The tail, and all elements of the chain from `first` on before it. */
static int add_behind(struct ladder *ladder, const struct chain *chain, unsigned first, const char *tail)
{
	struct buf text;
	int rung;

	buf_init(&text, TEXT_MAX);
	for (unsigned i = first; i < ladder->n_fronts; i++)
		write_element(&text, &chain->elements[i], chain->elements[i].component->name);
	if (!strchr(tail, '@')) { /* its link is the usual one only in front */
		const struct element *last = &chain->elements[last_server(chain)];
		size_t len = strcspn(tail, ",");

		buf_printf(&text, ",%.*s@%s+%s%s", (int)len, tail, protocol_name(last->protocol),
		    last->is_unix ? "unix" : "tcp", tail + len);
	} else {
		buf_printf(&text, ",%s", tail);
	}
	rung = add_rung(ladder, text.failed ? NULL : strdup(text.data));
	buf_release(&text);
	return rung;
}

/* The tails, from the least to the whole. */
static int climb_direct(struct ladder *ladder, const struct tails *tails)
{
	if (!tails->n) /* never: there is always the whole */
		return -EINVAL;
	for (unsigned i = 0; i < tails->n; i++) {
		int rung = add_rung(ladder, strdup(tails->text[i]));

		if (rung < 0 || add_step(ladder, direct, i ? rung - 1 : -1, rung, tails->adds[i]))
			return -ENOMEM;
	}
	ladder->whole = (int)tails->n - 1;
	ladder->skeleton = tails->skeleton;
	return 0;
}

/* What is in front of the whole, one after the other, from the back. The last of them is the whole again. */
static int climb_fronts(
    struct ladder *ladder, const struct chain *chain, const struct tails *tails, int whole)
{
	int below = (int)tails->n - 1;

	for (unsigned i = ladder->n_fronts; i-- > 0;) {
		int rung = i ? add_behind(ladder, chain, i, tails->text[tails->n - 1]) : whole;

		if (rung < 0 || add_step(ladder, direct, below, rung, chain->elements[i].component->name))
			return -ENOMEM;
		below = rung;
	}
	return 0;
}

/* The front alone, and the tails behind all that is in front. */
static int climb_behind(struct ladder *ladder, const struct chain *chain, const struct tails *tails)
{
	struct buf fronts;
	int below = -1, rc = 0;
	unsigned first;

	if (chain->elements[0].component->passes->alone) {
		struct buf alone;

		buf_init(&alone, TEXT_MAX);
		write_element(&alone, &chain->elements[0], chain->elements[0].component->name);
		below = add_rung(ladder, strdup(alone.data));
		buf_release(&alone);
		rc = below < 0 ? below
			       : add_step(ladder, behind, -1, below, chain->elements[0].component->name);
	}
	first = ladder->n_rungs;
	for (unsigned i = 0; i < tails->n && !rc; i++) {
		int rung = add_behind(ladder, chain, 0, tails->text[i]);

		rc = rung < 0 ? rung : add_step(ladder, behind, below, rung, tails->adds[i]);
		below = rung;
	}
	buf_init(&fronts, TEXT_MAX);
	for (unsigned i = 0; i < ladder->n_fronts; i++)
		buf_printf(&fronts, "%s%s", i ? "," : "", chain->elements[i].component->name);
	for (unsigned i = 0; i < tails->n && !rc; i++)
		rc = add_step(ladder, front, (int)i, (int)(first + i), fronts.data);
	buf_release(&fronts);
	ladder->direct = (int)tails->n - 1;
	ladder->whole = below;
	ladder->skeleton = tails->skeleton < 0 ? -1 : (int)first + tails->skeleton;
	return rc ? rc : climb_fronts(ladder, chain, tails, ladder->whole);
}

int ladder_make(struct ladder *ladder, const struct chain *chain, const char *catalog, struct err *err)
{
	struct ladder made = {.direct = -1, .n_fronts = last_server(chain)};
	struct tails tails = {0};
	int rc = make_tails(&tails, chain, catalog, err);

	if (!rc && (climb_direct(&made, &tails) || (made.n_fronts && climb_behind(&made, chain, &tails))))
		rc = no_memory(err);
	release_tails(&tails);
	if (rc)
		ladder_release(&made);
	else
		*ladder = made;
	return rc;
}

void ladder_release(struct ladder *ladder)
{
	for (unsigned i = 0; i < ladder->n_rungs; i++)
		free(ladder->rungs[i]);
	for (unsigned i = 0; i < ladder->n_steps; i++)
		free(ladder->steps[i].adds);
	*ladder = (struct ladder){0};
}
