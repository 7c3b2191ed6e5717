// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "report/json_get.h"

enum { SCHEMA = 1, TEXTS_MAX = 1 << 20 };

static void read_cpus(const json_t *list, cpu_set_t *cpus)
{
	CPU_ZERO(cpus);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *cpu = json_array_get(list, i);

		if (json_is_integer(cpu) && json_integer_value(cpu) >= 0 &&
		    json_integer_value(cpu) < CPU_SETSIZE)
			CPU_SET((size_t)json_integer_value(cpu), cpus);
	}
}

static void read_host(const json_t *json, struct report *report)
{
	struct host_facts *host = &report->host;

	host->cpus = get_unsigned(json, "cpus");
	host->memory_bytes = get_count(json, "memory_bytes");
	get_field(json, "cpu_model", host->cpu_model, sizeof(host->cpu_model));
	get_field(json, "kernel", host->kernel, sizeof(host->kernel));
	get_field(json, "virtualisation", host->virtualisation, sizeof(host->virtualisation));
	read_cpus(json_object_get(json, "generator_cpus"), &report->generator_cpus);
	read_cpus(json_object_get(json, "server_cpus"), &report->server_cpus);
}

static int read_integers(const json_t *list, struct setting *setting)
{
	size_t n = json_array_size(list);

	setting->kind = SETTING_INTEGERS;
	setting->integers = calloc(n + 1, sizeof(*setting->integers));
	if (!setting->integers)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		setting->integers[i] = (unsigned)json_integer_value(json_array_get(list, i));
	setting->n_integers = n;
	return 0;
}

static int read_texts(const json_t *list, struct setting *setting)
{
	struct buf lines;

	buf_init(&lines, TEXTS_MAX);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *line = json_string_value(json_array_get(list, i));

		buf_printf(&lines, "%s%s", i ? "\n" : "", line ? line : "");
	}
	setting->kind = SETTING_TEXTS;
	setting->text = strdup(lines.data);
	buf_release(&lines);
	return setting->text ? 0 : -ENOMEM;
}

static int read_setting(const json_t *value, struct setting *setting)
{
	switch (json_typeof(value)) {
	case JSON_TRUE:
	case JSON_FALSE:
		setting->kind = SETTING_BOOL;
		setting->flag = json_is_true(value);
		return 0;
	case JSON_INTEGER:
		setting->kind = SETTING_INTEGER;
		setting->integer = json_integer_value(value);
		return 0;
	case JSON_REAL:
		setting->kind = SETTING_NUMBER;
		setting->number = json_real_value(value);
		return 0;
	case JSON_STRING:
		setting->kind = SETTING_TEXT;
		setting->text = strdup(json_string_value(value));
		return setting->text ? 0 : -ENOMEM;
	case JSON_ARRAY:
		return json_is_integer(json_array_get(value, 0)) ? read_integers(value, setting)
								 : read_texts(value, setting);
	default:
		return 0;
	}
}

static int read_settings(json_t *json, struct report *report)
{
	const char *key;
	json_t *value;
	int rc = 0;

	json_object_foreach(json, key, value) if (!rc && report->n_settings < SETTINGS_MAX) rc =
	    read_setting(value, report_add_setting(report, key, SETTING_UNKNOWN));
	return rc;
}

static int read_versions(json_t *json, struct report *report)
{
	const char *key;
	json_t *value;
	int rc = 0;

	json_object_foreach(json, key, value) if (!rc && json_is_string(value)) rc =
	    report_add_version(report, key, json_string_value(value));
	return rc;
}

static void read_finding(const json_t *json, struct findings *findings)
{
	const char *name = get_text(json, "name"), *level = get_text(json, "level");
	struct finding *f = findings_add(findings, name ? name : "");

	for (int i = 0; i < LEVEL_COUNT && level; i++)
		if (!strcmp(level, level_name((enum finding_level)i)))
			f->level = (enum finding_level)i;
	get_field(json, "found", f->found, sizeof(f->found));
	get_field(json, "wanted", f->wanted, sizeof(f->wanted));
	get_field(json, "effect", f->effect, sizeof(f->effect));
	get_field(json, "mend", f->mend, sizeof(f->mend));
	get_field(json, "advice", f->advice, sizeof(f->advice));
}

static int read_findings(const json_t *json, struct report *report)
{
	if (!json_is_array(json))
		return 0;
	report->findings = calloc(1, sizeof(*report->findings));
	if (!report->findings)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(json) && i < FINDINGS_MAX; i++)
		read_finding(json_array_get(json, i), report->findings);
	return 0;
}

