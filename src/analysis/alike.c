// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/alike.h"

#include <stdio.h>
#include <string.h>

#include "analysis/run_summary.h"
#include "base/cpus.h"

enum { VALUE_MAX = 80 };

/* What a run was asked for, but what makes no other load. */
static const char *const shapeless[] = {"requests", "duration_s", "warmup_s", "precision", "budget_s",
    "rounds", "stacks", "suite", "ready_s", "catalog", "catalog_b", "phases", "layers", "timeout_s",
    "expect_status", "expect_body", "latency_limit_s", "seed"};

static void note(struct comparison *c, const char *what, const char *a, const char *b)
{
	if (strcmp(a, b) == 0 || c->n_unlike == UNLIKE_MAX)
		return;
	snprintf(c->unlike[c->n_unlike++], UNLIKE_TEXT, "%s: '%.80s' and '%.80s'", what, a, b);
}

static void note_number(struct comparison *c, const char *what, double a, double b)
{
	char text_a[VALUE_MAX], text_b[VALUE_MAX];

	snprintf(text_a, sizeof(text_a), "%.10g", a);
	snprintf(text_b, sizeof(text_b), "%.10g", b);
	note(c, what, text_a, text_b);
}

/* Line by line, KEY=VALUE. Both have the same keys. */
static void note_machine(const struct report *a, const struct report *b, struct comparison *c)
{
	char text_a[FINGERPRINT_MAX], text_b[FINGERPRINT_MAX];
	char *rest_a = text_a, *rest_b = text_b;

	host_fingerprint(&a->host, text_a, sizeof(text_a));
	host_fingerprint(&b->host, text_b, sizeof(text_b));
	while (rest_a && rest_b && *rest_a && *rest_b) {
		char *line_a = strsep(&rest_a, "\n"), *line_b = strsep(&rest_b, "\n");
		char *value_a = strchr(line_a, '='), *value_b = strchr(line_b, '=');

		if (!value_a || !value_b)
			continue;
		*value_a = '\0';
		note(c, line_a, value_a + 1, value_b + 1);
	}
}

static void note_cpus(struct comparison *c, const char *what, const cpu_set_t *a, const cpu_set_t *b)
{
	char text_a[CPUS_TEXT_MAX], text_b[CPUS_TEXT_MAX];

	cpus_format(a, text_a, sizeof(text_a));
	cpus_format(b, text_b, sizeof(text_b));
	note(c, what, text_a, text_b);
}

/* The value as a text, with commas between several; empty: there is no such setting. */
static void format_setting(const struct setting *s, char text[VALUE_MAX])
{
	size_t len = 0;

	text[0] = '\0';
	if (!s)
		return;
	switch (s->kind) {
	case SETTING_BOOL:
		snprintf(text, VALUE_MAX, "%s", s->flag ? "true" : "false");
		break;
	case SETTING_INTEGER:
		snprintf(text, VALUE_MAX, "%lld", (long long)s->integer);
		break;
	case SETTING_NUMBER:
		snprintf(text, VALUE_MAX, "%.10g", s->number);
		break;
	case SETTING_TEXT:
	case SETTING_TEXTS:
		snprintf(text, VALUE_MAX, "%s", s->text ? s->text : "");
		for (char *p = strchr(text, '\n'); p; p = strchr(p, '\n'))
			*p = ',';
		break;
	case SETTING_INTEGERS:
		for (size_t i = 0; i < s->n_integers && len + 12 < VALUE_MAX; i++)
			len += (size_t)snprintf(
			    text + len, VALUE_MAX - len, "%s%u", i ? "," : "", s->integers[i]);
		break;
	case SETTING_UNKNOWN:
		snprintf(text, VALUE_MAX, "unknown");
		break;
	}
}

static const struct setting *find(const struct report *report, const char *key)
{
	for (unsigned i = 0; i < report->n_settings; i++)
		if (!strcmp(report->settings[i].key, key))
			return &report->settings[i];
	return NULL;
}

static bool shapes_load(const struct report *report, const char *key)
{
	for (size_t i = 0; i < sizeof(shapeless) / sizeof(shapeless[0]); i++)
		if (!strcmp(key, shapeless[i]))
			return false;
	/* a load's are those of its step, whether they were given or not */
	return strcmp(key, "clients") != 0 || strcmp(report->command, "load") != 0;
}

static void note_settings(const struct report *a, const struct report *b, struct comparison *c)
{
	char text_a[VALUE_MAX], text_b[VALUE_MAX];

	for (unsigned i = 0; i < a->n_settings; i++) {
		if (!shapes_load(a, a->settings[i].key))
			continue;
		format_setting(&a->settings[i], text_a);
		format_setting(find(b, a->settings[i].key), text_b);
		note(c, a->settings[i].key, text_a, text_b);
	}
	for (unsigned i = 0; i < b->n_settings; i++) {
		if (!shapes_load(b, b->settings[i].key) || find(a, b->settings[i].key))
			continue;
		format_setting(&b->settings[i], text_b);
		note(c, b->settings[i].key, "", text_b);
	}
}

/* How a row is asked; of a load also by how many. */
static void note_row(const struct compared *row, bool is_load, struct comparison *c)
{
	const struct result *a = row->a, *b = row->b;

	note(c, "protocol", protocol_name(a->protocol), protocol_name(b->protocol));
	note(c, "socket", a->is_unix ? "unix" : "tcp", b->is_unix ? "unix" : "tcp");
	note(c, "connections", a->keepalive ? "kept alive" : "one a request",
	    b->keepalive ? "kept alive" : "one a request");
	note(c, "workload", a->workload ? a->workload : "", b->workload ? b->workload : "");
	if (!is_load || !row->step_a || !row->step_b)
		return;
	note_number(c, "clients", row->step_a->clients, row->step_b->clients);
}

void find_unlike(const struct report *a, const struct report *b, struct comparison *comparison)
{
	bool is_load = !strcmp(a->command, "load") && !strcmp(b->command, "load");

	note_machine(a, b, comparison);
	note_cpus(comparison, "generator's CPUs", &a->generator_cpus, &b->generator_cpus);
	note_cpus(comparison, "server's CPUs", &a->server_cpus, &b->server_cpus);
	note(comparison, "command", a->command, b->command);
	note_settings(a, b, comparison);
	for (size_t i = 0; i < comparison->n_rows; i++)
		note_row(&comparison->rows[i], is_load, comparison);
}
