// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/pace.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static const char *const names[ARRIVAL_COUNT] = {
    [ARRIVAL_CONSTANT] = "constant",
    [ARRIVAL_POISSON] = "poisson",
};

int arrival_parse(const char *name)
{
	for (int i = 0; i < ARRIVAL_COUNT; i++)
		if (!strcmp(name, names[i]))
			return i;
	return -EINVAL;
}

const char *arrival_name(enum arrival arrival)
{
	return names[arrival];
}

/* SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014). */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* By inversion, of a number in [0, 1). */
static double exponential(struct pace *pace, double mean)
{
	return -mean * log1p(-(double)(next_random(&pace->random) >> 11) * 0x1p-53);
}

/*
 * Of a constant rate: the nth of all workers' arrivals is due n / rate after the start, and the workers take them in turn.
 * It is multiplied out each time, in parts that fit, so that nothing adds up.
 */
static int64_t constant_ns(const struct pace *pace)
{
	const struct pace_spec *spec = &pace->spec;
	uint64_t n = pace->taken * spec->n_workers + spec->worker;

	return (int64_t)(n / spec->rate * NS_PER_S + n % spec->rate * NS_PER_S / spec->rate);
}

/* Works out next_ns. Poisson processes of all workers together are one of the sum of their rates. */
static void find_next(struct pace *pace)
{
	if (pace->taken >= pace->spec.arrivals) {
		pace->next_ns = CLOCK_NEVER;
	} else if (pace->spec.arrival == ARRIVAL_CONSTANT) {
		pace->next_ns = pace->start_ns + constant_ns(pace);
	} else {
		pace->offset_ns +=
		    exponential(pace, (double)NS_PER_S * pace->spec.n_workers / (double)pace->spec.rate);
		pace->next_ns = pace->start_ns + (int64_t)pace->offset_ns;
	}
}

void pace_init_open(struct pace *pace, const struct pace_spec *spec)
{
	uint64_t seed = spec->seed;

	*pace = (struct pace){.spec = *spec, .next_ns = CLOCK_NEVER};
	for (unsigned i = 0; i <= spec->worker; i++)
		pace->random = next_random(&seed);
}

void pace_begin(struct pace *pace, int64_t start_ns)
{
	pace->start_ns = start_ns;
	find_next(pace);
}

void pace_advance(struct pace *pace)
{
	pace->taken++;
	find_next(pace);
}

uint64_t pace_end(struct pace *pace, int64_t end_ns)
{
	uint64_t n = 0;

	for (; pace->next_ns < end_ns; n++)
		pace_advance(pace);
	pace->next_ns = CLOCK_NEVER;
	return n;
}
