// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "analysis/intervals.h"
#include "base/cpus.h"
#include "report/compare.h"
#include "report/json_curve.h"
#include "report/json_layers.h"
#include "report/json_phases.h"
#include "report/open_loop.h"

enum { DIGITS = 10 };

/* jansson's setters take the reference, and tolerate NULL by failing: a lack of memory is seen once, at the end. */
static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *text(const char *value)
{
	/* targets and evidence can hold bytes that are not UTF-8 */
	json_t *string = json_string(value);

	return string ? string : json_string("(not UTF-8)");
}

static json_t *interval(struct interval i)
{
	return json_pack("[o, o]", number(i.lo), number(i.hi));
}

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

	set(o, "cpus", json_integer(report->host.cpus));
	set(o, "cpu_model", text(report->host.cpu_model));
	set(o, "kernel", text(report->host.kernel));
	set(o, "memory_bytes", json_integer((json_int_t)report->host.memory_bytes));
	set(o, "virtualisation",
	    *report->host.virtualisation ? text(report->host.virtualisation) : json_null());
	set(o, "generator_cpus", cpus_json(&report->generator_cpus));
	set(o, "server_cpus", cpus_json(&report->server_cpus));
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
		return number(s->number);
	case SETTING_TEXT:
		return text(s->text ? s->text : "");
	case SETTING_TEXTS:
		return lines_json(s->text);
	case SETTING_INTEGERS:
		list = json_array();
		for (size_t i = 0; i < s->n_integers; i++)
			json_array_append_new(list, json_integer(s->integers[i]));
		return list;
	}
	return json_null();
}

static json_t *settings_json(const struct report *report)
{
	json_t *o = json_object();

	for (unsigned i = 0; i < report->n_settings; i++)
		set(o, report->settings[i].key, setting_json(&report->settings[i]));
	return o;
}

static json_t *versions_json(const struct report *report)
{
	json_t *o = json_object();

	for (size_t i = 0; i < report->n_versions; i++)
		set(o, report->versions[i].component, text(report->versions[i].text));
	return o;
}

static json_t *errors_json(const struct step *step)
{
	json_t *o = json_object();

	for (int i = 0; i < FAILURE_COUNT; i++)
		set(o, failure_name((enum failure)i), json_integer((json_int_t)step->counts.errors[i]));
	return o;
}

/* What the first failure of each kind was, where that is known. */
static json_t *examples_json(const struct step *step)
{
	json_t *o = json_object();

	for (int i = 0; i < FAILURE_COUNT; i++) {
		if (step->first_why[i])
			set(o, failure_name((enum failure)i), text(step->first_why[i]));
		else if (step->first_error[i])
			set(o, failure_name((enum failure)i), text(strerror(step->first_error[i])));
	}
	return o;
}

static json_t *status_json(const struct step *step)
{
	json_t *o = json_object();
	char key[8];

	for (int i = 0; i < STATUS_CODES; i++) {
		if (!step->status[i])
			continue;
		snprintf(key, sizeof(key), "%d", i);
		set(o, key, json_integer((json_int_t)step->status[i]));
	}
	return o;
}

static json_t *latency_json(const struct latency_us *l)
{
	json_t *o = json_object();

	set(o, "mean", number(l->mean));
	set(o, "p50", number(l->p50));
	set(o, "p90", number(l->p90));
	set(o, "p99", number(l->p99));
	set(o, "p999", number(l->p999));
	set(o, "max", number(l->max));
	return o;
}

static json_t *latency_ci95_json(const struct latency_ci95_us *l)
{
	json_t *o = json_object();

	set(o, "p50", interval(l->p50));
	set(o, "p90", interval(l->p90));
	set(o, "p99", interval(l->p99));
	set(o, "p999", interval(l->p999));
	return o;
}

static json_t *precision_json(const struct step *step)
{
	double reached = relative_half_width(step->throughput_rps, step->throughput_ci95_rps);
	json_t *o = json_object();

	set(o, "asked", number(step->precision));
	set(o, "reached", number(reached));
	set(o, "met", json_boolean(is_precise(step)));
	set(o, "limit_s", number(step->limit_s));
	return o;
}

static json_t *process_json(const struct process_cost *p)
{
	json_t *o = json_object();

	set(o, "component", text(p->facts.component));
	set(o, "comm", text(p->facts.comm));
	set(o, "pid", json_integer(p->facts.pid));
	set(o, "threads", json_integer(p->facts.threads));
	set(o, "user_us_per_request", number(p->cost.user));
	set(o, "system_us_per_request", number(p->cost.system));
	set(o, "ci95_us_per_request", interval(p->cost_ci95_us));
	set(o, "split", text(p->is_split_traced ? "traced" : "ticks"));
	set(o, "busy", number(p->busy));
	set(o, "busiest_thread", number(p->facts.busiest_thread));
	set(o, "waited", number(p->facts.waited));
	set(o, "quota_cores", number(p->facts.quota));
	return o;
}

