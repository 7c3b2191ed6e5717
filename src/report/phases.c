// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/phases.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "report/wrap.h"

enum { CELL = 32, INDENT = 12 };

/* What is less often, or shorter, is not worth a word. */
static const double calls_shown = 0.005, waiting_shown = 0.01, switches_shown = 0.005;

static void format_us(char cell[CELL], double us)
{
	if (isfinite(us))
		snprintf(cell, CELL, "%.2f", us);
	else
		snprintf(cell, CELL, "-");
}

static void print_line(FILE *out, const char *label, const struct phase_cost *cost)
{
	char user[CELL], system[CELL], softirq[CELL], total[CELL], scaled[CELL];

	format_us(user, cost->user);
	format_us(system, cost->system);
	format_us(softirq, cost->softirq);
	format_us(total, cost->user + cost->system);
	format_us(scaled, cost->scaled);
	fprintf(out, "  %-16s %7.2f %9s %9s %9s %9s %9s\n", label, cost->calls, user, system, softirq, total,
	    scaled);
}

static void print_list(FILE *out, const char *label, const struct buf *text)
{
	if (!text->len)
		return;
	fprintf(out, "  %-9s ", label);
	wrap_print(out, INDENT, text->data, false);
}

/* How often a call was made, and how long threads waited in it, by all processes of the component together. */
struct total {
	double calls, waiting;
};

/* False when it is not the first entry of that call, which has been shown. */
static bool add_up(
    const struct phases *phases, const struct phase_call *first, const char *component, struct total *total)
{
	*total = (struct total){0, 0};
	for (size_t i = 0; i < phases->n_processes; i++) {
		const struct process_phases *p = &phases->processes[i];

		for (size_t j = 0; j < p->n_calls && !strcmp(p->facts.component, component); j++) {
			const struct phase_call *call = &p->calls[j];

			if (call->phase != first->phase || strcmp(call->use.name, first->use.name) != 0)
				continue;
			if (call != first && !total->calls && !total->waiting)
				return false;
			total->calls += (double)call->use.calls / (double)phases->requests;
			total->waiting += call_waiting(phases, call);
		}
	}
	return true;
}

/* The calls of one phase. */
static void add_calls(
    struct buf *calls, struct buf *waits, const struct phases *phases, const char *component, unsigned phase)
{
	for (size_t i = 0; i < phases->n_processes; i++) {
		const struct process_phases *p = &phases->processes[i];

		for (size_t j = 0; j < p->n_calls && !strcmp(p->facts.component, component); j++) {
			const struct phase_call *call = &p->calls[j];
			struct total total;

			if (call->phase != phase || !add_up(phases, call, component, &total))
				continue;
			if (total.calls >= calls_shown)
				buf_printf(
				    calls, "%s%s %.2f", calls->len ? ", " : "", call->use.name, total.calls);
			if (total.waiting >= waiting_shown)
				buf_printf(waits, "%s%s %.0f %%", waits->len ? ", " : "", call->use.name,
				    100 * total.waiting);
		}
	}
}

static void print_calls(FILE *out, const struct phases *phases, const struct component_phases *c)
{
	struct buf calls, waits;

	buf_init(&calls, 16 * 1024);
	buf_init(&waits, 16 * 1024);
	for (unsigned i = 0; i < phases->n_phases; i++)
		add_calls(&calls, &waits, phases, c->component, i);
	print_list(out, "calls", &calls);
	print_list(out, "waits in", &waits);
	buf_release(&calls);
	buf_release(&waits);
}

static void print_component(FILE *out, const struct phases *phases, const struct component_phases *c)
{
	fprintf(out, "\n  %-16s %7s %9s %9s %9s %9s %9s\n", c->component, "calls", "user", "system",
	    "softirq", "total", "scaled");
	for (unsigned i = 0; i < phases->n_phases; i++)
		print_line(out, phases->names[i], &c->phases[i]);
	print_line(out, "= all phases", &c->sum);
	fprintf(out, "  %-16s %47.2f\n", "+ residue", c->residue_us);
	fprintf(out, "  %-16s %47.2f\n", "= by the clock", c->traced_us);
	if (isfinite(c->slowdown))
		fprintf(out, "  %-9s makes it cost %.2f times the %.2f us without\n", "tracing", c->slowdown,
		    c->untraced_us);
	print_calls(out, phases, c);
	if (c->voluntary + c->involuntary >= switches_shown)
		fprintf(out, "  %-9s %.3f voluntary and %.3f involuntary a request\n", "switches",
		    c->voluntary, c->involuntary);
}

void phases_print(const struct result *r, FILE *out)
{
	const struct phases *phases = r->phases;

	if (!phases || !r->n_steps)
		return;
	fprintf(out, "\nPhases of %s: CPU us a request, %u clients, %s\n", r->name,
	    r->steps[r->n_steps - 1].clients, r->keepalive ? "keep-alive" : "a connection a request");
	fprintf(out, "%llu requests traced", (unsigned long long)phases->requests);
	if (isfinite(phases->traced_rps / phases->untraced_rps))
		fprintf(out, ", at %.2f of the throughput without tracing",
		    phases->traced_rps / phases->untraced_rps);
	fputc('\n', out);
	for (size_t i = 0; i < phases->n_components; i++)
		/* a master that only waits did nothing for a request */
		if (phases->components[i].sum.calls >= calls_shown)
			print_component(out, phases, &phases->components[i]);
}
