// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/open_loop.h"

#include <inttypes.h>
#include <math.h>

#include "analysis/slo.h"
#include "base/units.h"
#include "report/json_put.h"

enum { CELL = 32 };

static double late_share(const struct step *step)
{
	return step->counts.completed ? (double)step->counts.late_responses / (double)step->counts.completed
				      : 0;
}

void open_loop_print(const struct step *step, FILE *out)
{
	const struct open_loop *open = &step->open;
	char cell[CELL];

	if (open->rate) {
		fprintf(out,
		    "  %-11s %" PRIu64 " q/s asked for (%s), %.1f achieved; %" PRIu64 " never sent\n", "rate",
		    open->rate, open->arrival, open->achieved_rps, open->unsent);
		format_duration(cell, sizeof(cell), open->send_delay_us * 1e3);
		fprintf(out, "  %-11s %" PRIu64 " late; on average %s after their time\n", "sends",
		    open->late_sends, cell);
	}
	if (step->latency_limit_us > 0) {
		format_duration(cell, sizeof(cell), step->latency_limit_us * 1e3);
		fprintf(out, "  %-11s %" PRIu64 " responses (%.3g %%) took more than %s\n", "late",
		    step->counts.late_responses, 100 * late_share(step), cell);
	}
}

void open_loop_print_header(FILE *out)
{
	fprintf(out, "%9s %9s %9s %9s %9s %9s %8s  %s\n", "asked", "q/s", "p50", "p90", "p99", "p99.9",
	    "errors", "objective");
}

void open_loop_print_row(const struct step *step, FILE *out)
{
	static const char *const words[] = {
	    [OBJECTIVE_NONE] = "", [OBJECTIVE_KEPT] = "kept", [OBJECTIVE_BROKEN] = "not kept"};
	const double us[] = {step->latency.p50, step->latency.p90, step->latency.p99, step->latency.p999};
	char cell[CELL];

	format_count(cell, sizeof(cell), (double)step->open.rate);
	fprintf(out, "%9s", cell);
	format_count(cell, sizeof(cell), step->throughput_rps);
	fprintf(out, " %9s", cell);
	for (size_t i = 0; i < sizeof(us) / sizeof(us[0]); i++) {
		format_duration(cell, sizeof(cell), us[i] * 1e3);
		fprintf(out, " %9s", cell);
	}
	fprintf(out, " %8" PRIu64 "  %s\n", counts_errors(&step->counts), words[step->objective]);
}

/* One objective: what it is to be, and what it was at the rate that was found. */
static void print_objective(const struct slo_result *slo, unsigned i, FILE *out)
{
	const struct objective *o = &slo->slo.list[i];
	struct objective value = {.metric = o->metric, .bound = slo->values[i]};
	struct objective lo = {.metric = o->metric, .bound = slo->ci95[i].lo};
	struct objective hi = {.metric = o->metric, .bound = slo->ci95[i].hi};
	char text[64], was[64], from[64], to[64];

	slo_format(o, "<=", text, sizeof(text));
	fprintf(out, "  %-11s %s", i ? "" : "objective", text);
	if (slo->has_step) {
		slo_format(&value, "was", was, sizeof(was));
		fprintf(out, ": %s", was);
		if (isfinite(lo.bound) && o->metric != SLO_ERRORS) {
			format_duration(from, sizeof(from), lo.bound * 1e3);
			format_duration(to, sizeof(to), hi.bound * 1e3);
			fprintf(out, " (rounds: 95 %% interval %s to %s)", from, to);
		}
	}
	fputc('\n', out);
}

void slo_print(const struct result *result, FILE *out)
{
	const struct slo_result *slo = result->slo;

	fprintf(out, "\n  %-11s ", "rate");
	if (slo->lo && slo->hi)
		fprintf(out, "%" PRIu64 " q/s kept the objective, %" PRIu64 " did not%s\n", slo->lo, slo->hi,
		    slo->disturbed ? " (but was disturbed)" : "");
	else if (slo->lo)
		fprintf(out, "%" PRIu64 " q/s kept the objective; no higher rate was refuted\n", slo->lo);
	else if (slo->hi)
		fprintf(out, "no rate kept the objective, not even %" PRIu64 " q/s\n", slo->hi);
	else
		fprintf(out, "not found\n");
	for (unsigned i = 0; i < slo->slo.n; i++)
		print_objective(slo, i, out);
}

void open_loop_json(json_t *o, const struct step *step)
{
	const struct open_loop *open = &step->open;
	json_t *loop;

	if (step->latency_limit_us > 0) {
		json_object_set_new(o, "latency_limit_us", json_real(step->latency_limit_us));
		json_object_set_new(
		    o, "late_responses", json_integer((json_int_t)step->counts.late_responses));
		json_object_set_new(o, "late_share", json_number(late_share(step)));
	}
	if (!open->rate)
		return;
	loop = json_object();
	json_object_set_new(loop, "rate_rps", json_integer((json_int_t)open->rate));
	json_object_set_new(loop, "arrival", json_string(open->arrival));
	json_object_set_new(loop, "achieved_rps", json_number(open->achieved_rps));
	json_object_set_new(loop, "unsent", json_integer((json_int_t)open->unsent));
	json_object_set_new(loop, "late_sends", json_integer((json_int_t)open->late_sends));
	json_object_set_new(loop, "send_delay_us", json_number(open->send_delay_us));
	if (step->objective != OBJECTIVE_NONE)
		json_object_set_new(loop, "objective_kept", json_boolean(step->objective == OBJECTIVE_KEPT));
	json_object_set_new(o, "open_loop", loop);
}

static json_t *objectives_json(const struct slo_result *slo)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < slo->slo.n; i++) {
		const struct objective *objective = &slo->slo.list[i];
		json_t *o = json_object();
		bool in_us = objective->metric != SLO_ERRORS;

		json_object_set_new(o, "metric", json_string(slo_metric_name(objective->metric)));
		json_object_set_new(o, in_us ? "bound_us" : "bound", json_real(objective->bound));
		json_object_set_new(
		    o, in_us ? "value_us" : "value", json_number(slo->has_step ? slo->values[i] : NAN));
		if (in_us)
			json_object_set_new(o, "ci95_us",
			    json_pack("[o, o]", json_number(slo->has_step ? slo->ci95[i].lo : NAN),
				json_number(slo->has_step ? slo->ci95[i].hi : NAN)));
		json_array_append_new(list, o);
	}
	return list;
}

json_t *slo_json(const struct result *result)
{
	const struct slo_result *slo = result->slo;
	json_t *o = json_object();

	json_object_set_new(o, "objectives", objectives_json(slo));
	json_object_set_new(o, "rate_rps",
	    json_pack("[o, o]", slo->lo ? json_integer((json_int_t)slo->lo) : json_null(),
		slo->hi ? json_integer((json_int_t)slo->hi) : json_null()));
	json_object_set_new(o, "trials", json_integer(slo->n_trials));
	json_object_set_new(o, "step", slo->has_step ? json_integer((json_int_t)slo->step) : json_null());
	json_object_set_new(o, "kept", slo->has_step ? json_boolean(slo->kept) : json_null());
	json_object_set_new(o, "disturbed", json_boolean(slo->disturbed));
	return o;
}
