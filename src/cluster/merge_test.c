// SPDX-License-Identifier: GPL-3.0-or-later
/* Merging: what several machines sampled comes to what one would have, to the count and to the bucket. */
#include "cluster/merge.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/unittest.h"
#include "cluster/share.h"
#include "cluster/wire.h"

enum { W = 100 };

static const int64_t w_ns = W * NS_PER_MS;

/* A sample with windows that end at these multiples of the usual one after `start_ns`, each with 10 x its length completed. */
static void make(struct step_sample *sample, int64_t start_ns, const int *ends, size_t n)
{
	int from = 0;

	assert_int_equal(step_sample_init(sample), 0);
	for (size_t i = 0; i < n; i++) {
		struct window window = {.start_ns = start_ns + from * w_ns,
		    .end_ns = start_ns + ends[i] * w_ns,
		    .counts = {.started = 11 * (uint64_t)(ends[i] - from),
			.completed = 10 * (uint64_t)(ends[i] - from)},
		    .generator = {.user_ns = 5, .system_ns = 7},
		    .generator_busiest_ns = 3};
		struct observed seen = {.elapsed_ns = (ends[i] - from) * w_ns, .host = {.busy_ns = 9}};

		from = ends[i];
		assert_int_equal(step_sample_add(sample, &window, &seen, NULL), 0);
	}
}

/* Merges, checks that nothing is lost and that windows follow each other, and returns how many there are. */
static size_t merged(const struct merge_part *parts, size_t n, struct step_sample *into)
{
	struct counts all = {0}, sum = {0};

	assert_int_equal(step_sample_init(into), 0);
	assert_int_equal(merge_windows(into, parts, n, w_ns), 0);
	for (size_t i = 0; i < n; i++)
		for (size_t w = 0; w < parts[i].sample->n_windows && !parts[i].is_observer; w++)
			counts_add(&all, &parts[i].sample->windows[w].counts);
	for (size_t w = 0; w < into->n_windows; w++) {
		counts_add(&sum, &into->windows[w].counts);
		if (w)
			assert_int_equal(into->windows[w].start_ns, into->windows[w - 1].end_ns);
	}
	assert_memory_equal(&sum, &all, sizeof(sum));
	return into->n_windows;
}

static void test_aligned(void **state)
{
	static const int ends[] = {1, 2, 3, 4, 5};
	struct step_sample a, b, o, into;
	struct merge_part parts[] = {{.sample = &a}, {.sample = &b}, {.sample = &o, .is_observer = true}};

	(void)state;
	/* three clocks that have nothing to do with each other */
	make(&a, 1000, ends, 5);
	make(&b, 77 * NS_PER_S + 13, ends, 5);
	make(&o, 5, ends, 5);
	b.windows[1].generator_busiest_ns = 90; /* in the warm-up: does not count */
	b.windows[3].generator_busiest_ns = 50;
	o.observed[4].memory.stalled_ns = 8;
	o.observed[4].own_ns = 6;
	a.warmup_windows = b.warmup_windows = 2;
	assert_int_equal(merged(parts, 3, &into), 5);
	assert_int_equal(into.windows[0].end_ns - into.windows[0].start_ns, w_ns);
	assert_int_equal(into.windows[0].counts.completed, 20);
	assert_int_equal(into.windows[0].generator.user_ns, 10);
	assert_int_equal(into.windows[0].generator.system_ns, 14);
	/* of one thread it is the busiest machine's */
	assert_int_equal(into.windows[3].generator_busiest_ns, 50);
	assert_int_equal(into.windows[4].generator_busiest_ns, 3);
	assert_int_equal(into.windows[4].spans, 1);
	assert_int_equal(into.observed[4].memory.stalled_ns, 8);
	assert_int_equal(into.observed[4].own_ns, 6);
	assert_int_equal(into.observed[4].host.busy_ns, 9);
	assert_int_equal(into.observed[4].elapsed_ns, w_ns);
	step_sample_release(&a);
	step_sample_release(&b);
	step_sample_release(&o);
	step_sample_release(&into);
}

