// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/gate.h"

#include <math.h>
#include <string.h>

#include "base/units.h"
#include "report/escape.h"
#include "report/json_put.h"

/* Beyond that nobody will measure for so long: the change is at the bound. */
static const double times_longer_max = 100;

const char *gate_words(enum gate_verdict verdict)
{
	static const char *const words[] = {"PASSED", "TOO NOISY", "FAILED", "NOT KNOWN"};

	return words[verdict];
}

void gate_format_check(char text[GATE_TEXT], const struct gate_check *check)
{
	char figure[COMPARE_CELL];

	compare_format_figure(figure, check->figure, "");
	if (check->figure == FIGURE_ERRORS)
		snprintf(text, GATE_TEXT, "errors: at most %.4g %%", 100 * check->bound);
	else
		snprintf(text, GATE_TEXT, "%s: at most %.4g %% %s", figure, 100 * check->bound,
		    figure_is_burden(check->figure) ? "more" : "less");
}

/* What is needed to say more: by rounds where there are some, else by time. */
static void format_needed(char text[COMPARE_CELL * 2], const struct gate_check *check)
{
	const struct result *b = check->row->b;
	double times = check->times_longer;

	text[0] = '\0';
	if (!isfinite(check->ci95.lo) || !isfinite(check->ci95.hi)) {
		snprintf(text, COMPARE_CELL * 2, "; measured too briefly for an interval");
		return;
	}
	if (!isfinite(times) || times > times_longer_max) {
		snprintf(text, COMPARE_CELL * 2, "; the change is too near to the bound");
		return;
	}
	/* too brief to be trusted, whatever its interval: as long again */
	if (check->is_guess && times < 2)
		times = 2;
	if (times <= 1)
		return;
	if (b->n_rounds)
		snprintf(text, COMPARE_CELL * 2, "; about %.0f rounds of each would say, instead of %zu",
		    ceil((double)b->n_rounds * times), b->n_rounds);
	else if (check->row->step_b)
		snprintf(text, COMPARE_CELL * 2, "; about %.0f s of each would say, instead of %.1f s",
		    ceil(check->row->step_b->duration_s * times), check->row->step_b->duration_s);
}

void gate_format_outcome(char text[GATE_TEXT], const struct gate_check *check)
{
	char a[COMPARE_CELL], b[COMPARE_CELL], needed[COMPARE_CELL * 2] = "", worse[COMPARE_CELL],
								     interval[COMPARE_CELL];

	if (check->verdict == GATE_UNKNOWN) {
		snprintf(text, GATE_TEXT, "not measured in both%s",
		    check->figure == FIGURE_COST ? ": were the server's processes visible?" : "");
		return;
	}
	compare_format_value(a, check->figure, check->a);
	compare_format_value(b, check->figure, check->b);
	if (check->verdict == GATE_NOISY)
		format_needed(needed, check);
	if (check->figure == FIGURE_ERRORS) {
		snprintf(text, GATE_TEXT, "%.40s, 95 %% interval %.3g %% to %.3g %%%s", b,
		    100 * check->ci95.lo, 100 * check->ci95.hi, needed);
		return;
	}
	/* as the change of the figure itself */
	compare_format_percent(worse, figure_is_burden(check->figure) ? check->worse_by : -check->worse_by);
	compare_format_interval(interval,
	    figure_is_burden(check->figure) ? check->ci95
					    : (struct interval){-check->ci95.hi, -check->ci95.lo});
	snprintf(
	    text, GATE_TEXT, "%.40s to %.40s, %.40s (95 %% interval %s)%s", a, b, worse, interval, needed);
}

static void print_side(const char *side, const char *name, const struct report *report, FILE *out)
{
	fprintf(out, "%s  ", side);
	escape_line(name, out);
	fputs(": ", out);
	escape_line(report->command, out);
	fputs(", ", out);
	escape_line(report->started_at, out);
	fputc('\n', out);
}

