// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What differs between two runs, A and B, and how sure that is. A difference is told as a change, b / a - 1, with its 95 %
 * interval, and "not shown" is an answer.
 *
 * Of two runs that were made one after the other, each figure has an interval of its own. That of their ratio is made from
 * both by MOVER on the logarithm (Zou and Donner, Statistics in Medicine 27, 2008; Donner and Zou, Statistical Methods in
 * Medical Research 21, 2012): how far each bound is from its figure takes the place of the standard error, so intervals may be
 * lopsided, as those of percentiles are.
 *
 * Of two rows that were measured in turn, in blocks of two rounds of which each is A B B A or B A A B by chance, the logarithm
 * of the ratio of B's sum to A's is one value a block. What drifts evenly is the same for A and B within a block; and what
 * does not is as often for A as for B, as chance decided who came first: so the noise of blocks is not correlated, however much
 * the machine's is (Fisher, The Design of Experiments, 1935), and Student's t holds for their mean.
 *
 * Many figures are compared at once, so some would differ by chance: what is called different is so by all of them together,
 * in at most 5 % of comparisons of equals (Holm, Scandinavian Journal of Statistics 6, 1979).
 */
#ifndef MAXQ_ANALYSIS_COMPARE_H
#define MAXQ_ANALYSIS_COMPARE_H

#include "analysis/result.h"

enum figure {
	FIGURE_THROUGHPUT, /* requests a second */
	FIGURE_COST,       /* CPU time a request in us, of all processes of the server */
	FIGURE_USER,
	FIGURE_SYSTEM,
	FIGURE_COMPONENT, /* the same of one component */
	FIGURE_P50,       /* latency in us */
	FIGURE_P90,
	FIGURE_P99,
	FIGURE_P999,
	FIGURE_ERRORS, /* share of the requests that ended */
	FIGURE_COUNT
};

/* Whether there is a difference, by all that was compared together. */
enum shown {
	SHOWN_UNKNOWN, /* nothing is known of how far the figures can be off */
	SHOWN_NOT,     /* no difference is shown */
	SHOWN_LESS,    /* B is less than A */
	SHOWN_MORE,
};

/* A change of a figure, and how far it can be off. NAN: unknown. */
struct change {
	double change; /* b / a - 1 */
	struct interval ci95;
	double p; /* how likely it is that equals would differ by so much or more */
};

struct difference {
	enum figure figure;
	char component[COMPONENT_NAME_MAX]; /* of FIGURE_COMPONENT, else empty */
	double a, b;
	struct change change;
	bool is_guess; /* one of the two was measured too briefly for its interval to be trusted */
	enum shown shown;
};

enum { DIFFERENCES_MAX = 24, UNLIKE_MAX = 24, UNLIKE_TEXT = 256 };

/* Two results, of the same name where there are several. */
struct compared {
	const struct result *a, *b;         /* the reports' own */
	const struct step *step_a, *step_b; /* what is compared of them; NULL: nothing was measured */
	size_t n;
	struct difference differences[DIFFERENCES_MAX];
};

struct comparison {
	bool is_paired; /* measured in turn, else one after the other */
	size_t n_rows;
	struct compared *rows;
	/* What differs beside what is to be compared: the machine, or the load. One sentence each. */
	unsigned n_unlike;
	char unlike[UNLIKE_MAX][UNLIKE_TEXT];
	/* Names of results that only one of them has, with a comma between them; "" when there are none */
	char only_a[UNLIKE_TEXT], only_b[UNLIKE_TEXT];
};

/* Compares two runs, which must outlive the comparison. To be released; -ENOMEM. */
int compare_runs(const struct report *a, const struct report *b, struct comparison *comparison);

/* Compares the two results of one run that measured them in turn: the first is A. -ENOMEM; -EINVAL when there are not two. */
int compare_rows(const struct report *report, struct comparison *comparison);

void comparison_release(struct comparison *comparison);

/* Static text: a key of the schema, and the unit ("" for a share). */
const char *figure_name(enum figure figure);
const char *figure_unit(enum figure figure);
const char *shown_name(enum shown shown);

/* Whether more of it is worse. */
bool figure_is_burden(enum figure figure);

/* The change from one figure to another by their intervals, which are worth `df` degrees of freedom; NAN: many. */
struct change change_of_intervals(
    double a, struct interval a_ci95, double b, struct interval b_ci95, double df);

/* By rounds of two rows that were measured in turn: a[i] and b[i] in the same round, rounds 2k and 2k + 1 in one block. */
struct change change_of_rounds(const double *a, const double *b, size_t n_rounds);

/*
 * Whether block k of a run that measures two in turn is B A A B: a bit that looks like chance and is the same for the same seed
 * (SplitMix64: Steele, Lea and Flood, OOPSLA 2014).
 */
bool block_begins_with_b(uint64_t seed, unsigned k);

/* The interval of a share, so many of so many (Clopper and Pearson, Biometrika 26, 1934). */
struct interval share_interval(uint64_t count, uint64_t of);

#endif