/* Who was late has fewer windows, and so has the whole: 1, 4 (of 2-4 and 3), 6 (of 5-6), 7. */
static void test_late(void **state)
{
	static const int of_a[] = {1, 2, 4, 5, 6, 7}, of_b[] = {1, 3, 4, 6, 7},
			 of_o[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	static const int ends[] = {1, 4, 6, 7};
	struct step_sample a, b, o, into;
	struct merge_part parts[] = {{.sample = &a}, {.sample = &b}, {.sample = &o, .is_observer = true}};

	(void)state;
	make(&a, 500, of_a, 6);
	make(&b, 900, of_b, 5);
	make(&o, 0, of_o, 9);
	assert_int_equal(merged(parts, 3, &into), 4);
	for (int w = 0; w < 4; w++) {
		assert_int_equal(into.windows[w].end_ns - into.windows[0].start_ns, ends[w] * w_ns);
		assert_int_equal(
		    into.observed[w].elapsed_ns, into.windows[w].end_ns - into.windows[w].start_ns);
	}
	assert_int_equal(into.windows[1].counts.completed, 60);
	assert_int_equal(into.windows[1].spans, 3);
	step_sample_release(&a);
	step_sample_release(&b);
	step_sample_release(&o);
	step_sample_release(&into);
}

/* Of a number of requests one generator is done before the other, and the last windows are short. */
static void test_requests(void **state)
{
	static const int of_a[] = {1, 2, 3}, of_b[] = {1, 2}, of_o[] = {1, 2, 3, 4, 5};
	struct step_sample a, b, o, into;
	struct merge_part parts[] = {{.sample = &a}, {.sample = &b}, {.sample = &o, .is_observer = true}};

	(void)state;
	make(&a, 0, of_a, 3);
	make(&b, 0, of_b, 2);
	make(&o, 0, of_o, 5);
	a.windows[2].end_ns -= w_ns / 3;
	b.windows[1].end_ns -= w_ns / 2;
	/* after the last one of the generators the observer waited only to be told */
	assert_int_equal(merged(parts, 3, &into), 3);
	assert_int_equal(into.windows[2].end_ns - into.windows[0].start_ns, 3 * w_ns - w_ns / 3);
	assert_int_equal(into.windows[2].counts.completed, 10);
	step_sample_release(&a);
	step_sample_release(&b);
	step_sample_release(&o);
	step_sample_release(&into);
}

/* Numbers that are alike in all builds. */
static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *state >> 33;
}

/* The reduction adds arrays: its result has the percentiles of one histogram that got all values, to the bucket. */
static void test_totals(void **state)
{
	enum { RANKS = 5, VALUES = 20000 };
	struct wire_totals *all = calloc(1, sizeof(*all)), *one = calloc(1, sizeof(*one));
	struct hist *whole = calloc(1, sizeof(*whole));
	struct step_sample into;
	uint64_t seed = 7;

	(void)state;
	hist_init(whole);
	wire_totals_init(all);
	for (int r = 0; r < RANKS; r++) {
		struct step_sample sample;

		assert_int_equal(step_sample_init(&sample), 0);
		sample.counts.completed = 1000 + (uint64_t)r;
		sample.in_flight = (uint64_t)r;
		sample.unsent = 2 * (uint64_t)r;
		sample.size_min = r ? 100 - (uint64_t)r : 0;
		sample.size_max = r ? 100 + (uint64_t)r : 0;
		sample.clients_connected = 3;
		sample.status[200] = 10 * (uint64_t)r;
		/* machines that differ by orders of magnitude, and one that has nothing */
		for (int i = 0; r && i < VALUES; i++) {
			uint64_t value = next_random(&seed) >> (4 * r);

			hist_record(sample.latency, value);
			hist_record(whole, value);
		}
		wire_totals_pack(one, &sample);
		for (int i = 0; i < WIRE_SUMS; i++)
			all->sums[i] += one->sums[i];
		for (int i = 0; i < WIRE_EXTREMES; i++) {
			all->least[i] = one->least[i] < all->least[i] ? one->least[i] : all->least[i];
			all->most[i] = one->most[i] > all->most[i] ? one->most[i] : all->most[i];
		}
		step_sample_release(&sample);
	}
	assert_int_equal(step_sample_init(&into), 0);
	wire_totals_unpack(all, &into);
	assert_memory_equal(into.latency, whole, sizeof(*whole));
	assert_true(hist_quantile_ns(into.latency, 0.99) == hist_quantile_ns(whole, 0.99));
	assert_int_equal(into.counts.completed, 5010);
	assert_int_equal(into.in_flight, 10);
	assert_int_equal(into.unsent, 20);
	assert_int_equal(into.size_min, 96);
	assert_int_equal(into.size_max, 104);
	assert_int_equal(into.clients_connected, 15);
	assert_int_equal(into.status[200], 100);
	step_sample_release(&into);
	free(all);
	free(one);
	free(whole);
}

