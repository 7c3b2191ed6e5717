// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/live_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "observe/procs.h"

void live_model_begin(struct live_model *m, const struct report *report)
{
	*m = (struct live_model){
	    .searches = strcmp(report->command, "load") != 0,
	    .server_cpus = (unsigned)CPU_COUNT(&report->server_cpus),
	    .rps = NAN,
	    .generator = NAN,
	    .steal = NAN,
	};
	if (!m->server_cpus)
		m->server_cpus = report->host.cpus;
	snprintf(m->command, sizeof(m->command), "%s", report->command);
}

/* Nothing of the row before is shown any more. */
static void forget_row(struct live_model *m)
{
	m->n_windows = m->n_points = m->n_components = 0;
	m->completed_sum = 0;
	m->gauge_ns = m->generator_sum_ns = m->steal_sum_ns = m->capacity_sum_ns = 0;
	m->rps = m->generator = m->steal = NAN;
}

static void set_row(struct live_model *m, const struct progress *p)
{
	const char *name = p->name ? p->name : "";

	if (strncmp(m->name, name, sizeof(m->name) - 1) != 0 || m->row != p->row)
		forget_row(m);
	snprintf(m->name, sizeof(m->name), "%s", name);
	m->row = p->row;
	m->n_rows = p->n_rows;
	m->round = p->round;
	m->left_ns = p->left_ns;
	if (p->row < LIVE_ROWS_MAX)
		snprintf(m->rows[p->row].name, sizeof(m->rows[p->row].name), "%s", name);
}

void live_model_row(struct live_model *m, const struct progress *p, const char *doing)
{
	set_row(m, p);
	snprintf(m->doing, sizeof(m->doing), "%s", doing ? doing : "");
	m->elapsed_ns = m->step_ns = 0;
}

/* What was summed up is shown, once it is of long enough. */
static void set_gauges(struct live_model *m)
{
	bool is_first = isnan(m->rps);

	if (m->gauge_ns <= 0 || (m->gauge_ns < LIVE_GAUGE_NS && !is_first))
		return;
	m->rps = (double)m->completed_sum / clock_seconds(m->gauge_ns);
	m->generator = (double)m->generator_sum_ns / (double)m->gauge_ns;
	if (m->capacity_sum_ns > 0)
		m->steal = (double)m->steal_sum_ns / (double)m->capacity_sum_ns;
	for (size_t i = 0; i < m->n_components; i++) {
		m->components[i].cores = (double)m->components[i].sum_ns / (double)m->gauge_ns;
		m->components[i].sum_ns = 0;
	}
	m->completed_sum = 0;
	m->gauge_ns = m->generator_sum_ns = m->steal_sum_ns = m->capacity_sum_ns = 0;
}

void live_model_process(struct live_model *m, const char *component, int64_t cpu_ns)
{
	struct live_component *c;
	size_t i = 0;

	while (i < m->n_components && strcmp(m->components[i].name, component) != 0)
		i++;
	if (i == LIVE_COMPONENTS_MAX) {
		c = &m->components[LIVE_COMPONENTS_MAX - 1];
		snprintf(c->name, sizeof(c->name), "others");
	} else {
		c = &m->components[i];
	}
	if (i == m->n_components && i < LIVE_COMPONENTS_MAX) {
		*c = (struct live_component){.cores = 0};
		snprintf(c->name, sizeof(c->name), "%s", component);
		m->n_components++;
	}
	c->sum_ns += cpu_ns;
}

void live_model_processes(struct live_model *m, const struct progress *p, const struct observed *seen)
{
	size_t n = seen && p->procs ? procs_count(p->procs) : 0;

	for (size_t i = 0; i < n && i < seen->n_processes; i++)
		live_model_process(m, procs_facts(p->procs, i)->component, seen->processes[i].total_ns);
}

void live_model_window(
    struct live_model *m, const struct progress *p, const struct window *w, const struct observed *seen)
{
	int64_t length_ns = w->end_ns - w->start_ns;

	if (length_ns <= 0)
		return;
	if (p->elapsed_ns <= m->elapsed_ns || p->clients != m->clients) {
		m->errors = 0;
		m->completed = m->measured_s = 0;
	}
	set_row(m, p);
	m->doing[0] = '\0';
	m->clients = p->clients;
	m->elapsed_ns = p->elapsed_ns;
	m->step_ns = p->step_ns;
	m->warming_up = p->warming_up;
	m->errors += counts_errors(&w->counts);
	if (!p->warming_up) {
		m->completed += (double)w->counts.completed;
		m->measured_s += clock_seconds(length_ns);
	}
	m->windows_rps[m->n_windows++ % LIVE_WINDOWS_MAX] =
	    (double)w->counts.completed / clock_seconds(length_ns);
	m->gauge_ns += length_ns;
	m->completed_sum += w->counts.completed;
	m->generator_sum_ns += w->generator_busiest_ns;
	if (seen) {
		m->steal_sum_ns += seen->used.steal_ns;
		m->capacity_sum_ns += seen->used.busy_ns + seen->used.idle_ns + seen->used.steal_ns;
	}
	set_gauges(m);
}

/* As a bench does: without warm-up, all rounds together. */
void live_model_sample(struct live_model *m, const struct progress *p, const struct step_sample *sample)
{
	struct live_row *row = p->row < LIVE_ROWS_MAX ? &m->rows[p->row] : NULL;

	if (!row || !p->round)
		return;
	for (size_t w = sample->warmup_windows; w < sample->n_windows; w++) {
		const struct window *window = &sample->windows[w];

		row->completed += (double)window->counts.completed;
		row->length_s += clock_seconds(window->end_ns - window->start_ns);
	}
	if (row->length_s > 0)
		row->rps = row->completed / row->length_s;
}

void live_model_step(struct live_model *m, const struct step *step)
{
	bool by_rate = step->open.rate > 0;
	struct live_point point = {by_rate ? (double)step->open.rate : step->clients, step->throughput_rps};
	size_t i = 0;

	m->completed = m->measured_s = 0;
	if (by_rate)
		point.rps = step->open.achieved_rps;
	if (!isfinite(point.rps) || point.load < 1)
		return;
	if (by_rate != m->by_rate)
		m->n_points = 0;
	m->by_rate = by_rate;
	while (i < m->n_points && m->points[i].load < point.load)
		i++;
	/* the same load once more: what was measured last, and longer, holds */
	if (i < m->n_points && m->points[i].load == point.load) {
		m->points[i] = point;
		return;
	}
	if (m->n_points == LIVE_POINTS_MAX)
		return;
	memmove(&m->points[i + 1], &m->points[i], (m->n_points - i) * sizeof(*m->points));
	m->points[i] = point;
	m->n_points++;
}

void live_model_searched(struct live_model *m, const struct progress *p, const struct step *step)
{
	if (p->row < LIVE_ROWS_MAX)
		m->rows[p->row].rps = step->throughput_rps;
}
