// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The highest rate that keeps a service level objective, in an open loop.
 *
 * A trial holds one rate and says whether the objective was kept. Near the rate that is looked for, some trials keep it and
 * some do not, so no single one decides: a rate is confirmed when two trials more have kept the objective than have not, and
 * refuted when it is the other way round, or when seven have not decided. That is Wald's sequential test (Sequential
 * Analysis, 1947) of a rate that keeps it four times in five against one that does once in five: it errs in one case
 * of 17 or less. A trial that did not keep it while something disturbed the measurement (the hypervisor, other processes,
 * the generator that sent late) proves nothing: only from the fourth of a rate on do these count, for then it is no accident.
 *
 * The search halves the bracket between what was kept and what was not, and measures both its ends again until they are
 * decided: the rate lies between the highest that is confirmed and the lowest that is refuted. It is the way of MLRsearch
 * (draft-ietf-bmwg-mlrsearch) for throughput without loss.
 */
#ifndef MAXQ_ANALYSIS_SLO_H
#define MAXQ_ANALYSIS_SLO_H

#include "analysis/result.h"
#include "base/err.h"

enum slo_metric {
	SLO_MEAN,
	SLO_P50,
	SLO_P90,
	SLO_P99,
	SLO_P999,
	SLO_MAX,
	SLO_ERRORS, /* failed requests / ended ones */
	SLO_METRICS,
};

/* Errors are always among them: an answer that is wrong is no answer. */
struct slo {
	unsigned n; /* 0: there is no objective */
	struct objective {
		enum slo_metric metric;
		double bound; /* in us; of errors a share */
	} list[SLO_METRICS];
};

enum slo_status {
	SLO_CONFIRMED,
	SLO_REFUTED,
	SLO_LEANS_KEPT,   /* undecided, more trials kept it than did not */
	SLO_LEANS_BROKEN, /* undecided, else */
};

struct slo_trial {
	uint64_t rate;
	bool kept;
	bool disturbed; /* not kept, but perhaps by the fault of the machine or of the generator */
};

struct slo_search {
	uint64_t first;    /* the rate to begin with */
	uint64_t rate_min; /* no lower rate is tried, */
	uint64_t rate_max; /* and no higher one */
	double width;      /* the bracket is narrow enough when hi <= lo * (1 + width) */
};

/* A result's: what was found. In one block from malloc. */
struct slo_result {
	struct slo slo;
	uint64_t lo, hi; /* the highest rate that is confirmed, the lowest that is refuted; 0: none is */
	bool disturbed;  /* most of the trials by which hi was refuted were */
	unsigned n_trials;
	bool has_step;                     /* lo was measured anew, */
	size_t step;                       /* as the step of that index: */
	double values[SLO_METRICS];        /* of each objective there, */
	struct interval ci95[SLO_METRICS]; /* with an interval over the rounds of that step */
	bool kept;
};

/* "p99=10ms,errors=0.1%": -EINVAL with a message, and *slo is untouched. */
int slo_parse(const char *text, struct slo *slo, struct err *err);

const char *slo_metric_name(enum slo_metric metric);

/* "p99 <= 10.0 ms", of an objective or, with another relation, a value. */
void slo_format(const struct objective *objective, const char *relation, char *text, size_t size);

/* What that is in a step: us, or a share. NAN: nothing came. */
double slo_value(const struct step *step, enum slo_metric metric);

/* What a measured step says as a trial: kept is every objective, and the rate itself. */
struct slo_trial slo_judge(const struct slo *slo, const struct step *step);

/* Arrivals that a trial should have, that five of them may lie beyond the farthest percentile. */
double slo_arrivals_wanted(const struct slo *slo);

enum slo_status slo_status(const struct slo_trial *trials, size_t n, uint64_t rate);

/* The highest confirmed rate below the lowest refuted one, and that; 0: none. */
void slo_bounds(const struct slo_trial *trials, size_t n, uint64_t *lo, uint64_t *hi);

/* The rate to try next, or 0 when the bounds are as narrow as wanted, or as they can be. */
uint64_t slo_next(const struct slo_search *search, const struct slo_trial *trials, size_t n);

#endif
