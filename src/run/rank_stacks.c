// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/rank_stacks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"
#include "run/rank.h"
#include "run/target_stack.h"
#include "stack/catalog.h"
#include "stack/stack.h"

struct running_here {
	struct chain chain;
	struct stack *stack; /* NULL: could not be launched */
};

struct rank_stacks {
	struct cluster *cluster;
	const struct plan *plan;
	cpu_set_t cpus; /* of all of them; empty: any */
	size_t n;
	struct running_here **list;
};

/* As on the one core of a small machine, unless the user says otherwise: what one machine alone does as well. */
static void choose_cpus(const struct plan *plan, cpu_set_t *cpus)
{
	cpu_set_t allowed;

	*cpus = plan->server_cpus;
	if (!CPU_COUNT(cpus) && !cpus_allowed(&allowed) && CPU_COUNT(&allowed) > 1)
		CPU_SET(cpus_nth(&allowed, 0), cpus);
}

int rank_stacks_new(struct rank_stacks **stacks, struct cluster *cluster, const struct plan *plan)
{
	struct rank_stacks *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->cluster = cluster;
	s->plan = plan;
	choose_cpus(plan, &s->cpus);
	*stacks = s;
	return 0;
}

void rank_stacks_free(struct rank_stacks *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		stack_begin_stop(s->list[i]->stack);
	for (size_t i = 0; i < s->n; i++) {
		stack_stop(s->list[i]->stack);
		chain_release(&s->list[i]->chain);
		free(s->list[i]);
	}
	free(s->list);
	free(s);
}

/* Servers listen where they were told to and nowhere else, and never for others than those that the user named. */
static int check_address(const char *host, struct err *err)
{
	struct addr addr;

	if (!addr_parse_ip(host, &addr) && addr.sa.ss_family == AF_INET && addr_is_local(&addr))
		return 0;
	return err_set(err, -EADDRNOTAVAIL,
	    "'%s' is not an address of this machine, on which stacks are to listen: see --server", host);
}

static int launch(struct rank_stacks *s, struct running_here *r, const char *texts, struct err *err)
{
	char catalog[CATALOG_PATH_MAX];
	struct stack_options options = {
	    .catalog = catalog, .cpus = s->cpus, .ready_ns = s->plan->ready_ns, .host = texts};
	int rc = check_address(options.host, err);

	if (!rc)
		rc = catalog_find(s->plan->catalog, catalog, sizeof(catalog), err);
	if (!rc)
		rc = chain_parse(&r->chain, texts + strlen(texts) + 1, catalog, err);
	return rc ? rc : stack_launch(&r->stack, &r->chain, &options, err);
}

/* What each component says of its version here; one that cannot say it is left out. */
static void note_versions(const struct chain *chain, struct launched *launched)
{
	for (unsigned i = 0; i < chain->n; i++) {
		const struct component *component = chain->elements[i].component;

		if (command_version(component, launched->versions[launched->n].text, NULL))
			continue;
		snprintf(
		    launched->versions[launched->n].component, COMPONENT_NAME_MAX, "%s", component->name);
		launched->n++;
	}
}

static struct running_here *add(struct rank_stacks *s)
{
	struct running_here **more = realloc(s->list, (s->n + 1) * sizeof(struct running_here *));

	if (!more)
		return NULL;
	s->list = more;
	more[s->n] = calloc(1, sizeof(**more));
	return more[s->n] ? more[s->n++] : NULL;
}

/* A stack that fails is one thing, and a machine that does another: the coordinator knows them by the code. */
static int code_of(int rc)
{
	return rc && rc != -EINTR ? -ECHILD : rc;
}

int rank_stacks_launch(struct rank_stacks *s, const char *texts, struct err *err)
{
	struct running_here *r = add(s);
	struct launched launched = {0};
	struct err failure;
	int rc;

	if (!r)
		return err_set(err, -ENOMEM, "out of memory");
	rc = code_of(launch(s, r, texts, &failure));
	if (!rc)
		note_versions(&r->chain, &launched);
	return cluster_reply(s->cluster, rc, &failure, &launched, sizeof(launched), err);
}

int rank_stacks_ask(struct rank_stacks *s, unsigned number, const char *workload, struct err *err)
{
	struct asked *asked = calloc(1, sizeof(*asked));
	struct err failure = {"it does not run"};
	int rc = -ESRCH;

	if (!asked)
		return err_set(err, -ENOMEM, "out of memory");
	if (number < s->n && s->list[number]->stack)
		rc = stack_ask(s->list[number]->stack, workload, &asked->url, &asked->expected, &failure);
	rc = cluster_reply(s->cluster, code_of(rc), &failure, asked, rc ? 0 : sizeof(*asked), err);
	free(asked);
	return rc;
}

static struct stack *stack_at(const struct rank_stacks *s, const struct url *url)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i]->stack && stack_is_at(s->list[i]->stack, url))
			return s->list[i]->stack;
	return NULL;
}

int rank_stacks_look(struct rank_stacks *s, const struct target *target, struct err *err)
{
	struct stack *stack = stack_at(s, &target->url);
	struct looked looked = {.cpu_ns = target_cpu_ns(target)};

	looked.has_ended = stack && stack_alive(stack, &looked.why);
	return cluster_reply(s->cluster, 0, NULL, &looked, sizeof(looked), err);
}

int rank_stacks_find(const struct rank_stacks *s, struct target *target, struct err *err)
{
	const struct stack *stack = stack_at(s, &target->url);

	if (!stack)
		return -ENOENT;
	target->server_cpus = s->cpus;
	return target_take_stack(target, stack, err);
}
