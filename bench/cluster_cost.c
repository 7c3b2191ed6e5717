// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What it costs to keep several machines together, beside the measured windows: for each step the comparison of clocks, the sample
 * of each rank, and the reduction of the totals. mpirun -np N build/cluster_cost prints medians of so many turns, in us.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "cluster/cluster.h"

enum { TURNS = 21, WINDOWS = 43 };

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Prints the median and the worst of a series. */
static void print(const char *what, int64_t *values_ns)
{
	size_t middle = TURNS / 2;

	qsort(values_ns, TURNS, sizeof(*values_ns), by_value);
	printf("  %-10s median %8.1f us, worst %8.1f us\n", what, (double)values_ns[middle] / NS_PER_US,
	    (double)values_ns[TURNS - 1] / NS_PER_US);
}

/* A sample of a step of 4.3 s. */
static void make_sample(struct step_sample *sample, struct buf *message)
{
	struct rank_share share = {0};

	if (step_sample_init(sample))
		abort();
	for (uint64_t i = 0; i < 100000; i++)
		hist_record(sample->latency, 20000 + i * 100);
	for (int w = 0; w < WINDOWS; w++) {
		struct window window = {.start_ns = w, .end_ns = w + 1};
		struct observed seen = {0};

		if (step_sample_add(sample, &window, &seen, NULL))
			abort();
	}
	buf_init(message, WIRE_SAMPLE_MAX);
	wire_sample_pack(message, sample, &share);
}

/* Of all other ranks, one after the other. Negative errno with a message. */
static int coordinate(struct cluster *c, struct wire_totals *totals, struct err *err)
{
	int64_t clocks_ns[TURNS], samples_ns[TURNS], reduce_ns[TURNS];
	unsigned n = cluster_size(c);
	int rc = 0;

	for (int turn = 0; turn < TURNS && !rc; turn++) {
		struct order step = {.kind = ORDER_STEP}, reduce = {.kind = ORDER_REDUCE};
		struct clock_offset offset;
		int64_t then_ns = clock_ns();

		for (unsigned r = 1; r < n && !rc; r++)
			rc = cluster_ask_clock(c, r, &offset, err);
		clocks_ns[turn] = clock_ns() - then_ns;
		then_ns = clock_ns();
		for (unsigned r = 1; r < n && !rc; r++)
			rc = cluster_order(c, r, &step, NULL, 0, err);
		for (unsigned r = 1; r < n && !rc; r++) {
			void *data = NULL;
			size_t len;

			rc = cluster_take_reply(c, r, &data, &len, clock_ns() + 10 * NS_PER_S, err);
			free(data);
		}
		samples_ns[turn] = clock_ns() - then_ns;
		then_ns = clock_ns();
		for (unsigned r = 1; r < n && !rc; r++)
			rc = cluster_order(c, r, &reduce, NULL, 0, err);
		if (!rc)
			rc = cluster_reduce(c, totals, clock_ns() + 10 * NS_PER_S, err);
		reduce_ns[turn] = clock_ns() - then_ns;
	}
	if (rc)
		return rc;
	printf("%u ranks\n", n);
	print("clocks", clocks_ns);
	print("samples", samples_ns);
	print("reduction", reduce_ns);
	for (unsigned r = 1; r < n && !rc; r++)
		rc = cluster_order(c, r, &(struct order){.kind = ORDER_END}, NULL, 0, err);
	return rc;
}

static int follow(struct cluster *c, struct wire_totals *totals, const struct buf *message, struct err *err)
{
	struct order order = {0};
	void *data;
	int rc = 0;

	while (!rc && order.kind != ORDER_END) {
		rc = cluster_next_order(c, &order, &data, err);
		if (!rc && order.kind == ORDER_CLOCK)
			rc = cluster_tell_clock(c, err);
		if (!rc && order.kind == ORDER_STEP)
			rc = cluster_reply(c, 0, NULL, message->data, message->len, err);
		if (!rc && order.kind == ORDER_REDUCE)
			rc = cluster_reduce(c, totals, CLOCK_NEVER, err);
	}
	return rc;
}

int main(void)
{
	struct wire_totals *totals = calloc(1, sizeof(*totals));
	struct cluster_spec spec = {0};
	struct cluster *c = NULL;
	struct step_sample sample;
	struct buf message;
	struct err err;
	int rc;

	if (!totals)
		return 1;
	interrupt_watch();
	make_sample(&sample, &message);
	wire_totals_pack(totals, &sample);
	rc = cluster_open(&c, &spec, &err);
	if (!rc)
		rc = cluster_rank(c) ? follow(c, totals, &message, &err) : coordinate(c, totals, &err);
	if (rc)
		fprintf(stderr, "cluster_cost: %s\n", err.msg);
	fflush(stdout);
	cluster_close(c, rc != 0);
	step_sample_release(&sample);
	buf_release(&message);
	free(totals);
	return rc != 0;
}