static void print_not_valid(const struct comparison *c, FILE *out)
{
	for (size_t i = 0; i < c->n_rows; i++) {
		for (int side = 0; side < 2; side++) {
			const struct result *r = side ? c->rows[i].b : c->rows[i].a;

			for (unsigned w = 0; w < r->n_why && !r->valid; w++) {
				fprintf(out, "NOT VALID  %s: ", side ? "B" : "A");
				escape_line(r->why_not_valid[w], out);
				fputc('\n', out);
			}
		}
	}
}

void gate_print(const struct gate *gate, const struct compare_view *view, FILE *out)
{
	const struct comparison *c = view->comparison;
	const char *name = NULL;
	char text[GATE_TEXT];

	print_side("A", view->name_a, view->a, out);
	print_side("B", view->name_b, view->b, out);
	for (unsigned i = 0; i < c->n_unlike; i++) {
		fputs("NOT ALIKE  ", out);
		escape_line(c->unlike[i], out);
		fputc('\n', out);
	}
	print_not_valid(c, out);
	for (size_t i = 0; i < gate->n_checks; i++) {
		const struct gate_check *check = &gate->checks[i];

		if (check->row->b->name != name) {
			name = check->row->b->name;
			fputc('\n', out);
			escape_line(name, out);
			fputc('\n', out);
		}
		gate_format_check(text, check);
		fprintf(out, "  %-9s  %s\n", gate_words(check->verdict), text);
		gate_format_outcome(text, check);
		fprintf(out, "  %-9s  %s\n", "", text);
	}
	if (*c->only_a || *c->only_b) {
		fputs("\nnot in both: ", out);
		escape_line(c->only_a, out);
		fputs(*c->only_a && *c->only_b ? ", " : "", out);
		escape_line(c->only_b, out);
		fputc('\n', out);
	}
	fprintf(out, "\ngate: %s\n", gate_words(gate->verdict));
}

void gate_markdown(const struct gate *gate, const struct compare_view *view, FILE *out)
{
	char text[GATE_TEXT];

	fprintf(out, "### maxq gate: %s\n\n", gate_words(gate->verdict));
	compare_markdown_head(view, out);
	fputs("\n| | row | bound | outcome |\n|---|---|---|---|\n", out);
	for (size_t i = 0; i < gate->n_checks; i++) {
		const struct gate_check *check = &gate->checks[i];

		fprintf(out, "| %s | ", gate_words(check->verdict));
		escape_markdown(check->row->b->name, out);
		gate_format_check(text, check);
		fputs(" | ", out);
		escape_markdown(text, out);
		gate_format_outcome(text, check);
		fputs(" | ", out);
		escape_markdown(text, out);
		fputs(" |\n", out);
	}
	fputs("\n<details><summary>All figures</summary>\n\n", out);
	compare_markdown(view, out);
	fputs("\n</details>\n", out);
}

static json_t *check_json(const struct gate_check *check)
{
	json_t *o = json_object();

	json_put(o, "row", json_text(check->row->b->name));
	json_put(o, "figure", json_string(figure_name(check->figure)));
	json_put(o, "bound", json_number(check->bound));
	json_put(o, "worse_by", json_number(check->worse_by));
	json_put(o, "worse_by_ci95", json_interval(check->ci95));
	json_put(o, "verdict", json_string(gate_verdict_name(check->verdict)));
	json_put(o, "times_longer", json_number(check->times_longer));
	return o;
}

json_t *gate_json(const struct gate *gate, const struct compare_view *view)
{
	json_t *o = compare_json(view), *checks = json_array();

	for (size_t i = 0; i < gate->n_checks; i++)
		json_array_append_new(checks, check_json(&gate->checks[i]));
	json_put(o, "gate",
	    json_pack("{s: s, s: o}", "verdict", gate_verdict_name(gate->verdict), "checks", checks));
	return o;
}
