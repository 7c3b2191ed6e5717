// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/usl.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>
#include <string.h>

enum { POINTS_MIN = 4, COEFFICIENTS = 3, ITERATIONS_MAX = 200 };
enum { LAMBDA, SIGMA, KAPPA };

/* What is fitted: `load`, `rps` and `weight` have `n` values. Coefficients that are not free are 0. */
struct problem {
	size_t n, n_free;
	int free[COEFFICIENTS]; /* LAMBDA first */
	double load[CURVE_POINTS_MAX], rps[CURVE_POINTS_MAX], weight[CURVE_POINTS_MAX];
};

struct fit {
	double value[COEFFICIENTS];
	double half[COEFFICIENTS]; /* of the 95 % interval; NAN: unknown */
	double squares;            /* the weighted sum of those of the residuals */
};

static double law(const double value[COEFFICIENTS], double load)
{
	return value[LAMBDA] * load / (1 + value[SIGMA] * (load - 1) + value[KAPPA] * load * (load - 1));
}

double usl_rps(const struct usl *usl, double load)
{
	return law((const double[]){usl->lambda_rps, usl->sigma, usl->kappa}, load);
}

/* All coefficients, of those that are free. */
static void expand(const struct problem *problem, const gsl_vector *free, double value[COEFFICIENTS])
{
	memset(value, 0, COEFFICIENTS * sizeof(*value));
	for (size_t j = 0; j < problem->n_free; j++)
		value[problem->free[j]] = gsl_vector_get(free, j);
}

/* GSL weighs the residuals itself. */
static int residuals(const gsl_vector *free, void *context, gsl_vector *f)
{
	const struct problem *problem = context;
	double value[COEFFICIENTS];

	expand(problem, free, value);
	for (size_t i = 0; i < problem->n; i++)
		gsl_vector_set(f, i, law(value, problem->load[i]) - problem->rps[i]);
	return GSL_SUCCESS;
}

static int jacobian(const gsl_vector *free, void *context, gsl_matrix *j)
{
	const struct problem *problem = context;
	double value[COEFFICIENTS];

	expand(problem, free, value);
	for (size_t i = 0; i < problem->n; i++) {
		double load = problem->load[i];
		double below = 1 + value[SIGMA] * (load - 1) + value[KAPPA] * load * (load - 1);
		double by_sigma = -value[LAMBDA] * load * (load - 1) / (below * below);
		const double by[COEFFICIENTS] = {
		    [LAMBDA] = load / below, [SIGMA] = by_sigma, [KAPPA] = by_sigma * load};

		for (size_t k = 0; k < problem->n_free; k++)
			gsl_matrix_set(j, i, k, by[problem->free[k]]);
	}
	return GSL_SUCCESS;
}

/*
 * Where to begin: N / X is linear in 1 / lambda, sigma / lambda and kappa / lambda. Its weights are those that make its
 * residuals, which are larger where X is small, those of X.
 */
static int begin_at(const struct problem *problem, gsl_vector *start)
{
	gsl_multifit_linear_workspace *work = gsl_multifit_linear_alloc(problem->n, problem->n_free);
	gsl_matrix *terms = gsl_matrix_alloc(problem->n, problem->n_free);
	gsl_matrix *covariance = gsl_matrix_alloc(problem->n_free, problem->n_free);
	gsl_vector *y = gsl_vector_alloc(problem->n), *weight = gsl_vector_alloc(problem->n);
	double squares;
	int rc = work && terms && covariance && y && weight ? 0 : -ENOMEM;

	for (size_t i = 0; i < problem->n && !rc; i++) {
		double load = problem->load[i], slope = problem->rps[i] * problem->rps[i] / load;
		const double term[COEFFICIENTS] = {
		    [LAMBDA] = 1, [SIGMA] = load - 1, [KAPPA] = load * (load - 1)};

		gsl_vector_set(y, i, load / problem->rps[i]);
		gsl_vector_set(weight, i, problem->weight[i] * slope * slope);
		for (size_t k = 0; k < problem->n_free; k++)
			gsl_matrix_set(terms, i, k, term[problem->free[k]]);
	}
	if (!rc && gsl_multifit_wlinear(terms, weight, y, start, covariance, &squares, work))
		rc = -EDOM;
	if (!rc) {
		double inverse = gsl_vector_get(start, 0);

		gsl_vector_scale(start, 1 / inverse);
		gsl_vector_set(start, 0, 1 / inverse);
	}
	gsl_multifit_linear_free(work);
	gsl_matrix_free(terms);
	gsl_matrix_free(covariance);
	gsl_vector_free(y);
	gsl_vector_free(weight);
	return rc;
}

static int take_fit(const struct problem *problem, gsl_multifit_nlinear_workspace *work, struct fit *fit)
{
	gsl_matrix *covariance = gsl_matrix_alloc(problem->n_free, problem->n_free);
	double freedom = (double)problem->n - (double)problem->n_free;
	double t = freedom > 0 ? gsl_cdf_tdist_Pinv(0.975, freedom) : NAN;

	if (!covariance)
		return -ENOMEM;
	expand(problem, gsl_multifit_nlinear_position(work), fit->value);
	gsl_multifit_nlinear_covar(gsl_multifit_nlinear_jac(work), 0, covariance);
	fit->squares = 0;
	for (size_t i = 0; i < problem->n; i++)
		fit->squares +=
		    problem->weight[i] * pow(problem->rps[i] - law(fit->value, problem->load[i]), 2);
	for (int k = 0; k < COEFFICIENTS; k++)
		fit->half[k] = NAN;
	for (size_t k = 0; k < problem->n_free; k++)
		fit->half[problem->free[k]] =
		    t * sqrt(gsl_matrix_get(covariance, k, k) * fit->squares / freedom);
	gsl_matrix_free(covariance);
	return 0;
}

