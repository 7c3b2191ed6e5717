// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "analysis/ranks.h"
#include "base/cpus.h"
#include "report/compare.h"
#include "report/json_curve.h"
#include "report/json_functions.h"
#include "report/json_layers.h"
#include "report/json_phases.h"
#include "report/json_put.h"
#include "report/json_step.h"
#include "report/open_loop.h"

/* Of a number: with fewer a figure at the half between two would be rounded otherwise when it is read back. */
enum { DIGITS = 15 };

/* jansson's setters take the reference, and tolerate NULL by failing: a lack of memory is seen once, at the end. */
static json_t *cpus_json(const cpu_set_t *cpus)
{
	json_t *list = json_array();

	for (int i = 0; i < CPU_COUNT(cpus); i++)
		json_array_append_new(list, json_integer(cpus_nth(cpus, i)));
	return list;
}

static json_t *host_json(const struct report *report)
{
	json_t *o = json_object();

	json_put(o, "cpus", json_integer(report->host.cpus));
	json_put(o, "cpu_model", json_text(report->host.cpu_model));
	json_put(o, "kernel", json_text(report->host.kernel));
	json_put(o, "memory_bytes", json_integer((json_int_t)report->host.memory_bytes));
	json_put(o, "virtualisation",
	    *report->host.virtualisation ? json_text(report->host.virtualisation) : json_null());
	json_put(o, "generator_cpus", cpus_json(&report->generator_cpus));
	json_put(o, "server_cpus", cpus_json(&report->server_cpus));
	return o;
}

static json_t *lines_json(const char *lines)
{
	json_t *list = json_array();

	while (lines && *lines) {
		size_t len = strcspn(lines, "\n");

		json_array_append_new(list, json_stringn(lines, len));
		lines += len + (lines[len] == '\n');
	}
	return list;
}

static json_t *setting_json(const struct setting *s)
{
	json_t *list;

	switch (s->kind) {
	case SETTING_BOOL:
		return json_boolean(s->flag);
	case SETTING_INTEGER:
		return json_integer((json_int_t)s->integer);
	case SETTING_NUMBER:
		return json_number(s->number);
	case SETTING_TEXT:
		return json_text(s->text ? s->text : "");
	case SETTING_TEXTS:
		return lines_json(s->text);
	case SETTING_INTEGERS:
		list = json_array();
		for (size_t i = 0; i < s->n_integers; i++)
			json_array_append_new(list, json_integer(s->integers[i]));
		return list;
	case SETTING_UNKNOWN:
		break;
	}
	return json_null();
}

static json_t *settings_json(const struct report *report)
{
	json_t *o = json_object();

	for (unsigned i = 0; i < report->n_settings; i++)
		json_put(o, report->settings[i].key, setting_json(&report->settings[i]));
	return o;
}

static json_t *versions_json(const struct report *report)
{
	json_t *o = json_object();

	for (size_t i = 0; i < report->n_versions; i++)
		json_put(o, report->versions[i].component, json_text(report->versions[i].text));
	return o;
}

static json_t *maximum_json(const struct maximum *m)
{
	json_t *o = json_object();

	json_put(o, "throughput_rps", json_number(m->throughput_rps));
	json_put(o, "ci95_rps", json_interval(m->ci95_rps));
	json_put(o, "clients", json_integer(m->clients));
	json_put(o, "step", json_integer((json_int_t)m->step));
	json_put(o, "implied_rps", json_number(m->implied_rps));
	json_put(o, "cost_us_per_request",
	    json_pack("{s: o, s: o, s: o}", "user", json_number(m->cost.user), "system",
		json_number(m->cost.system), "total", json_number(m->cost.user + m->cost.system)));
	json_put(o, "cost_ci95_us_per_request", json_interval(m->cost_ci95_us));
	return o;
}

static json_t *limit_json(const struct limit *limit)
{
	json_t *o = json_object();

	json_put(o, "resource", json_text(resource_name(limit->resource)));
	json_put(o, "component", *limit->component ? json_text(limit->component) : json_null());
	json_put(o, "evidence", json_text(limit->evidence));
	return o;
}

static json_t *target_json(const struct result *r)
{
	json_t *o = json_object();

	json_put(o, "url", json_text(r->url ? r->url : ""));
	json_put(o, "protocol", json_text(protocol_name(r->protocol)));
	json_put(o, "socket", json_text(r->is_unix ? "unix" : "tcp"));
	json_put(o, "keepalive", json_boolean(r->keepalive));
	return o;
}

/* What only rows of a bench have, or of layers. */
static void set_bench_keys(json_t *o, const struct result *r)
{
	json_t *rounds = json_array(), *completed = json_array(), *numbers = json_array();

	for (size_t i = 0; i < r->n_rounds; i++) {
		json_array_append_new(rounds, json_number(r->rounds_rps[i]));
		json_array_append_new(completed, json_integer((json_int_t)r->rounds_completed[i]));
		json_array_append_new(numbers, json_integer(r->rounds_number[i]));
	}
	if (r->stack)
		json_put(o, "stack", json_text(r->stack));
	json_put(o, "rounds_rps", rounds);
	json_put(o, "rounds_completed", completed);
	json_put(o, "rounds_number", numbers);
	json_put(o, "rounds_cost", json_rounds_cost(r));
	json_put(o, "idle_busy", json_number(r->idle_busy));
	json_put(o, "reference_rps", json_number(r->reference_rps));
}

