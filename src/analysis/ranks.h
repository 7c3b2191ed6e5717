// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The worst of the machines that measured a step together: one of them that is at its end spoils what all of them measured. Of a
 * step of one machine, its own.
 */
#ifndef MAXQ_ANALYSIS_RANKS_H
#define MAXQ_ANALYSIS_RANKS_H

#include "analysis/result.h"

/* The busiest core of any generator, as a share of what the hypervisor left of it. */
double ranks_busy(const struct step *step);

/* Share of the time that a thread of any generator waited for its CPU; NAN: unknown. */
double ranks_wait(const struct step *step);

/* Share of the CPUs of any machine that the hypervisor took. */
double ranks_stolen(const struct step *step);

/* Cores of them that other processes used; NAN: unknown. */
double ranks_others_busy(const struct step *step);

/* The largest difference between two beginnings that is possible, as a share of the measured time. */
double ranks_start_skew(const struct step *step);

/* The machine whose generator was the busiest, in the sense of ranks_busy; NULL: this one. */
const struct rank_share *ranks_busiest(const struct step *step);

const char *rank_role_name(enum rank_role role);

#endif
