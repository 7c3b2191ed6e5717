// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/run_summary.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/limit.h"

enum { MIB_SHIFT = 20 };

/* The text of the setting, with spaces between its lines; NULL: there is no such setting, or it says nothing. */
static char *setting_text(const struct report *report, const char *key)
{
	for (unsigned i = 0; i < report->n_settings; i++) {
		const struct setting *s = &report->settings[i];
		char *text;

		if (strcmp(s->key, key) != 0 || !s->text || !*s->text)
			continue;
		text = strdup(s->text);
		for (char *at = text; at && *at; at++)
			if (*at == '\n')
				*at = ' ';
		return text;
	}
	return NULL;
}

static char *target_of(const struct report *report)
{
	char *text = NULL;

	if (!strcmp(report->command, "bench")) {
		text = setting_text(report, "stacks");
		if (!text)
			text = setting_text(report, "suite");
	} else if (!strcmp(report->command, "compare") && report->n_results == 2 && report->results[0].name &&
	    report->results[1].name) {
		if (asprintf(&text, "%s %s", report->results[0].name, report->results[1].name) < 0)
			text = NULL;
	} else if (report->n_results && report->results[0].name) {
		text = strdup(report->results[0].name);
	}
	return text ? text : strdup("");
}

static const struct step *best_step(const struct result *r)
{
	const struct step *best = NULL;

	if (r->has_maximum && r->maximum.step < r->n_steps)
		return &r->steps[r->maximum.step];
	for (size_t i = 0; i < r->n_steps; i++)
		if (r->steps[i].throughput_rps > 0 &&
		    (!best || r->steps[i].throughput_rps > best->throughput_rps))
			best = &r->steps[i];
	return best;
}

int summarize_run(const struct report *report, struct run_summary *summary)
{
	struct run_summary s = {
	    .target = target_of(report),
	    .maximum_rps = NAN,
	    .cost_us = NAN,
	    .valid = report->complete && report->n_results,
	    .complete = report->complete,
	};

	if (!s.target)
		return -ENOMEM;
	snprintf(s.started_at, sizeof(s.started_at), "%s", report->started_at);
	snprintf(s.command, sizeof(s.command), "%s", report->command);
	for (size_t i = 0; i < report->n_results; i++) {
		const struct step *step = best_step(&report->results[i]);
		struct cost_us cost;

		s.valid &= report->results[i].valid;
		if (!step || step->throughput_rps <= s.maximum_rps)
			continue;
		cost = server_cost(step);
		s.maximum_rps = step->throughput_rps;
		s.cost_us = cost.user + cost.system;
	}
	*summary = s;
	return 0;
}

void run_summary_release(struct run_summary *summary)
{
	free(summary->target);
	free(summary->labels);
	*summary = (struct run_summary){0};
}

void host_fingerprint(const struct host_facts *host, char *text, size_t size)
{
	snprintf(text, size, "cpu_model=%s\ncpus=%u\nkernel=%s\nmemory_mib=%llu\nvirtualisation=%s\n",
	    host->cpu_model, host->cpus, host->kernel, (unsigned long long)(host->memory_bytes >> MIB_SHIFT),
	    *host->virtualisation ? host->virtualisation : "unknown");
}