json_t *json_of_result(const struct result *r)
{
	json_t *o = json_object(), *steps = json_array(), *why = json_array(), *checks = json_array();

	for (size_t i = 0; i < r->n_steps; i++)
		json_array_append_new(steps, json_step(&r->steps[i]));
	for (unsigned i = 0; i < r->n_why; i++) {
		json_array_append_new(why, json_text(r->why_not_valid[i]));
		json_array_append_new(checks, r->why_check[i] ? json_text(r->why_check[i]) : json_null());
	}
	json_put(o, "name", json_text(r->name ? r->name : ""));
	json_put(o, "workload", json_text(r->workload ? r->workload : ""));
	json_put(o, "target", target_json(r));
	json_put(o, "steps", steps);
	json_put(o, "maximum", r->has_maximum ? maximum_json(&r->maximum) : json_null());
	if (r->has_curve)
		json_put(o, "curve", json_curve(&r->curve));
	if (r->has_usl)
		json_put(o, "usl", json_usl(&r->usl));
	if (r->slo)
		json_put(o, "slo", slo_json(r));
	json_put(o, "limit", r->n_steps ? limit_json(&r->limit) : json_null());
	json_put(o, "valid", json_boolean(r->valid));
	json_put(o, "why_not_valid", why);
	json_put(o, "failed_checks", checks);
	json_put(o, "failed", r->failed ? json_text(r->failed) : json_null());
	if (r->phases)
		json_put(o, "phases", json_phases(r->phases));
	if (r->functions)
		json_put(o, "functions", json_functions(r->functions));
	if (r->stack || r->n_rounds)
		set_bench_keys(o, r);
	return o;
}

static json_t *ratios_json(const struct report *report, const struct rank *rank)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < report->n_compare; i++) {
		json_t *o = json_object();

		json_put(o, "title", json_text(report->compare[i].title));
		json_put(o, "to", json_text(report->compare[i].row));
		json_put(o, "ratio", json_number(rank->ratios[i]));
		json_put(o, "reference_ratio", json_number(rank->reference_ratios[i]));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *ranking_json(const struct report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->n_ranking; i++) {
		const struct rank *rank = &report->ranking[i];
		json_t *o = json_object();

		json_put(o, "rank", json_integer(rank->rank));
		json_put(o, "name", json_text(report->results[rank->result].name));
		json_put(o, "workload", json_text(report->results[rank->result].workload));
		json_put(
		    o, "throughput_rps", json_number(report->results[rank->result].maximum.throughput_rps));
		json_put(o, "ratios", ratios_json(report, rank));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *findings_json(const struct findings *findings)
{
	json_t *list = json_array();

	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *f = &findings->list[i];
		json_t *o = json_object();

		json_put(o, "name", json_text(f->name));
		json_put(o, "level", json_text(level_name(f->level)));
		json_put(o, "found", json_text(f->found));
		json_put(o, "wanted", *f->wanted ? json_text(f->wanted) : json_null());
		json_put(o, "effect", *f->effect ? json_text(f->effect) : json_null());
		json_put(o, "mend", *f->mend ? json_text(f->mend) : json_null());
		json_put(o, "advice", *f->advice ? json_text(f->advice) : json_null());
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *machines_json(const struct report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->n_examined; i++) {
		json_t *o = json_object();

		json_put(o, "host", json_text(report->examined[i].host));
		json_put(o, "role", json_text(rank_role_name(report->examined[i].role)));
		json_put(o, "findings", findings_json(&report->examined[i].findings));
		json_array_append_new(list, o);
	}
	return list;
}

json_t *json_of_report(const struct report *report)
{
	json_t *o = json_object(), *results = json_array();
	struct comparison comparison;

	for (size_t i = 0; i < report->n_results; i++)
		json_array_append_new(results, json_of_result(&report->results[i]));
	json_put(o, "schema", json_integer(1));
	json_put(o, "maxq", json_text(MAXQ_VERSION));
	json_put(o, "command", json_text(report->command));
	json_put(o, "started_at", json_text(report->started_at));
	json_put(o, "complete", json_boolean(report->complete));
	json_put(o, "host", host_json(report));
	json_put(o, "settings", settings_json(report));
	if (report->n_versions)
		json_put(o, "versions", versions_json(report));
	if (report->findings)
		json_put(o, "findings", findings_json(report->findings));
	if (report->n_examined)
		json_put(o, "machines", machines_json(report));
	json_put(o, "results", results);
	if (report->ranking)
		json_put(o, "ranking", ranking_json(report));
	if (report->n_layers)
		json_put(o, "layers", json_layers(report));
	if (!strcmp(report->command, "compare") && !compare_rows(report, &comparison)) {
		json_put(o, "comparison", compare_json_rows(&comparison));
		comparison_release(&comparison);
	}
	if (report->reference)
		json_put(o, "reference", json_text(report->reference));
	return o;
}

int json_print(const json_t *json, FILE *out, struct err *err)
{
	errno = 0;
	if (json_dumpf(json, out, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS)) || fputc('\n', out) == EOF ||
	    fflush(out))
		return err_set(
		    err, errno ? -errno : -EIO, "cannot write the JSON: %s", strerror(errno ? errno : EIO));
	return 0;
}

int json_write(const struct report *report, FILE *out, struct err *err)
{
	json_t *root = json_of_report(report);
	int rc = root ? json_print(root, out, err) : err_set(err, -ENOMEM, "out of memory");

	json_decref(root);
	return rc;
}
