// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/flame.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "report/functions.h"

enum {
	WIDTH = 1200,
	MARGIN = 10,
	TOP_MARGIN = 50,
	BAR_HEIGHT = 17,
	LABELS_MAX = 64 << 20,
	NODES_MAX = 1 << 20
};

/* A bar that is narrower is left out; a character of a label takes so much. */
static const double narrowest = 0.1, character_width = 6.8;

enum bar_kind { BAR_NATIVE = FRAME_NATIVE, BAR_JIT, BAR_PYTHON, BAR_KERNEL, BAR_GROUP };

struct node {
	int label; /* in `labels` */
	enum bar_kind kind;
	uint64_t count;
	double us;            /* a request; of a group of several results NAN */
	uint32_t child, next; /* 0: none */
};

struct flame {
	struct intern *labels;
	size_t n, room;
	struct node *nodes; /* the first one is the root */
	unsigned deepest;
	FILE *out;
};

/* The child of that name, which may be new: its index, or 0 without memory. */
static uint32_t child_of(struct flame *f, uint32_t parent, const char *label, enum bar_kind kind)
{
	int number = intern_add(f->labels, label, strlen(label) + 1);
	uint32_t i = f->n ? f->nodes[parent].child : 0;

	if (number < 0)
		return 0;
	for (; i; i = f->nodes[i].next)
		if (f->nodes[i].label == number && f->nodes[i].kind == kind)
			return i;
	if (f->n == f->room) {
		size_t room = f->room ? 2 * f->room : 1024;
		struct node *nodes = room > NODES_MAX ? NULL : realloc(f->nodes, room * sizeof(*nodes));

		if (!nodes)
			return 0;
		f->nodes = nodes;
		f->room = room;
	}
	f->nodes[f->n] = (struct node){.label = number, .kind = kind};
	if (f->n) {
		f->nodes[f->n].next = f->nodes[parent].child;
		f->nodes[parent].child = (uint32_t)f->n;
	}
	return (uint32_t)f->n++;
}

static bool add_to(
    struct flame *f, uint32_t *at, const char *label, enum bar_kind kind, uint64_t count, double us)
{
	uint32_t i = child_of(f, *at, label, kind);

	if (!i)
		return false;
	f->nodes[i].count += count;
	f->nodes[i].us += us;
	*at = i;
	return true;
}

/* What one sample of that component is of a request. */
static double us_of_sample(const struct function_profile *p, const char *component)
{
	for (size_t i = 0; i < p->n_components; i++)
		if (!strcmp(p->components[i].component, component))
			return p->components[i].cost_us / (double)p->components[i].samples;
	return NAN;
}

static int add_result(struct flame *f, const struct result *r, bool named)
{
	const struct stacks *s = &r->functions->stacks;

	for (size_t i = 0; i < stacks_count(s); i++) {
		size_t n;
		unsigned component;
		uint64_t count;
		const uint32_t *frames = stacks_at(s, i, &n, &component, &count);
		double us = (double)count * us_of_sample(r->functions, s->components[component]);
		uint32_t at = 0;
		unsigned depth = 2 + named + (unsigned)n;

		f->nodes[0].count += count;
		f->nodes[0].us += named ? NAN : us;
		if (named && !add_to(f, &at, r->name, BAR_GROUP, count, us))
			return -ENOMEM;
		if (!add_to(f, &at, s->components[component], BAR_GROUP, count, us))
			return -ENOMEM;
		for (size_t k = 0; k < n; k++) {
			char label[FRAME_LABEL_MAX];
			struct frame frame = stacks_frame_at(s, frames[k]);

			frame_label(&frame, label);
			if (!add_to(f, &at, label, (enum bar_kind)frame.kind, count, us))
				return -ENOMEM;
		}
		if (depth > f->deepest)
			f->deepest = depth;
	}
	return 0;
}

/* The length of the UTF-8 sequence at `text`, 0 if it is none. */
static unsigned utf8_length(const unsigned char *text)
{
	unsigned n = text[0] < 0x80             ? 1
	    : text[0] >= 0xc2 && text[0] < 0xe0 ? 2
	    : (text[0] & 0xf0) == 0xe0          ? 3
	    : text[0] >= 0xf0 && text[0] < 0xf5 ? 4
						: 0;

	for (unsigned i = 1; i < n; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	/* overlong ones, surrogates, and U+FFFE and U+FFFF, which XML has not */
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] >= 0xa0) ||
	    (text[0] == 0xef && text[1] == 0xbf && text[2] >= 0xbe) || (text[0] == 0xf0 && text[1] < 0x90) ||
	    (text[0] == 0xf4 && text[1] >= 0x90))
		return 0;
	return n;
}

