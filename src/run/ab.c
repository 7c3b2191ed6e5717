// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "run/doctor.h"
#include "run/row.h"
#include "run/run.h"

uint64_t ab_seed(void)
{
	uint32_t seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = (uint32_t)clock_ns();
	/* of a size that every reader of JSON can hold */
	return seed;
}

/*
 * Both are there, and the generator runs beside both alike. *top is A, with the processes of both; it is to be closed also
 * after a failure. Names the rows.
 */
static int look(struct bench *b, struct target *top, struct err *err)
{
	struct target other = {0};
	int rc = target_open(&other, &b->plan, &b->plan.url_b, err);

	if (rc)
		return rc;
	rc = target_open(top, &b->plan, &b->plan.url, err);
	if (!rc) {
		target_add_server(top, &top->addr, NULL);
		target_add_server(top, &other.addr, NULL);
		target_place(top);
		snprintf(b->pair[0], sizeof(b->pair[0]), "A: %s", top->text);
		snprintf(b->pair[1], sizeof(b->pair[1]), "B: %s", other.text);
	}
	target_close(&other);
	return rc;
}

static int make_rows(struct bench *b, struct err *err)
{
	b->rows = calloc(2, sizeof(*b->rows));
	if (!b->rows)
		return err_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < 2; i++)
		b->rows[b->n_rows++] = (struct row){.name = b->pair[i],
		    .reference_rps = NAN,
		    .index = i,
		    .url = i ? b->plan.url_b : b->plan.url};
	return 0;
}

static int measure_pair(struct bench *b, const struct target *top, struct err *err)
{
	int rc = make_rows(b, err);

	if (rc)
		return rc;
	b->server_cpus = top->server_cpus;
	b->generator_cpus = top->generator_cpus;
	report_clear_settings(b->report);
	rounds_settle(&b->plan, b->n_rows);
	plan_describe(&b->plan, b->report);
	plan_describe_rounds(&b->plan, b->report);
	run_quick_check(&b->plan, top, &b->server_cpus, &b->generator_cpus, b->sink, b->report);
	target_pin_self(top);
	b->report->server_cpus = b->server_cpus;
	b->report->generator_cpus = b->generator_cpus;
	if (b->sink->begin)
		b->sink->begin(b->sink, b->report);
	rounds_measure(b);
	b->report->complete = !b->interrupted;
	return b->interrupted && !b->report->n_results ? -EINTR : 0;
}

int run_ab(const struct plan *plan, struct sink *sink, struct report *report, struct err *err)
{
	struct bench b = {.plan = *plan, .sink = sink, .report = report};
	struct target top = {0};
	int rc = look(&b, &top, err);

	if (!rc)
		rc = measure_pair(&b, &top, err);
	for (size_t i = 0; i < b.n_rows; i++)
		row_close(&b.rows[i]);
	free(b.rows);
	if (top.plan)
		target_close(&top);
	return rc;
}
