// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/intervals.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/confidence.h"
#include "analysis/steady.h"
#include "base/clock.h"

/* The measured windows, or rounds, as series, in one piece of memory. */
struct units {
	size_t n;
	bool independent;
	double *responses, *lengths_s, *used_us, *rates;
};

static int units_of(const struct step_sample *sample, struct units *u)
{
	size_t n_windows = sample->n_windows - sample->warmup_windows;

	u->independent = sample->rounds > 1;
	u->n = u->independent ? sample->rounds : n_windows;
	u->responses = calloc(4 * u->n + 1, sizeof(*u->responses));
	if (!u->responses)
		return -ENOMEM;
	u->lengths_s = u->responses + u->n;
	u->used_us = u->lengths_s + u->n;
	u->rates = u->used_us + u->n;
	return 0;
}

/* The unit that measured window w belongs to. */
static size_t unit_of(const struct step_sample *sample, const struct units *u, size_t w)
{
	return u->independent ? sample->windows[w].round : w - sample->warmup_windows;
}

/* Of amounts of which none is negative: what lies below 0 is cut off. */
static struct series_ratio ratio_of(const struct units *u, const double *amounts, const double *lengths)
{
	struct series_ratio r =
	    u->independent ? rounds_ratio(amounts, lengths, u->n) : series_ratio(amounts, lengths, u->n);

	if (r.ci95.lo < 0)
		r.ci95.lo = 0;
	return r;
}

static void find_throughput(const struct step_sample *sample, struct units *u, struct step *step)
{
	struct drift drift = {NAN, NAN};
	struct series_ratio r;

	for (size_t w = sample->warmup_windows; w < sample->n_windows; w++) {
		const struct window *window = &sample->windows[w];
		size_t i = unit_of(sample, u, w);

		u->responses[i] += (double)window->counts.completed;
		u->lengths_s[i] += (double)(window->end_ns - window->start_ns) / (double)NS_PER_S;
	}
	for (size_t i = 0; i < u->n; i++)
		u->rates[i] = u->lengths_s[i] > 0 ? u->responses[i] / u->lengths_s[i] : 0;
	r = ratio_of(u, u->responses, u->lengths_s);
	if (!u->independent)
		drift = find_drift(u->rates, u->n);
	step->throughput_rps = r.value;
	step->throughput_ci95_rps = r.ci95;
	step->independent_windows = r.independent;
	step->drift = drift.share;
	step->drift_bound = drift.bound;
}

/* Of process i, or of all of them when it is not one. */
static struct interval find_cost(const struct step_sample *sample, struct units *u, size_t i)
{
	size_t first = i < sample->n_processes ? i : 0;
	size_t end = i < sample->n_processes ? i + 1 : sample->n_processes;

	for (size_t k = 0; k < u->n; k++)
		u->used_us[k] = 0;
	for (size_t w = sample->warmup_windows; w < sample->n_windows; w++)
		for (size_t p = first; p < end; p++)
			u->used_us[unit_of(sample, u, w)] +=
			    (double)step_sample_process(sample, w, p).total_ns / 1e3;
	return ratio_of(u, u->used_us, u->responses).ci95;
}

static int find_latency(const struct step_sample *sample, const struct units *u, struct latency_ci95_us *ci95)
{
	static const double shares[] = {0.5, 0.9, 0.99, 0.999};
	struct interval *const into[] = {&ci95->p50, &ci95->p90, &ci95->p99, &ci95->p999};

	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		struct interval ns;

		if (quantile_interval(&sample->latencies, sample->latency, shares[i], u->independent, &ns))
			return -ENOMEM;
		*into[i] = (struct interval){ns.lo / 1e3, ns.hi / 1e3};
	}
	return 0;
}

double relative_half_width(double value, struct interval ci95)
{
	return value > 0 ? fmax(ci95.hi - value, value - ci95.lo) / value : NAN;
}

bool is_guess(const struct step *step)
{
	return step->rounds <= 1 && !(step->independent_windows >= INDEPENDENT_ENOUGH);
}

bool is_precise(const struct step *step)
{
	return step->precision > 0 && !is_guess(step) &&
	    relative_half_width(step->throughput_rps, step->throughput_ci95_rps) <= step->precision;
}

int find_intervals(const struct step_sample *sample, struct step *step)
{
	struct units u;
	int rc = units_of(sample, &u);

	if (rc)
		return rc;
	find_throughput(sample, &u, step);
	for (size_t i = 0; i < sample->n_processes; i++)
		step->processes[i].cost_ci95_us = find_cost(sample, &u, i);
	step->cost_ci95_us = (struct interval){NAN, NAN};
	if (sample->n_processes)
		step->cost_ci95_us = find_cost(sample, &u, sample->n_processes);
	rc = find_latency(sample, &u, &step->latency_ci95);
	free(u.responses);
	return rc;
}