/* At most `most` characters of a name, as text of XML, which is where names can do no harm. */
static void write_text(const char *name, size_t most, FILE *out)
{
	const unsigned char *c = (const unsigned char *)name;

	for (size_t i = 0; *c && i < most; i++) {
		unsigned n = utf8_length(c);

		if (*c == '&')
			fputs("&amp;", out);
		else if (*c == '<')
			fputs("&lt;", out);
		else if (*c == '>')
			fputs("&gt;", out);
		else if (*c == '"')
			fputs("&quot;", out);
		else if (*c == '\'')
			fputs("&#39;", out);
		else if (!n || *c < ' ' || *c == 0x7f)
			fputc('?', out);
		else
			fwrite(c, 1, n, out);
		c += n ? n : 1;
	}
}

static size_t characters_of(const char *name)
{
	size_t n = 0;

	for (; *name; name++)
		n += ((unsigned char)*name & 0xc0) != 0x80;
	return n;
}

/* A colour for its kind, a little other for each name so that neighbours can be told apart. */
static void write_colour(const struct flame *f, const struct node *node)
{
	static const int hues[] = {
	    [BAR_NATIVE] = 45, [BAR_JIT] = 150, [BAR_PYTHON] = 105, [BAR_KERNEL] = 15, [BAR_GROUP] = 215};
	const char *label = intern_key(f->labels, (size_t)node->label, NULL);
	unsigned hash = 5381;

	for (; *label; label++)
		hash = hash * 33 + (unsigned char)*label;
	fprintf(f->out, "hsl(%d,%u%%,%u%%)", hues[node->kind] + (int)(hash % 15) - 7, 55 + hash / 15 % 20,
	    66 + hash / 300 % 12);
}

/* So much of a label as there is room for: of names that begin with their module it is the end that tells. */
static void write_cut(const char *label, bool end, size_t room, size_t characters, FILE *out)
{
	if (end) {
		fputs("..", out);
		for (size_t skip = characters - (room - 2); skip; skip--)
			do {
				label++;
			} while (((unsigned char)*label & 0xc0) == 0x80);
	}
	write_text(label, room - 2, out);
	if (!end)
		fputs("..", out);
}

static void write_bar(const struct flame *f, const struct node *node, double x, double width, unsigned depth)
{
	const char *label = intern_key(f->labels, (size_t)node->label, NULL);
	double y = TOP_MARGIN + (double)(f->deepest - 1 - depth) * BAR_HEIGHT;
	size_t characters = characters_of(label),
	       room = width > 6 ? (size_t)((width - 6) / character_width) : 0;

	fprintf(f->out, "<g%s><title>", node->kind == BAR_PYTHON ? " class=\"end\"" : "");
	write_text(label, SIZE_MAX, f->out);
	fprintf(f->out, ": %" PRIu64 " samples, %.2f%%", node->count,
	    100.0 * (double)node->count / (double)f->nodes[0].count);
	if (isfinite(node->us))
		fprintf(f->out, ", %.2f us a request", node->us);
	fprintf(f->out, "</title><rect x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" height=\"%d\" fill=\"", x, y,
	    width, BAR_HEIGHT - 1);
	write_colour(f, node);
	fprintf(f->out, "\"/><text x=\"%.2f\" y=\"%.0f\">", x + 3, y + BAR_HEIGHT - 5);
	if (characters <= room)
		write_text(label, SIZE_MAX, f->out);
	else if (room >= 3)
		write_cut(label, node->kind == BAR_PYTHON, room, characters, f->out);
	fputs("</text></g>\n", f->out);
}

/* For sorting children: by count, the most first. */
struct order {
	uint32_t node;
	uint64_t count;
};

