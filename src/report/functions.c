// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/functions.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/wrap.h"

enum { CELL = 32, LABEL = 46, BAR = 12, TOP = 15 };

/* What is a smaller share is not worth a line. */
static const double component_shown = 0.005, function_shown = 0.004;

void frame_label(const struct frame *frame, char label[FRAME_LABEL_MAX])
{
	if (frame->kind == FRAME_PYTHON || !*frame->module)
		snprintf(label, FRAME_LABEL_MAX, "%s", frame->function);
	else
		snprintf(label, FRAME_LABEL_MAX, "%s [%s]", frame->function, frame->module);
	for (char *c = label; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

static void format_us(char cell[CELL], double us)
{
	if (isfinite(us))
		snprintf(cell, CELL, "%.1f", us);
	else
		snprintf(cell, CELL, "-");
}

/* How many columns a text takes, if each character takes one. */
static int columns_of(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* A label that is too long keeps its end, which is what differs. */
static void print_label(FILE *out, const char *label)
{
	int columns = columns_of(label);
	const char *dots = columns > LABEL ? ".." : "";
	int room = LABEL - (int)strlen(dots);

	for (; columns > room; columns--)
		do {
			label++;
		} while (((unsigned char)*label & 0xc0) == 0x80);
	fprintf(out, "  %s%s%*s", dots, label, room - columns, "");
}

static void print_function(FILE *out, const struct stacks *stacks, const struct function_cost *f)
{
	char label[FRAME_LABEL_MAX], self[CELL], half[CELL], total[CELL];
	struct frame frame = stacks_frame_at(stacks, f->frame);

	frame_label(&frame, label);
	format_us(self, f->self.us);
	format_us(half, f->self.half_width);
	format_us(total, f->total.us);
	print_label(out, label);
	fprintf(out, " %7s %6s %5.1f%% %7s\n", self, half, 100 * f->self.share, total);
}

static void print_functions(FILE *out, const struct stacks *stacks, const struct component_functions *c)
{
	uint64_t shown = 0;
	double rest;
	size_t n = 0;

	fprintf(out, "  %-*s %7s %6s %6s %7s\n", LABEL, "function", "self us", "+-", "share", "total");
	for (; n < c->n_functions && n < TOP && c->functions[n].self.share >= function_shown; n++) {
		print_function(out, stacks, &c->functions[n]);
		shown += c->functions[n].self.samples;
	}
	/* by the samples: a profile that was read from its JSON has not all functions */
	rest = c->samples > shown ? (double)(c->samples - shown) / (double)c->samples : 0;
	if (rest > 0)
		fprintf(out, "  %-*s %7.1f %6s %5.1f%%\n", LABEL, "all others", rest * c->cost_us, "",
		    100 * rest);
}

static void print_parts(FILE *out, const struct component_functions *c, bool utf8)
{
	double most = 0;

	if (!c->n_parts)
		return;
	for (unsigned i = 0; i < c->n_parts; i++)
		most = fmax(most, c->parts[i].cost.share);
	fprintf(out, "\n  %-*s %7s %6s %6s\n", 26, "part", "us", "+-", "share");
	for (unsigned i = 0; i < c->n_parts; i++) {
		const struct sampled_cost *cost = &c->parts[i].cost;
		int length = (int)lround(BAR * cost->share / most);
		char us[CELL], half[CELL];

		format_us(us, cost->us);
		format_us(half, cost->half_width);
		fprintf(out, "  %-*s %7s %6s %5.1f%%%s", 26, c->parts[i].name, us, half, 100 * cost->share,
		    length ? " " : "");
		for (int k = 0; k < length; k++)
			fputs(utf8 ? "\u2588" : "#", out);
		fputc('\n', out);
	}
}

/* Says what is missing, and why. */
static void print_notes(FILE *out, const struct function_profile *p)
{
	const struct stacks *s = &p->stacks;
	char text[256];

	if (s->lost)
		fprintf(out, "  %" PRIu64 " samples of the machine were lost\n", s->lost);
	if (!s->kernel)
		fprintf(out, "  only what runs in user mode was sampled: the kernel takes root\n");
	if (!s->python && *s->why_no_python) {
		snprintf(text, sizeof(text), "functions of Python are not shown: %s", s->why_no_python);
		fputs("  ", out);
		wrap_print(out, 2, text, false);
	}
}

static void print_result(FILE *out, const struct result *r, bool utf8)
{
	const struct function_profile *p = r->functions;
	double all = 0;

	for (size_t i = 0; i < p->n_components; i++)
		if (isfinite(p->components[i].cost_us))
			all += p->components[i].cost_us;
	fprintf(out, "\nFunctions of %s: CPU us a request", r->name);
	if (r->n_steps)
		fprintf(out, ", %u clients, %s", r->steps[r->n_steps - 1].clients,
		    r->keepalive ? "keep-alive" : "a connection a request");
	fprintf(out, "\n%" PRIu64 " samples, %u a second of CPU time, which cost %+.1f%% of a request\n",
	    p->stacks.samples, p->stacks.frequency_hz, 100 * p->slowdown);
	print_notes(out, p);
	for (size_t i = 0; i < p->n_components; i++) {
		const struct component_functions *c = &p->components[i];

		/* a master that only waits did nothing for a request */
		if (!c->samples || c->cost_us < component_shown * all)
			continue;
		fprintf(out, "\n  %s: %.1f us, %" PRIu64 " samples, %.0f%% of them in the kernel\n",
		    c->component, c->cost_us, c->samples, 100 * c->kernel_share);
		print_functions(out, &p->stacks, c);
		print_parts(out, c, utf8);
	}
}

void functions_print(const struct report *report, bool utf8, FILE *out)
{
	for (size_t i = 0; i < report->n_results; i++)
		if (report->results[i].functions)
			print_result(out, &report->results[i], utf8);
}
