// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/escape.h"
#include "report/gate.h"

static void print_case(const struct gate_check *check, FILE *out)
{
	char text[GATE_TEXT];
	bool has_failed = check->verdict == GATE_FAILED;

	fputs("    <testcase classname=\"", out);
	escape_xml(check->row->b->name, out);
	fputs("\" name=\"", out);
	gate_format_check(text, check);
	escape_xml(text, out);
	fputs("\" time=\"0\">\n", out);
	gate_format_outcome(text, check);
	if (check->verdict == GATE_PASSED) {
		fputs("      <system-out>", out);
		escape_xml(text, out);
		fputs("</system-out>\n", out);
	} else {
		fprintf(out, "      <%s type=\"%s\" message=\"", has_failed ? "failure" : "error",
		    gate_verdict_name(check->verdict));
		escape_xml(text, out);
		fputs("\"/>\n", out);
	}
	fputs("    </testcase>\n", out);
}

/* A gate that has nothing to check, or half of it, must not look as if all had passed. */
static void print_missing(const struct comparison *c, FILE *out)
{
	fputs("    <testcase classname=\"maxq\" name=\"both runs have the same rows\" time=\"0\">\n"
	      "      <error type=\"unknown\" message=\"not in both: ",
	    out);
	escape_xml(c->only_a, out);
	fputs(*c->only_a && *c->only_b ? ", " : "", out);
	escape_xml(c->only_b, out);
	fputs("\"/>\n    </testcase>\n", out);
}

void gate_junit(const struct gate *gate, const struct compare_view *view, FILE *out)
{
	const struct comparison *c = view->comparison;
	bool is_missing = !gate->n_checks || *c->only_a || *c->only_b;
	size_t failed = 0, errors = is_missing;

	for (size_t i = 0; i < gate->n_checks; i++) {
		failed += gate->checks[i].verdict == GATE_FAILED;
		errors += gate->checks[i].verdict == GATE_NOISY || gate->checks[i].verdict == GATE_UNKNOWN;
	}
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
	fprintf(out,
	    "  <testsuite name=\"maxq gate\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" timestamp=\"",
	    gate->n_checks + is_missing, failed, errors);
	escape_xml(view->b->started_at, out);
	fputs("\">\n", out);
	for (size_t i = 0; i < gate->n_checks; i++)
		print_case(&gate->checks[i], out);
	if (is_missing)
		print_missing(c, out);
	fputs("  </testsuite>\n</testsuites>\n", out);
}
