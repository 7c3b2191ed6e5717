// SPDX-License-Identifier: GPL-3.0-or-later
/* From counts of stacks to costs, by hand. */
#include "base/unittest.h"

#include <math.h>
#include <string.h>

#include "analysis/functions.h"

static void near(double got, double want)
{
	if (!(fabs(got - want) <= 1e-6 * fabs(want) + 1e-9))
		fail_msg("%g, not %g", got, want);
}

static uint32_t frame(struct stacks *s, enum frame_kind kind, const char *function)
{
	struct frame f = {.kind = kind, .function = function, .module = ""};

	return (uint32_t)stacks_frame(s, &f);
}

/* A step in which two processes of `app` cost 60 and 40 us times `factor`, and one of `front` 10. */
static struct step make_step(struct process_cost processes[3], double factor)
{
	static const double user[] = {50, 30, 4}, system[] = {10, 10, 6};

	for (int i = 0; i < 3; i++) {
		processes[i] = (struct process_cost){.cost = {user[i] * factor, system[i] * factor}};
		strcpy(processes[i].facts.component, i < 2 ? "app" : "front");
	}
	return (struct step){.n_processes = 3, .processes = processes};
}

static const struct function_cost *find(
    const struct function_profile *p, const struct component_functions *c, const char *name)
{
	for (size_t i = 0; i < c->n_functions; i++)
		if (!strcmp(stacks_frame_at(&p->stacks, c->functions[i].frame).function, name))
			return &c->functions[i];
	fail_msg("no function '%s'", name);
	return NULL;
}

static void test_costs(void **state)
{
	struct part rules[] = {
	    {.name = (char[]){"deep"}, .functions = (char *[]){(char[]){"c"}}, .functions_count = 1},
	    {.name = (char[]){"never"}, .functions = (char *[]){(char[]){"nothing"}}, .functions_count = 1},
	    {.name = (char[]){"rest"}, .otherwise = true},
	};
	struct parts parts = {.parts = rules, .parts_count = ARRAY_SIZE(rules)};
	struct process_cost before[3], during[3];
	struct step untraced = make_step(before, 1), traced = make_step(during, 1.05);
	struct function_profile *p;
	const struct component_functions *c;
	struct stacks s;
	uint32_t a, b, d, k;

	(void)state;
	assert_int_equal(stacks_init(&s), 0);
	a = frame(&s, FRAME_NATIVE, "a");
	b = frame(&s, FRAME_NATIVE, "b");
	d = frame(&s, FRAME_NATIVE, "c");
	k = frame(&s, FRAME_KERNEL, "k");
	/* recursion: b stands twice on the stack, and is counted once */
	stacks_add(&s, stacks_component(&s, "front"), (uint32_t[]){a}, 1, 7);
	stacks_add(&s, stacks_component(&s, "app"), (uint32_t[]){a, b, b, d}, 4, 60);
	stacks_add(&s, stacks_component(&s, "app"), (uint32_t[]){a, b}, 2, 30);
	stacks_add(&s, stacks_component(&s, "app"), (uint32_t[]){a, k}, 2, 10);
	assert_int_equal(function_profile_new(&p, &s, &parts, &untraced, &traced), 0);
	near(p->slowdown, 0.05);
	assert_int_equal(p->n_components, 2);
	c = &p->components[0];
	assert_string_equal(c->component, "app"); /* the dearest one first */
	near(c->cost_us, 100);
	near(c->kernel_share, 0.1);
	assert_int_equal(c->samples, 100);
	assert_int_equal(c->n_functions, 4);
	near(find(p, c, "c")->self.us, 60);
	near(find(p, c, "b")->self.us, 30);
	near(find(p, c, "b")->total.us, 90);
	near(find(p, c, "a")->self.us, 0);
	near(find(p, c, "a")->total.us, 100);
	near(find(p, c, "k")->self.share, 0.1);
	assert_ptr_equal(&c->functions[0], find(p, c, "c"));
	/* Wilson, 60 of 100: 0.5020 to 0.6906 */
	assert_true(fabs(c->functions[0].self.half_width - 9.43) < 0.01);
	/* parts that have nothing are left out */
	assert_int_equal(c->n_parts, 2);
	assert_string_equal(c->parts[0].name, "deep");
	near(c->parts[0].cost.us, 60);
	assert_string_equal(c->parts[1].name, "rest");
	near(c->parts[1].cost.us, 40);
	/* of a component in which no function belongs to any part, there are none to tell of */
	assert_string_equal(p->components[1].component, "front");
	assert_int_equal(p->components[1].n_parts, 0);
	near(p->components[1].functions[0].self.us, 10);
	function_profile_free(p);
}

static void test_unknown(void **state)
{
	struct step nothing = {.n_processes = 0};
	struct function_profile *p;
	struct stacks s;

	(void)state;
	/* costs that are not known are not invented */
	assert_int_equal(stacks_init(&s), 0);
	stacks_add(&s, stacks_component(&s, "app"), (uint32_t[]){frame(&s, FRAME_NATIVE, "f")}, 1, 3);
	assert_int_equal(function_profile_new(&p, &s, NULL, &nothing, &nothing), 0);
	assert_true(isnan(p->slowdown) && isnan(p->components[0].cost_us));
	assert_true(isnan(p->components[0].functions[0].self.us));
	near(p->components[0].functions[0].self.share, 1);
	function_profile_free(p);
	/* nor is there anything to divide by where nothing was seen */
	assert_int_equal(stacks_init(&s), 0);
	assert_int_equal(function_profile_new(&p, &s, NULL, &nothing, &nothing), 0);
	assert_int_equal(p->n_components, 0);
	function_profile_free(p);
	function_profile_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_costs),
	    cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
