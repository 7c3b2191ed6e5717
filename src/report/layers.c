// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/layers.h"

#include <math.h>
#include <string.h>

enum { CELL = 32, LABEL = 33, BAR = 17, TEXT_MAX = 128 };

/* A component with a smaller share of the whole did nothing for it. */
#define SHARE_MIN 0.005

struct layers_printer {
	FILE *out;
	const struct report *report;
	bool utf8;
	double longest_us; /* of a bar */
};

static void format_us(char cell[CELL], double us)
{
	if (isfinite(us))
		snprintf(cell, CELL, "%.1f", us);
	else
		snprintf(cell, CELL, "-");
}

static double half_width(const struct estimate *e)
{
	return (e->ci95.hi - e->ci95.lo) / 2;
}

static void print_bar(const struct layers_printer *p, double us)
{
	int length = isfinite(us) && us > 0 && p->longest_us > 0 ? (int)lround(BAR * us / p->longest_us) : 0;

	if (length)
		fputc(' ', p->out);
	for (int i = 0; i < length && i < BAR; i++)
		fputs(p->utf8 ? "\u2588" : "#", p->out);
}

/* A label that is too long keeps its end, which is what differs. */
static void print_line(const struct layers_printer *p, const char *label, const struct layer_cost *cost)
{
	char user[CELL], system[CELL], total[CELL], half[CELL];
	const char *dots = "";
	size_t len = strlen(label);

	if (len > LABEL) {
		dots = "..";
		label += len - LABEL + 2;
	}
	format_us(user, cost->user.mean);
	format_us(system, cost->system.mean);
	format_us(total, cost->total.mean);
	format_us(half, half_width(&cost->total));
	fprintf(p->out, "%s%-*s %6s %6s %6s %6s", dots, LABEL - (int)strlen(dots), label, user, system, total,
	    half);
	print_bar(p, cost->total.mean);
	fputc('\n', p->out);
}

static void print_header(const struct layers_printer *p, const char *title)
{
	fprintf(p->out, "\n%-*s %6s %6s %6s %6s\n", LABEL, title, "user", "system", "total", "+-");
}

static const char *name_of(const struct layers_printer *p, size_t result)
{
	return p->report->results[result].name;
}

static void print_within(const struct layers_printer *p, const struct layers *l)
{
	char label[TEXT_MAX];

	print_header(p, "costs within the whole");
	for (unsigned i = 0; i < l->n_within; i++) {
		const struct layer_within *w = &l->within[i];

		if (isfinite(w->share))
			snprintf(label, sizeof(label), "  %s, %.0f%%", w->component, 100 * w->share);
		else
			snprintf(label, sizeof(label), "  %s", w->component);
		print_line(p, label, &w->cost);
	}
	print_line(p, "= the whole", &l->cost);
}

/* A flight that adds up to the whole; one that is not there prints nothing. */
static void print_flight(
    const struct layers_printer *p, const struct layers *l, const char *flight, const char *title)
{
	const struct layer_step *last = NULL;
	char label[TEXT_MAX];

	for (unsigned i = 0; i < l->n_steps; i++) {
		const struct layer_step *s = &l->steps[i];

		if (strcmp(s->flight, flight) != 0)
			continue;
		if (!last)
			print_header(p, title);
		snprintf(label, sizeof(label), "%s %s", s->is_first ? " " : "+", s->adds);
		print_line(p, label, &s->cost);
		last = s;
	}
	if (last && l->n_steps > 1)
		print_line(p, "= the whole", &l->cost);
}

static void print_front(const struct layers_printer *p, const struct layers *l)
{
	char label[TEXT_MAX];
	bool begun = false;

	for (unsigned i = 0; i < l->n_steps; i++) {
		const struct layer_step *s = &l->steps[i];

		if (strcmp(s->flight, "front") != 0)
			continue;
		snprintf(label, sizeof(label), "%s adds in front of", s->adds);
		if (!begun)
			print_header(p, label);
		begun = true;
		snprintf(label, sizeof(label), "  %s", name_of(p, s->from));
		print_line(p, label, &s->cost);
	}
}

static void print_interactions(const struct layers_printer *p, const struct layers *l)
{
	for (unsigned i = 0; i < l->n_interactions; i++) {
		const struct interaction *in = &l->interactions[i];
		const struct estimate *d = &in->difference.total;

		if (!isfinite(d->mean) || !(in->within_whole.total.mean > SHARE_MIN * l->cost.total.mean))
			continue;
		fprintf(p->out, "\ninteraction: %s costs %.1f us within the whole, and %.1f within\n",
		    in->component, in->within_whole.total.mean, in->within_other.total.mean);
		fprintf(p->out, "  %s: %+.1f +- %.1f us, %.2f times as much\n", name_of(p, in->other),
		    d->mean, half_width(d), in->within_whole.total.mean / in->within_other.total.mean);
	}
}

/* Of servers that run already: a lower one that did nothing was not asked. */
static void print_idle(const struct layers_printer *p, const struct layers *l)
{
	for (unsigned i = 1; i < l->n_within && !strcmp(p->report->command, "layers"); i++)
		if (l->within[i].share < SHARE_MIN)
			fprintf(p->out,
			    "\n%s used nothing while %s was loaded: does that pass requests on to it?\n",
			    l->within[i].component, name_of(p, l->whole));
}

static void print_layers(struct layers_printer *p, const struct layers *l)
{
	const struct result *whole = &p->report->results[l->whole];

	p->longest_us = l->cost.total.mean;
	for (unsigned i = 0; i < l->n_steps; i++)
		p->longest_us = fmax(p->longest_us, l->steps[i].cost.total.mean);
	fprintf(p->out, "\nLayers of %s\n", whole->name);
	if (whole->has_maximum)
		fprintf(p->out, "CPU us a request, %u clients, %s\n", whole->maximum.clients,
		    whole->keepalive ? "keep-alive" : "a connection a request");
	print_within(p, l);
	print_flight(p, l, "behind", "each step adds, behind the front");
	print_flight(p, l, "direct", "each step adds, from the bottom");
	print_front(p, l);
	print_interactions(p, l);
	print_idle(p, l);
}

void layers_print(const struct report *report, bool utf8, FILE *out)
{
	struct layers_printer p = {.out = out, .report = report, .utf8 = utf8};

	for (size_t i = 0; i < report->n_layers; i++)
		print_layers(&p, &report->layers[i]);
}
