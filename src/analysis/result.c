// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/result.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/functions.h"
#include "analysis/layers.h"
#include "analysis/phases.h"

const char *resource_name(enum resource resource)
{
	static const char *const names[RESOURCE_COUNT] = {
	    [RESOURCE_SERVER_CPU] = "server-cpu",
	    [RESOURCE_GENERATOR_CPU] = "generator-cpu",
	    [RESOURCE_BACKLOG] = "backlog",
	    [RESOURCE_FILES] = "files",
	    [RESOURCE_PORTS] = "ports",
	    [RESOURCE_MEMORY] = "memory",
	    [RESOURCE_BANDWIDTH] = "bandwidth",
	    [RESOURCE_WORKERS] = "workers",
	    [RESOURCE_ERRORS] = "errors",
	    [RESOURCE_NOT_REACHED] = "not-reached",
	};

	return names[resource];
}

void result_release(struct result *result)
{
	for (size_t i = 0; i < result->n_steps; i++) {
		free(result->steps[i].processes);
		free((void *)result->steps[i].ranks);
	}
	for (unsigned i = 0; i < result->n_why; i++)
		free(result->why_not_valid[i]);
	for (size_t i = 0; i < result->n_components; i++)
		free(result->components[i].rounds);
	free(result->components);
	free(result->steps);
	free(result->name);
	free(result->stack);
	free(result->rounds_rps);
	free(result->rounds_completed);
	free(result->rounds_number);
	free(result->workload);
	free(result->url);
	free(result->failed);
	free(result->slo);
	function_profile_free(result->functions);
	phases_free(result->phases);
	*result = (struct result){0};
}

struct step *result_add_step(struct result *result, const struct step *step)
{
	struct step *steps = realloc(result->steps, (result->n_steps + 1) * sizeof(*steps));
	struct rank_share *ranks = NULL;

	if (!steps)
		return NULL;
	result->steps = steps;
	if (step->n_ranks) {
		ranks = calloc(step->n_ranks, sizeof(*ranks));
		if (!ranks)
			return NULL;
		memcpy(ranks, step->ranks, step->n_ranks * sizeof(*ranks));
	}
	steps[result->n_steps] = *step;
	steps[result->n_steps].ranks = ranks;
	return &steps[result->n_steps++];
}

static void add_why(struct result *result, const char *check, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));

static void add_why(struct result *result, const char *check, const char *fmt, va_list args)
{
	char *why;

	result->valid = false;
	if (vasprintf(&why, fmt, args) < 0)
		return;
	for (unsigned i = 0; i < result->n_why; i++) {
		if (!strcmp(result->why_not_valid[i], why)) {
			free(why);
			return;
		}
	}
	if (result->n_why == WHY_MAX) {
		free(why);
		return;
	}
	result->why_check[result->n_why] = check;
	result->why_not_valid[result->n_why++] = why;
}

void result_not_valid(struct result *result, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_why(result, NULL, fmt, args);
	va_end(args);
}

void result_check_failed(struct result *result, const char *check, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_why(result, check, fmt, args);
	va_end(args);
}

int report_add_compare(struct report *report, const char *title, const char *row)
{
	struct compare *compare = &report->compare[report->n_compare];

	if (report->n_compare == COMPARE_MAX)
		return -ENOSPC;
	*compare = (struct compare){.title = strdup(title), .row = strdup(row)};
	report->n_compare++;
	return compare->title && compare->row ? 0 : -ENOMEM;
}

const char *report_version(const struct report *report, const char *component)
{
	for (size_t i = 0; i < report->n_versions; i++)
		if (!strcmp(report->versions[i].component, component))
			return report->versions[i].text;
	return NULL;
}

int report_add_version(struct report *report, const char *component, const char *text)
{
	struct version *versions;

	if (report_version(report, component))
		return 0;
	versions = realloc(report->versions, (report->n_versions + 1) * sizeof(*versions));
	if (!versions)
		return -ENOMEM;
	report->versions = versions;
	versions += report->n_versions++;
	*versions = (struct version){0};
	snprintf(versions->component, sizeof(versions->component), "%s", component);
	snprintf(versions->text, sizeof(versions->text), "%s", text);
	return 0;
}

struct result *report_add_result(struct report *report)
{
	struct result *results = realloc(report->results, (report->n_results + 1) * sizeof(*results));

	if (!results)
		return NULL;
	report->results = results;
	results[report->n_results] = (struct result){.valid = true, .idle_busy = NAN, .reference_rps = NAN};
	return &results[report->n_results++];
}

void report_drop_result(struct report *report)
{
	if (report->n_results)
		result_release(&report->results[--report->n_results]);
}

struct setting *report_add_setting(struct report *report, const char *key, enum setting_kind kind)
{
	struct setting *setting;

	if (report->n_settings < SETTINGS_MAX)
		report->n_settings++;
	setting = &report->settings[report->n_settings - 1];
	*setting = (struct setting){.key = key, .kind = kind};
	return setting;
}

void report_clear_settings(struct report *report)
{
	for (unsigned i = 0; i < report->n_settings; i++) {
		free(report->settings[i].text);
		free(report->settings[i].integers);
	}
	report->n_settings = 0;
}

void report_release(struct report *report)
{
	for (size_t i = 0; i < report->n_results; i++)
		result_release(&report->results[i]);
	report_clear_settings(report);
	for (unsigned i = 0; i < report->n_compare; i++) {
		free(report->compare[i].title);
		free(report->compare[i].row);
	}
	for (size_t i = 0; i < report->n_layers; i++)
		layers_release(&report->layers[i]);
	free(report->layers);
	free(report->versions);
	free(report->reference);
	free(report->results);
	free(report->findings);
	free(report->examined);
	free(report->ranking);
	*report = (struct report){0};
}

bool report_has_rounds(const struct report *report)
{
	static const char *const commands[] = {"bench", "layers", "profile", "compare"};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(report->command, commands[i]))
			return true;
	return false;
}
