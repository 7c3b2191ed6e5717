// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where the warm-up of a step ends, whether what follows is steady, and when it has been measured for long enough: on the
 * throughput of its windows, and on nothing else. Pure functions, which can be called again whenever there are more windows.
 *
 * Warm-up ends by MSER-5 (White, Simulation 69, 1997; White, Cobb and Spratt, A comparison of five steady-state truncation
 * heuristics for simulation, WSC 2000): windows are added up in fives, and of all cuts within the first half that one is
 * taken which leaves the least squared standard error of the mean of the rest. As it cuts something of pure noise, too, the
 * cut is made only when what is before it differs from what is behind it by more than noise does.
 *
 * What is left is not steady when it drifts: when the straight line through it rises or falls by more than DRIFT_MAX of the mean
 * from its first window to its last, and by more than windows that depend on each other would make it (1 in 100).
 */
#ifndef MAXQ_ANALYSIS_STEADY_H
#define MAXQ_ANALYSIS_STEADY_H

#include "analysis/confidence.h"

/* A drift below this is none. */
#define DRIFT_MAX 0.05

struct drift {
	double
	    share; /* of the mean, from the first window to the last, as an absolute value; NAN: not known */
	double bound; /* that it must not exceed: DRIFT_MAX, or what noise makes of itself */
};

/* Of windows with these rates. */
struct drift find_drift(const double *rates, size_t n);

/* How many of the windows are warm-up: `first` at least, which are known to be, and at most half of those behind them. */
size_t find_warmup(const double *rates, size_t n, size_t first);

/* When a step is over. */
struct stopping {
	int64_t warmup_ns;  /* the warm-up that was asked for: what ends within it is not measured */
	bool settles;       /* warm-up goes on until throughput is steady */
	int64_t measure_ns; /* enough has been measured after so long */
	double precision;   /* or when the interval is within so much of throughput; 0: no */
};

enum {
	WINDOWS_PRECISE = 60, /* fewer are never enough for a precision */
	WINDOWS_AFTER_CUT =
	    100, /* nor are fewer than that behind a warm-up: it may have been one of many slow moments */
};

struct stop {
	bool enough;
	size_t warmup_windows; /* of those that there are */
};

/*
 * Is what was sampled enough? Whoever asks ends the step when it is, and after a time of his own when it never is. The
 * sample's own warmup_windows is not looked at. -ENOMEM.
 */
int find_stop(const struct stopping *stopping, const struct step_sample *sample, struct stop *stop);

#endif
