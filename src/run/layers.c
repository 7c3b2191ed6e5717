// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/layers.h"
#include "analysis/rank.h"
#include "observe/listener.h"
#include "observe/procstat.h"
#include "run/ladders.h"
#include "run/run.h"

/* Servers that run already, from the top to the lowest. */
struct servers {
	size_t n;
	struct url urls[1 + PLAN_BELOW_MAX];
	char texts[1 + PLAN_BELOW_MAX][URL_TEXT_MAX];
	struct served served[1 + PLAN_BELOW_MAX];
	struct plan plan; /* to look at them: what they are to be asked for does not matter yet */
};

/* The command's name of whoever listens, with a number where one above has the same name. */
static void name_component(struct servers *s, size_t i, const struct procstat *stat)
{
	char *name = s->served[i].component;
	unsigned same = 1;

	snprintf(name, COMPONENT_NAME_MAX, "%s", stat->comm);
	for (size_t j = 0; j < i; j++)
		if (!strcmp(s->served[j].component, name))
			snprintf(name, COMPONENT_NAME_MAX, "%s-%u", stat->comm, ++same);
}

/* Finds out who serves it. */
static int find_server(struct servers *s, size_t i, const struct target *target, struct err *err)
{
	struct procstat stat;
	pid_t pid;

	s->served[i].addr = target->addr;
	memcpy(s->texts[i], target->text, sizeof(s->texts[i]));
	if (listener_find(&target->addr, &pid, 1) <= 0 || procstat_read(pid, 0, &stat))
		return err_set(err, -ESRCH,
		    "cannot see who serves '%s': run maxq on the same machine, as the server's user or as root",
		    target->text);
	name_component(s, i, &stat);
	return 0;
}

/* Sees that all are there, and decides who runs where. *top is the target, with the processes of all. */
static int look(struct servers *s, const struct plan *plan, struct target *top, struct err *err)
{
	int rc;

	s->plan = *plan;
	s->plan.n_params = 0;
	s->plan.modifier1 = 0;
	s->urls[s->n++] = plan->url;
	for (size_t i = 0; i < plan->n_below; i++)
		s->urls[s->n++] = plan->below_urls[i];
	for (size_t i = 0; i < s->n; i++) {
		struct target target;

		rc = target_open(&target, &s->plan, &s->urls[i], err);
		if (rc)
			return rc;
		rc = find_server(s, i, &target, err);
		target_close(&target);
		if (rc)
			return rc;
	}
	rc = target_open(top, &s->plan, &plan->url, err);
	for (size_t i = 0; i < s->n && !rc; i++)
		target_add_server(top, &s->served[i].addr, s->served[i].component);
	if (!rc)
		target_place(top);
	return rc;
}

static int make_rows(struct bench *b, struct servers *s, struct err *err)
{
	b->rows = calloc(s->n, sizeof(*b->rows));
	if (!b->rows)
		return err_set(err, -ENOMEM, "out of memory");
	b->served = s->served;
	b->n_served = s->n;
	for (size_t i = 0; i < s->n; i++)
		b->rows[b->n_rows++] =
		    (struct row){.name = s->texts[i], .reference_rps = NAN, .index = i, .url = s->urls[i]};
	return 0;
}

/* From the lowest to the top, each adds itself; and each costs something else below the others than by itself. */
static int report_layers(struct bench *b)
{
	struct layers *layers;
	int rc = 0;

	for (size_t i = 0; i < b->n_rows; i++)
		if (!b->rows[i].has_result)
			return 0;
	layers = layers_add(b->report);
	if (!layers)
		return -ENOMEM;
	layers->whole = b->rows[0].result;
	for (size_t i = b->n_rows; i-- > 0 && !rc;)
		rc = layers_add_step(layers, "direct", b->served[i].component,
		    i + 1 < b->n_rows ? &b->rows[i + 1].result : NULL, b->rows[i].result);
	for (size_t i = 1; i < b->n_rows; i++)
		layers_add_interaction(layers, b->served[i].component, b->rows[i].result);
	layers_compute(b->report);
	return rc;
}

static int measure_servers(struct bench *b, struct servers *s, const struct target *top, struct err *err)
{
	int rc = make_rows(b, s, err);

	if (rc)
		return rc;
	rounds_of_servers(b, top);
	if (rank_results(b->report) || report_layers(b))
		return err_set(err, -ENOMEM, "out of memory");
	return b->interrupted && !b->report->n_results ? -EINTR : 0;
}

int run_layers(const struct plan *plan, struct sink *sink, struct report *report, struct err *err)
{
	struct bench b = {.plan = *plan, .sink = sink, .report = report};
	struct servers *s = calloc(1, sizeof(*s));
	struct target top = {0};
	int rc;

	if (!s)
		return err_set(err, -ENOMEM, "out of memory");
	ladders_settle(&b.plan);
	rc = look(s, &b.plan, &top, err);
	if (!rc)
		rc = measure_servers(&b, s, &top, err);
	for (size_t i = 0; i < b.n_rows; i++)
		row_close(&b.rows[i]);
	free(b.rows);
	if (top.plan)
		target_close(&top);
	free(s);
	return rc;
}