static json_t *cpu_json(const struct step *step)
{
	json_t *o = json_object(), *generator = json_object(), *processes = json_array(),
	       *host = json_object();

	set(generator, "user_us_per_request", number(step->generator.user));
	set(generator, "system_us_per_request", number(step->generator.system));
	set(generator, "busy", number(step->generator_busy));
	set(generator, "wait", number(step->generator_wait));
	set(generator, "ceiling_rps", number(step->generator_ceiling_rps));
	if (!isnan(step->generator_null_rps))
		set(generator, "null_rps", number(step->generator_null_rps));
	for (size_t i = 0; i < step->n_processes; i++)
		json_array_append_new(processes, process_json(&step->processes[i]));
	set(host, "busy", number(step->host_busy));
	set(host, "steal", number(step->host_steal));
	set(host, "softirq", number(step->host_softirq));
	set(host, "others", number(step->others_busy));
	set(o, "generator", generator);
	set(o, "processes", processes);
	set(o, "processes_ci95_us_per_request", interval(step->cost_ci95_us));
	set(o, "host", host);
	return o;
}

static json_t *checks_json(const struct step *step)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < step->n_checks; i++) {
		json_t *o = json_object();

		set(o, "name", text(step->checks[i].name));
		set(o, "ok", json_boolean(step->checks[i].ok));
		set(o, "value", number(step->checks[i].value));
		set(o, "bound", number(step->checks[i].bound));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *queue_json(const struct step *step)
{
	json_t *o = json_object();

	set(o, "component", step->queue_component[0] ? text(step->queue_component) : json_null());
	set(o, "waiting_mean", number(step->queue_waiting));
	set(o, "full_share", number(step->queue_full));
	set(o, "backlog", json_integer(step->queue_backlog));
	set(o, "overflows", json_integer((json_int_t)step->overflows));
	set(o, "unread_mean", number(step->unread));
	return o;
}

/* What else could have run out. */
static json_t *strain_json(const struct step *step)
{
	json_t *o = json_object(), *memory = json_object(), *files = json_object(), *link = json_object();

	set(memory, "stalled_share", number(step->memory_stalled));
	set(memory, "major_faults", json_integer((json_int_t)step->major_faults));
	set(memory, "killed", json_integer((json_int_t)step->memory_killed));
	set(files, "component", *step->files.component ? text(step->files.component) : json_null());
	set(files, "open", json_integer(step->files.open));
	set(files, "limit", json_integer(step->files.limit));
	set(files, "full_share", number(step->files_full));
	set(link, "name", *step->link_name ? text(step->link_name) : json_null());
	set(link, "bytes_s", number(step->link_bytes_s));
	set(link, "full_share", number(step->link_full));
	set(o, "memory", memory);
	set(o, "files", files);
	set(o, "link", link);
	return o;
}

static json_t *step_json(const struct step *step)
{
	json_t *o = json_object();

	set(o, "clients", json_integer(step->clients));
	if (step->io)
		set(o, "io", json_string(step->io));
	set(o, "duration_s", number(step->duration_s));
	set(o, "warmup_s", number(step->warmup_s));
	set(o, "windows", json_integer(step->windows));
	set(o, "started", json_integer((json_int_t)step->counts.started));
	set(o, "completed", json_integer((json_int_t)step->counts.completed));
	set(o, "in_flight", json_integer((json_int_t)step->in_flight));
	set(o, "connections", json_integer((json_int_t)step->counts.connections));
	set(o, "errors", errors_json(step));
	set(o, "error_examples", examples_json(step));
	set(o, "status", status_json(step));
	set(o, "bytes_in", json_integer((json_int_t)step->counts.bytes_in));
	set(o, "bytes_out", json_integer((json_int_t)step->counts.bytes_out));
	set(o, "throughput_rps", number(step->throughput_rps));
	set(o, "throughput_ci95_rps", interval(step->throughput_ci95_rps));
	set(o, "independent_windows", number(step->independent_windows));
	if (step->precision > 0)
		set(o, "precision", precision_json(step));
	set(o, "latency_us", latency_json(&step->latency));
	set(o, "latency_ci95_us", latency_ci95_json(&step->latency_ci95));
	open_loop_json(o, step);
	set(o, "cpu", cpu_json(step));
	set(o, "queue", queue_json(step));
	set(o, "strain", strain_json(step));
	set(o, "checks", checks_json(step));
	set(o, "valid", json_boolean(step->valid));
	return o;
}

static json_t *maximum_json(const struct maximum *m)
{
	json_t *o = json_object();

	set(o, "throughput_rps", number(m->throughput_rps));
	set(o, "ci95_rps", interval(m->ci95_rps));
	set(o, "clients", json_integer(m->clients));
	set(o, "step", json_integer((json_int_t)m->step));
	set(o, "implied_rps", number(m->implied_rps));
	set(o, "cost_us_per_request",
	    json_pack("{s: o, s: o, s: o}", "user", number(m->cost.user), "system", number(m->cost.system),
		"total", number(m->cost.user + m->cost.system)));
	set(o, "cost_ci95_us_per_request", interval(m->cost_ci95_us));
	return o;
}

static json_t *limit_json(const struct limit *limit)
{
	json_t *o = json_object();

	set(o, "resource", text(resource_name(limit->resource)));
	set(o, "component", *limit->component ? text(limit->component) : json_null());
	set(o, "evidence", text(limit->evidence));
	return o;
}

static json_t *target_json(const struct result *r)
{
	json_t *o = json_object();

	set(o, "url", text(r->url ? r->url : ""));
	set(o, "protocol", text(protocol_name(r->protocol)));
	set(o, "socket", text(r->is_unix ? "unix" : "tcp"));
	set(o, "keepalive", json_boolean(r->keepalive));
	return o;
}

/* What only rows of a bench have, or of layers. */
static void set_bench_keys(json_t *o, const struct result *r)
{
	json_t *rounds = json_array(), *completed = json_array();

	for (size_t i = 0; i < r->n_rounds; i++) {
		json_array_append_new(rounds, number(r->rounds_rps[i]));
		json_array_append_new(completed, json_integer((json_int_t)r->rounds_completed[i]));
	}
	if (r->stack)
		set(o, "stack", text(r->stack));
	set(o, "rounds_rps", rounds);
	set(o, "rounds_completed", completed);
	set(o, "rounds_cost", json_rounds_cost(r));
	set(o, "idle_busy", number(r->idle_busy));
	set(o, "reference_rps", number(r->reference_rps));
}

json_t *json_of_result(const struct result *r)
{
	json_t *o = json_object(), *steps = json_array(), *why = json_array(), *checks = json_array();

	for (size_t i = 0; i < r->n_steps; i++)
		json_array_append_new(steps, step_json(&r->steps[i]));
	for (unsigned i = 0; i < r->n_why; i++) {
		json_array_append_new(why, text(r->why_not_valid[i]));
		json_array_append_new(checks, r->why_check[i] ? text(r->why_check[i]) : json_null());
	}
	set(o, "name", text(r->name ? r->name : ""));
	set(o, "workload", text(r->workload ? r->workload : ""));
	set(o, "target", target_json(r));
	set(o, "steps", steps);
	set(o, "maximum", r->has_maximum ? maximum_json(&r->maximum) : json_null());
	if (r->has_curve)
		set(o, "curve", json_curve(&r->curve));
	if (r->has_usl)
		set(o, "usl", json_usl(&r->usl));
	if (r->slo)
		set(o, "slo", slo_json(r));
	set(o, "limit", r->n_steps ? limit_json(&r->limit) : json_null());
	set(o, "valid", json_boolean(r->valid));
	set(o, "why_not_valid", why);
	set(o, "failed_checks", checks);
	set(o, "failed", r->failed ? text(r->failed) : json_null());
	if (r->phases)
		set(o, "phases", json_phases(r->phases));
	if (r->stack || r->n_rounds)
		set_bench_keys(o, r);
	return o;
}

static json_t *ratios_json(const struct report *report, const struct rank *rank)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < report->n_compare; i++) {
		json_t *o = json_object();

		set(o, "title", text(report->compare[i].title));
		set(o, "to", text(report->compare[i].row));
		set(o, "ratio", number(rank->ratios[i]));
		set(o, "reference_ratio", number(rank->reference_ratios[i]));
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

		set(o, "rank", json_integer(rank->rank));
		set(o, "name", text(report->results[rank->result].name));
		set(o, "workload", text(report->results[rank->result].workload));
		set(o, "throughput_rps", number(report->results[rank->result].maximum.throughput_rps));
		set(o, "ratios", ratios_json(report, rank));
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

		set(o, "name", text(f->name));
		set(o, "level", text(level_name(f->level)));
		set(o, "found", text(f->found));
		set(o, "wanted", *f->wanted ? text(f->wanted) : json_null());
		set(o, "effect", *f->effect ? text(f->effect) : json_null());
		set(o, "mend", *f->mend ? text(f->mend) : json_null());
		set(o, "advice", *f->advice ? text(f->advice) : json_null());
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
	set(o, "schema", json_integer(1));
	set(o, "maxq", text(MAXQ_VERSION));
	set(o, "command", text(report->command));
	set(o, "started_at", text(report->started_at));
	set(o, "complete", json_boolean(report->complete));
	set(o, "host", host_json(report));
	set(o, "settings", settings_json(report));
	if (report->n_versions)
		set(o, "versions", versions_json(report));
	if (report->findings)
		set(o, "findings", findings_json(report->findings));
	set(o, "results", results);
	if (report->ranking)
		set(o, "ranking", ranking_json(report));
	if (report->n_layers)
		set(o, "layers", json_layers(report));
	if (!strcmp(report->command, "compare") && !compare_rows(report, &comparison)) {
		set(o, "comparison", compare_json_rows(&comparison));
		comparison_release(&comparison);
	}
	if (report->reference)
		set(o, "reference", text(report->reference));
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