static int read_results(const json_t *json, struct report *report)
{
	int rc = 0;

	for (size_t i = 0; i < json_array_size(json) && !rc; i++) {
		struct result *result = report_add_result(report);

		rc = result ? json_read_result(json_array_get(json, i), result) : -ENOMEM;
	}
	return rc;
}

int json_find_result(const struct report *report, const char *name)
{
	for (size_t i = 0; i < report->n_results && name; i++)
		if (!strcmp(report->results[i].name, name))
			return (int)i;
	return -ENOENT;
}

/* Two rows can have one name, but not one place: of those with that name the one with that throughput. */
static int find_ranked(const struct report *report, const json_t *rank)
{
	const char *name = get_text(rank, "name");
	double throughput_rps = get_number(rank, "throughput_rps");

	for (size_t i = 0; i < report->n_results && name; i++) {
		const struct result *r = &report->results[i];

		/* only what has a maximum can be ranked, and is shown by it */
		if (r->has_maximum && !strcmp(r->name, name) && r->maximum.throughput_rps == throughput_rps)
			return (int)i;
	}
	return -ENOENT;
}

static void read_rank(const json_t *json, size_t result, const struct report *report, struct rank *rank)
{
	const json_t *ratios = json_object_get(json, "ratios");

	*rank = (struct rank){.result = result, .rank = get_unsigned(json, "rank")};
	for (unsigned i = 0; i < report->n_compare; i++) {
		const json_t *ratio = json_array_get(ratios, i);

		rank->ratios[i] = get_number(ratio, "ratio");
		rank->reference_ratios[i] = get_number(ratio, "reference_ratio");
	}
}

static int read_ranking(const json_t *json, struct report *report)
{
	const json_t *columns = json_object_get(json_array_get(json, 0), "ratios");
	size_t n = json_array_size(json);
	int rc = 0;

	if (!json_is_array(json))
		return 0;
	report->ranking = calloc(n + 1, sizeof(*report->ranking));
	if (!report->ranking)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(columns) && i < COMPARE_MAX && !rc; i++) {
		const char *title = get_text(json_array_get(columns, i), "title"),
			   *row = get_text(json_array_get(columns, i), "to");

		rc = report_add_compare(report, title ? title : "", row ? row : "");
	}
	for (size_t i = 0; i < n && !rc; i++) {
		int at = find_ranked(report, json_array_get(json, i));

		if (at >= 0)
			read_rank(json_array_get(json, i), (size_t)at, report,
			    &report->ranking[report->n_ranking++]);
	}
	return rc;
}

static int read_report(json_t *json, struct report *report)
{
	int rc;

	report->command = get_text(json, "command");
	get_field(json, "started_at", report->started_at, sizeof(report->started_at));
	report->complete = get_flag(json, "complete");
	read_host(json_object_get(json, "host"), report);
	rc = read_settings(json_object_get(json, "settings"), report);
	if (!rc)
		rc = read_versions(json_object_get(json, "versions"), report);
	if (!rc)
		rc = read_findings(json_object_get(json, "findings"), report);
	if (!rc)
		rc = read_results(json_object_get(json, "results"), report);
	if (!rc)
		rc = read_ranking(json_object_get(json, "ranking"), report);
	if (!rc)
		rc = json_read_layers(json_object_get(json, "layers"), report);
	if (!rc && get_text(json, "reference")) {
		report->reference = get_copy(json, "reference");
		rc = report->reference ? 0 : -ENOMEM;
	}
	return rc;
}

int json_read(json_t *json, struct document *document, struct err *err)
{
	struct document read = {.json = json};
	int rc = 0;

	if (!get_text(json, "command") || !get_text(json, "maxq") ||
	    !json_is_array(json_object_get(json, "results")))
		rc = err_set(err, -EPROTO, "this is not a result of maxq");
	else if (get_count(json, "schema") != SCHEMA)
		rc =
		    err_set(err, -EPROTO, "this result has another schema than %d: use a newer maxq", SCHEMA);
	if (!rc && read_report(json, &read.report))
		rc = err_set(err, -ENOMEM, "out of memory");
	if (rc)
		document_release(&read);
	else
		*document = read;
	return rc;
}

void document_release(struct document *document)
{
	report_release(&document->report);
	json_decref(document->json);
	document->json = NULL;
}
