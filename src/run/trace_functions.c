// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/trace_functions.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/functions.h"
#include "observe/functions.h"
#include "stack/parts.h"

struct function_tracer {
	struct tracer tracer; /* the head */
	struct parts *parts;  /* NULL: the catalog has none */
	struct functions *functions;
};

static struct function_tracer *of(struct tracer *tracer)
{
	return (struct function_tracer *)tracer; /* its first member */
}

static int function_begin(struct tracer *tracer, struct procs *procs, struct err *err)
{
	return functions_begin(of(tracer)->functions, procs, err);
}

static int function_end(
    struct tracer *tracer, struct procs *procs, const struct step_sample *sample, struct err *err)
{
	(void)procs;
	(void)sample;
	return functions_end(of(tracer)->functions, err);
}

static int function_tell(struct tracer *tracer, const struct step *untraced, const struct step *traced,
    struct result *result, struct err *err)
{
	struct function_tracer *t = of(tracer);
	struct stacks stacks;
	int rc;

	function_profile_free(result->functions);
	result->functions = NULL;
	functions_take(t->functions, &stacks);
	rc = function_profile_new(&result->functions, &stacks, t->parts, untraced, traced);
	return rc ? err_set(err, rc, "out of memory") : 0;
}

static void function_tracer_free(struct tracer *tracer)
{
	struct function_tracer *t = of(tracer);

	functions_free(t->functions);
	parts_free(t->parts);
	free(t);
}

int trace_functions_new(struct tracer **tracer, const struct plan *plan, struct err *err)
{
	struct function_tracer *t = calloc(1, sizeof(*t));
	int rc;

	if (!t)
		return err_set(err, -ENOMEM, "out of memory");
	t->tracer = (struct tracer){.name = "functions",
	    .begin = function_begin,
	    .end = function_end,
	    .tell = function_tell,
	    .free = function_tracer_free};
	rc = parts_load(&t->parts, plan->parts, plan->catalog, err);
	/* a catalog of the user's own need not have parts: then ours apply */
	if (rc == -ENOENT && !plan->parts)
		rc = parts_load(&t->parts, NULL, NULL, err);
	if (!rc)
		rc = functions_new(&t->functions, plan->frequency_hz, err);
	if (rc)
		function_tracer_free(&t->tracer);
	else
		*tracer = &t->tracer;
	return rc;
}

int trace_functions_check(const struct plan *plan, struct err *err)
{
	struct tracer *tracer = NULL;
	int rc = trace_functions_new(&tracer, plan, err);

	if (rc || !tracer)
		return rc;
	tracer->free(tracer);
	return functions_check(err);
}