static int fit_nonlinear(struct problem *problem, const gsl_vector *start, struct fit *fit)
{
	gsl_multifit_nlinear_parameters options = gsl_multifit_nlinear_default_parameters();
	gsl_multifit_nlinear_fdf function = {
	    .f = residuals, .df = jacobian, .n = problem->n, .p = problem->n_free, .params = problem};
	gsl_vector_const_view weights = gsl_vector_const_view_array(problem->weight, problem->n);
	gsl_multifit_nlinear_workspace *work =
	    gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &options, problem->n, problem->n_free);
	int rc = work ? 0 : -ENOMEM, why;

	if (!rc && gsl_multifit_nlinear_winit(start, &weights.vector, &function, work))
		rc = -EDOM;
	if (!rc &&
	    gsl_multifit_nlinear_driver(ITERATIONS_MAX, 1e-10, 1e-12, 0, NULL, NULL, &why, work) ==
		GSL_EMAXITER)
		rc = -EDOM;
	if (!rc)
		rc = take_fit(problem, work, fit);
	gsl_multifit_nlinear_free(work);
	return rc;
}

static int fit_some(struct problem *problem, struct fit *fit)
{
	gsl_vector *start = gsl_vector_alloc(problem->n_free);
	int rc = start ? begin_at(problem, start) : -ENOMEM;

	if (!rc)
		rc = fit_nonlinear(problem, start, fit);
	gsl_vector_free(start);
	if (rc)
		return rc;
	/* a NAN is not allowed either */
	return fit->value[LAMBDA] > 0 && fit->value[SIGMA] >= 0 && fit->value[KAPPA] >= 0 ? 0 : -EDOM;
}

/* What is known of the points; weights are relative, so that their unit does not matter. */
static void fill_problem(const struct points *points, struct problem *problem)
{
	bool all_known = true;

	problem->n = 0;
	for (size_t i = 0; i < points->n; i++)
		all_known &= points->at[i].half_rps > 0;
	for (size_t i = 0; i < points->n; i++) {
		const struct point *p = &points->at[i];

		if (p->failed || !(p->rps > 0))
			continue;
		problem->load[problem->n] = p->load;
		problem->rps[problem->n] = p->rps;
		problem->weight[problem->n++] = all_known ? 1 / (p->half_rps * p->half_rps) : 1;
	}
}

static double explained(const struct problem *problem, const struct fit *fit)
{
	double sum = 0, weights = 0, squares = 0;

	for (size_t i = 0; i < problem->n; i++) {
		sum += problem->weight[i] * problem->rps[i];
		weights += problem->weight[i];
	}
	for (size_t i = 0; i < problem->n; i++)
		squares += problem->weight[i] * pow(problem->rps[i] - sum / weights, 2);
	return squares > 0 ? 1 - fit->squares / squares : NAN;
}

static struct interval interval_of(const struct fit *fit, int coefficient)
{
	double half = fit->half[coefficient], value = fit->value[coefficient];

	/* what cannot be negative is not said to be */
	return (struct interval){fmax(value - half, isnan(half) ? half : 0), value + half};
}

static void describe(const struct problem *problem, const struct fit *fit, struct usl *usl)
{
	*usl = (struct usl){
	    .lambda_rps = fit->value[LAMBDA],
	    .sigma = fit->value[SIGMA],
	    .kappa = fit->value[KAPPA],
	    .lambda_ci95_rps = interval_of(fit, LAMBDA),
	    .sigma_ci95 = interval_of(fit, SIGMA),
	    .kappa_ci95 = interval_of(fit, KAPPA),
	    .r_squared = explained(problem, fit),
	    .loads = {problem->load[0], problem->load[problem->n - 1]},
	    .peak_load = NAN,
	    .peak_rps = NAN,
	};
	if (!(usl->kappa > 0))
		return;
	usl->peak_load = usl->sigma < 1 ? fmax(sqrt((1 - usl->sigma) / usl->kappa), 1) : 1;
	usl->peak_rps = usl_rps(usl, usl->peak_load);
	usl->is_extrapolated = usl->peak_load < usl->loads.lo || usl->peak_load > usl->loads.hi;
}

int usl_fit(const struct points *points, struct usl *usl)
{
	struct problem problem = {.n_free = 0};
	struct fit best = {.squares = NAN}, fit;
	gsl_error_handler_t *handler;
	int rc = 0;

	fill_problem(points, &problem);
	if (problem.n < POINTS_MIN)
		return -EINVAL;
	/* a fit that fails is one that is not chosen, and no reason to abort */
	handler = gsl_set_error_handler_off();
	for (int free = 0; free < 4 && rc != -ENOMEM; free++) {
		problem.n_free = 0;
		problem.free[problem.n_free++] = LAMBDA;
		if (free & 1)
			problem.free[problem.n_free++] = SIGMA;
		if (free & 2)
			problem.free[problem.n_free++] = KAPPA;
		rc = fit_some(&problem, &fit);
		if (!rc && !(fit.squares >= best.squares))
			best = fit;
	}
	gsl_set_error_handler(handler);
	if (isnan(best.squares))
		return rc == -ENOMEM ? rc : -EDOM;
	describe(&problem, &best, usl);
	return 0;
}