static void test_message(void **state)
{
	static const int ends[] = {1, 3, 4};
	struct process_cpu cpu[2] = {{.total_ns = 1}, {.total_ns = 2}};
	struct rank_share share = {.rank = 3, .role = ROLE_OBSERVER, .host = "web1", .completed = 70},
			  got_share;
	struct step_sample sample, got;
	struct wire_texts texts;
	struct buf message;

	(void)state;
	make(&sample, 50, ends, 3);
	sample.io = "epoll";
	sample.first_why[FAILURE_PROTOCOL] = "a response without an end";
	sample.n_processes = 2;
	sample.processes = calloc(2, sizeof(*sample.processes));
	sample.processes[1].pid = 4711;
	free(sample.observed[2].processes);
	sample.observed[2].processes = calloc(2, sizeof(cpu[0]));
	memcpy(sample.observed[2].processes, cpu, sizeof(cpu));
	sample.observed[2].n_processes = 2;
	buf_init(&message, WIRE_SAMPLE_MAX);
	wire_sample_pack(&message, &sample, &share);
	assert_false(message.failed);
	assert_int_equal(step_sample_init(&got), 0);
	assert_int_equal(wire_sample_unpack(message.data, message.len, &got, &got_share, &texts), 0);
	assert_int_equal(got.n_windows, 3);
	assert_memory_equal(got.windows, sample.windows, 3 * sizeof(*got.windows));
	assert_int_equal(got.processes[1].pid, 4711);
	assert_int_equal(step_sample_process(&got, 2, 1).total_ns, 2);
	assert_int_equal(step_sample_process(&got, 1, 1).total_ns, 0);
	assert_string_equal(texts.io, "epoll");
	assert_string_equal(texts.first_why[FAILURE_PROTOCOL], "a response without an end");
	assert_string_equal(got_share.host, "web1");
	step_sample_release(&got);
	/* cut short anywhere, or with something behind it, it is none */
	for (size_t len = 0; len < message.len; len += 1 + (len > 300) * 97) {
		char *part = malloc(len + 1);

		memcpy(part, message.data, len);
		assert_int_equal(step_sample_init(&got), 0);
		assert_int_equal(wire_sample_unpack(part, len, &got, &got_share, &texts), -EPROTO);
		step_sample_release(&got);
		free(part);
	}
	buf_text(&message, "x");
	assert_int_equal(step_sample_init(&got), 0);
	assert_int_equal(wire_sample_unpack(message.data, message.len, &got, &got_share, &texts), -EPROTO);
	step_sample_release(&got);
	step_sample_release(&sample);
	buf_release(&message);
}

/* What n generators do of it: it adds up, and nobody has one thing without the other. */
static void check_shares(unsigned clients, uint64_t requests, uint64_t rate, unsigned n)
{
	struct load_share sum = {0};

	for (unsigned i = 0; i < n; i++) {
		struct load_share share = share_load(clients, requests, rate, n, i);

		/* else a load would be without its limit, or a closed loop */
		assert_true(!requests || !share.clients == !share.requests);
		assert_true(!rate || !share.clients == !share.rate);
		sum.clients += share.clients;
		sum.requests += share.requests;
		sum.rate += share.rate;
	}
	assert_int_equal(sum.clients, clients);
	assert_int_equal(sum.requests, requests);
	assert_int_equal(sum.rate, rate);
}

static void test_shares(void **state)
{
	(void)state;
	for (unsigned clients = 1; clients < 40; clients++)
		for (unsigned n = 1; n < 9; n++)
			for (uint64_t requests = 0; requests < 30; requests += 3)
				for (uint64_t rate = 0; rate < 12; rate++)
					check_shares(clients, requests, rate, n);
}

/* Trials that follow each other, as those of a search do, have seeds that do: nobody draws what another drew before. */
static void test_seeds(void **state)
{
	enum { TRIALS = 20, GENERATORS_MAX = 8 };

	(void)state;
	for (unsigned n = 1; n <= GENERATORS_MAX; n++) {
		uint64_t seen[TRIALS * GENERATORS_MAX];
		size_t n_seen = 0;

		for (uint64_t trial = 0; trial < TRIALS; trial++) {
			for (unsigned i = 0; i < n; i++) {
				uint64_t seed = share_seed(trial, n, i);

				for (size_t k = 0; k < n_seen; k++)
					assert_int_not_equal(seed, seen[k]);
				seen[n_seen++] = seed;
			}
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_aligned),
	    cmocka_unit_test(test_late),
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_totals),
	    cmocka_unit_test(test_message),
	    cmocka_unit_test(test_shares),
	    cmocka_unit_test(test_seeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
