// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/ladders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/layers.h"

enum { CLIENTS_USUAL = 64 };

void ladders_settle(struct plan *plan)
{
	if (!plan->n_clients)
		plan->clients[plan->n_clients++] = CLIENTS_USUAL;
	if (plan->keepalive == KEEPALIVE_USUAL)
		plan->keepalive = KEEPALIVE_NO;
}

void ladders_free(struct ladder *ladders, size_t n)
{
	for (size_t i = 0; ladders && i < n; i++)
		ladder_release(&ladders[i]);
	free(ladders);
}

/* How many rungs it has, or negative errno. */
static int read_ladder(struct ladder *ladder, const char *stack, const char *catalog, struct err *err)
{
	struct chain chain;
	int rc = chain_parse(&chain, stack, catalog, err);

	if (rc)
		return rc;
	rc = ladder_make(ladder, &chain, catalog, err);
	chain_release(&chain);
	return rc ? rc : (int)ladder->n_rungs;
}

int ladders_read(struct ladder **ladders, const struct plan *plan, const char *catalog, struct err *err)
{
	struct ladder *made = calloc(plan->n_stacks + 1, sizeof(*made));
	int n_rungs = 0;

	if (!made)
		return err_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < plan->n_stacks; i++) {
		int n = read_ladder(&made[i], plan->stacks[i], catalog, err);

		if (n < 0) {
			ladders_free(made, plan->n_stacks);
			return n;
		}
		n_rungs += n;
	}
	*ladders = made;
	return n_rungs;
}

static const struct row *row_of(const struct bench *b, const char *name)
{
	for (size_t i = 0; i < b->n_rows; i++)
		if (!strcmp(b->rows[i].name, name))
			return &b->rows[i];
	return NULL;
}

/* What is in front costs more before a slow application than before the least; and a server behind it than without it. */
static void add_interactions(
    struct layers *layers, const struct bench *b, const struct ladder *ladder, const struct chain *whole)
{
	for (unsigned i = 0; i < ladder->n_fronts && ladder->skeleton >= 0; i++)
		layers_add_interaction(layers, whole->elements[i].component->name,
		    row_of(b, ladder->rungs[ladder->skeleton])->result);
	if (ladder->direct >= 0)
		layers_add_interaction(layers, whole->elements[ladder->n_fronts].component->name,
		    row_of(b, ladder->rungs[ladder->direct])->result);
}

static int report_ladder(struct bench *b, const struct ladder *ladder)
{
	const struct row *whole = row_of(b, ladder->rungs[ladder->whole]);
	struct layers *layers = layers_add(b->report);
	int rc = layers ? 0 : -ENOMEM;

	if (rc)
		return rc;
	layers->whole = whole->result;
	for (unsigned i = 0; i < ladder->n_steps && !rc; i++) {
		const struct ladder_step *step = &ladder->steps[i];
		const struct row *from = step->from < 0 ? NULL : row_of(b, ladder->rungs[step->from]);

		rc = layers_add_step(layers, step->flight, step->adds, from ? &from->result : NULL,
		    row_of(b, ladder->rungs[step->to])->result);
	}
	add_interactions(layers, b, ladder, &whole->on->chain);
	return rc;
}

/* A row without a result was not even begun: there is nothing to compare. */
static bool all_have_results(const struct bench *b)
{
	for (size_t i = 0; i < b->n_rows; i++)
		if (!b->rows[i].has_result)
			return false;
	return true;
}

int ladders_report(struct bench *b)
{
	for (size_t i = 0; i < b->n_ladders && all_have_results(b); i++)
		if (report_ladder(b, &b->ladders[i]))
			return -ENOMEM;
	layers_compute(b->report);
	return 0;
}