static int by_count(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

/* The bar and all that stand on it. */
static int write_tree(const struct flame *f, uint32_t i, double x, double scale, unsigned depth)
{
	struct order *children;
	size_t n = 0;
	int rc = 0;

	if ((double)f->nodes[i].count * scale < narrowest)
		return 0;
	write_bar(f, &f->nodes[i], x, (double)f->nodes[i].count * scale, depth);
	for (uint32_t c = f->nodes[i].child; c; c = f->nodes[c].next)
		n++;
	children = calloc(n + 1, sizeof(*children));
	if (!children)
		return -ENOMEM;
	n = 0;
	for (uint32_t c = f->nodes[i].child; c; c = f->nodes[c].next)
		children[n++] = (struct order){c, f->nodes[c].count};
	qsort(children, n, sizeof(*children), by_count);
	for (size_t c = 0; c < n && !rc; c++) {
		rc = write_tree(f, children[c].node, x, scale, depth + 1);
		x += (double)children[c].count * scale;
	}
	free(children);
	return rc;
}

/*
 * A click on a bar gives it, and what it stands on, the whole width: all others are scaled alike. What has no room is hidden.
 * Labels are cut anew from the titles, as text and never as markup.
 */
static const char script[] =
    "<script><![CDATA[\n"
    "(function () {\n"
    "  var bars = Array.prototype.map.call(document.querySelectorAll('g'), function (g) {\n"
    "    var r = g.querySelector('rect');\n"
    "    return { g: g, r: r, t: g.querySelector('text'), x: +r.getAttribute('x'), w: +r.getAttribute('width'),\n"
    "      end: g.getAttribute('class') === 'end',\n"
    "      name: g.querySelector('title').textContent.replace(/: \\d+ samples, .*$/, '') };\n"
    "  });\n"
    "  var all = bars[0];\n"
    "  function zoom(to) {\n"
    "    bars.forEach(function (b) {\n"
    "      var left = Math.max(b.x, to.x), right = Math.min(b.x + b.w, to.x + to.w), k = all.w / to.w;\n"
    "      var x = all.x + (left - to.x) * k, w = (right - left) * k, room = Math.floor((w - 6) / 6.8);\n"
    "      b.g.style.display = w < 0.1 ? 'none' : '';\n"
    "      b.r.setAttribute('x', x);\n"
    "      b.r.setAttribute('width', Math.max(w, 0));\n"
    "      b.t.setAttribute('x', x + 3);\n"
    "      b.t.textContent = b.name.length <= room ? b.name : room < 3 ? '' :\n"
    "        b.end ? '..' + b.name.slice(2 - room) : b.name.slice(0, room - 2) + '..';\n"
    "    });\n"
    "  }\n"
    "  bars.forEach(function (b) { b.g.addEventListener('click', function () { zoom(b); }); });\n"
    "})();\n"
    "]]></script>\n";

static int write_picture(struct flame *f, const struct report *report)
{
	int height = TOP_MARGIN + (int)f->deepest * BAR_HEIGHT + MARGIN;
	double scale = f->nodes[0].count ? (double)(WIDTH - 2 * MARGIN) / (double)f->nodes[0].count : 0;
	bool begun = false;
	int rc;

	fprintf(f->out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n"
	    "<style>text{font:12px monospace;fill:#111;pointer-events:none}g{cursor:pointer}g:hover rect{stroke:#111}"
	    "</style>\n"
	    "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n<text x=\"%d\" y=\"20\">maxq: CPU time of ",
	    WIDTH, height, WIDTH, height, MARGIN);
	for (size_t i = 0; i < report->n_results; i++) {
		if (!report->results[i].functions)
			continue;
		if (begun)
			fputs(", ", f->out);
		write_text(report->results[i].name, SIZE_MAX, f->out);
		begun = true;
	}
	fprintf(f->out,
	    "</text>\n<text x=\"%d\" y=\"38\">green: Python and compiled JavaScript, yellow: C, red: the kernel; "
	    "click on a bar to widen it</text>\n",
	    MARGIN);
	rc = write_tree(f, 0, MARGIN, scale, 0);
	fputs(script, f->out);
	fputs("</svg>\n", f->out);
	return rc;
}

int flame_write(const struct report *report, FILE *out)
{
	struct flame f = {.out = out, .deepest = 1};
	size_t n = 0;
	int rc = intern_new(&f.labels, LABELS_MAX);

	if (!rc) {
		(void)child_of(&f, 0, "all", BAR_GROUP);
		rc = f.n ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < report->n_results; i++)
		n += report->results[i].functions != NULL;
	for (size_t i = 0; i < report->n_results && !rc; i++)
		if (report->results[i].functions)
			rc = add_result(&f, &report->results[i], n > 1);
	if (!rc)
		rc = write_picture(&f, report);
	intern_free(f.labels);
	free(f.nodes);
	return rc;
}
