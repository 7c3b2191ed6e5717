// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
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
	rounds_of_servers(b, top);
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
